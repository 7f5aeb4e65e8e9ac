import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  assertFramesAreValid,
  assertOneTokenASocket,
  clip,
  frameFrom,
  openBrowser,
  serve,
  serveDemo,
} from './harness.js';
import { refuseOtherRates } from './in-page.js';
import { envelope, partHeard, SILENT } from './listening.js';
import { RATE_HZ, readWav } from './wav.js';

/** The simulator's greeting takes about four seconds; the question comes after it, in a quiet room. */
const QUESTION_AT_SECONDS = 7;

/** The reply repeats the question; the interruption falls into the middle of it. */
const INTERRUPTION_AFTER_SECONDS = 3.5;

const greeting = readWav(
  fileURLToPath(new URL('../../../app/simulator/audio/clips/greeting.wav', import.meta.url)),
);

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
beforeEach(async () => {
  demo = await serveDemo();
});
afterEach(() => demo.stop());

test('a whole conversation: greeting, question, answer, interruption, end', async () => {
  const microphone = [
    QUESTION_AT_SECONDS,
    'question',
    INTERRUPTION_AFTER_SECONDS,
    'interruption',
    60,
  ];
  const { page, complaints, heard, close } = await openBrowser({ microphone });
  try {
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    const turns = page.getByRole('log', { name: 'Conversation' });
    await turns.getByText("Say something, and I'll answer.").first().waitFor();

    await frameFrom(demo, ({ type }) => type === 'transcript.user');
    const cut = await frameFrom(demo, ({ status }) => status === 'interrupted');
    const next = await replyAfter(cut);
    await endOf(next);
    await page.locator('[data-speaking="none"]').waitFor(); // what has arrived is not yet heard
    await page.getByRole('button', { name: 'End call' }).click();
    await frameFrom(demo, ({ type }) => type === 'session.ended');
    await page.getByRole('button', { name: 'Start talking' }).waitFor();

    const blocks = await heard();
    assertHeard(blocks, { greeting, question: clip('question'), stop: clip('interruption') });
    // A block holds what was rendered in the length of it before.
    const blockMs = (blocks[0].samples.length / RATE_HZ) * 1000;
    const between = blocks.filter(
      ({ atMs }) => atMs > cut.timestamp * 1000 + 250 + blockMs && atMs < next.timestamp * 1000,
    );
    assert.ok(between.length > 1, 'nothing was recorded between cut and next reply');
    for (const { samples } of between) {
      assert.ok(Math.max(...samples.map(Math.abs)) < SILENT, 'the cut reply is still heard');
    }

    const log = demo.readLog();
    assertFramesAreValid(log);
    assertOneTokenASocket(await demo.stats());
    await page.waitForFunction(() => globalThis.openTracks() === 0);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test('the same at the device’s own rate: both ways are converted', async () => {
  const { page, heard, close } = await openBrowser({ microphone: [6, 'question', 60] });
  try {
    await page.addInitScript(refuseOtherRates);
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    const question = await frameFrom(demo, ({ type }) => type === 'transcript.user');
    await endOf(await replyAfter(question));
    await page.locator('[data-speaking="none"]').waitFor(); // what has arrived is not yet heard

    const blocks = await heard();
    assert.notEqual(blocks[0].rateHz, RATE_HZ);
    assertHeard(blocks, { greeting, question: clip('question') });
  } finally {
    await close();
  }
});

test('service and simulator as processes of their own', async () => {
  const simulator = await serve(['-m', 'app.simulator']);
  const service = await serve(['-m', 'app'], {
    ASSEMBLYAI_API_KEY: 'test',
    VOICEGATE_UPSTREAM_URL: simulator.url,
  });
  const { page, complaints, heard, passed, close } = await openBrowser();
  try {
    await page.goto(service.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await passed('connecting', 'live');
    await page.locator('[data-speaking="agent"]').waitFor();
    await page.locator('[data-speaking="none"]').waitFor();
    await page.getByRole('button', { name: 'End call' }).click();
    await passed('live', 'ended');

    const blocks = await heard();
    assertHeard(blocks, { greeting });
    assert.ok(partOf(blocks, clip('question')) < 0.5, 'words were heard that nobody said');
    assert.deepEqual(complaints, []);
  } finally {
    await close();
    await service.stop();
    await simulator.stop();
  }
});

/** @param {any} frame */
const replyAfter = (frame) =>
  frameFrom(
    demo,
    ({ type, timestamp }) => type === 'reply.started' && timestamp >= frame.timestamp,
  );

/** @param {any} reply its reply.started */
const endOf = (reply) =>
  frameFrom(demo, ({ type, reply_id: id }) => type === 'reply.done' && id === reply.reply_id);

/**
 * Each sentence is found in what left the page as sound.
 * @param {{rateHz: number, samples: Float32Array}[]} blocks
 * @param {Record<string, Int16Array>} sentences
 */
function assertHeard(blocks, sentences) {
  for (const [name, sentence] of Object.entries(sentences)) {
    const part = partOf(blocks, sentence);
    assert.ok(part >= 0.6, `${name}: only ${Math.round(part * 100)} % of it was heard`);
  }
}

/**
 * @param {{rateHz: number, samples: Float32Array}[]} blocks
 * @param {Int16Array} sentence
 */
function partOf(blocks, sentence) {
  const samples = blocks.flatMap((block) => [...block.samples]);
  return partHeard(envelope(samples, blocks[0].rateHz), envelope(sentence, RATE_HZ, 32_768));
}
