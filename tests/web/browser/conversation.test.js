import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  assertFramesAreValid,
  assertOneTokenASocket,
  clip,
  frameFrom,
  openBrowser,
  serveDemo,
} from './harness.js';
import { envelope, find, SILENT } from './listening.js';
import { RATE_HZ, readWav } from './wav.js';

/** The simulator's greeting takes about four seconds; the question comes after it, in a quiet room. */
const QUESTION_AT_SECONDS = 7;

/** The reply repeats the question; the interruption falls into the middle of it. */
const INTERRUPTION_AFTER_SECONDS = 3.5;

const greeting = readWav(
  fileURLToPath(new URL('../../../app/simulator/clips/greeting.wav', import.meta.url)),
);

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
before(async () => {
  demo = await serveDemo();
});
after(() => demo.stop());

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
    const next = await frameFrom(
      demo,
      ({ type, timestamp }) => type === 'reply.started' && timestamp > cut.timestamp,
    );
    await frameFrom(
      demo,
      ({ status, reply_id }) => status === 'completed' && reply_id === next.reply_id,
    );
    await page.getByRole('button', { name: 'End call' }).click();
    await frameFrom(demo, ({ type }) => type === 'session.ended');
    await page.getByRole('button', { name: 'Start talking' }).waitFor();

    const blocks = await heard();
    const levels = envelope(
      blocks.flatMap(({ samples }) => samples),
      RATE_HZ,
    );
    const found = (/** @type {Int16Array} */ words) =>
      find(levels, envelope(words, RATE_HZ, 32_768)).likeness;
    assert.ok(found(greeting) > 0.95, `greeting: ${found(greeting)}`);
    assert.ok(
      found(clip('question')) > 0.85,
      `the question played back: ${found(clip('question'))}`,
    );
    assert.ok(
      found(clip('interruption')) > 0.85,
      `the interruption: ${found(clip('interruption'))}`,
    );

    const between = blocks.filter(
      ({ atMs }) => atMs > cut.timestamp * 1000 + 250 && atMs < next.timestamp * 1000,
    );
    assert.ok(between.length > 5, 'nothing was recorded between cut and next reply');
    for (const { samples } of between) {
      assert.ok(Math.max(...samples.map(Math.abs)) < SILENT, 'the cut reply is still heard');
    }

    const log = demo.readLog();
    assertFramesAreValid(log);
    assertOneTokenASocket(await demo.stats());
    assert.equal(await page.evaluate(() => globalThis.openTracks()), 0);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});
