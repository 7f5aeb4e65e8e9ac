// A call on hold, in the middle of a sentence: silence both ways, and then the sentence from its beginning.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser, serveDemo } from './harness.js';
import { envelope, loudest, partHeard } from './listening.js';
import { agentClip } from './heard-words.js';
import { RATE_HZ } from './wav.js';

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
before(async () => {
  demo = await serveDemo();
});
after(() => demo.stop());

/** What headset keys and lock screens would press. */
function watchMediaSession() {
  /** @type {Record<string, (() => void) | null>} */
  const media = {};
  const { mediaSession } = navigator;
  mediaSession.setActionHandler = (action, run) => {
    media[action] = /** @type {any} */ (run);
  };
  Object.assign(globalThis, { media });
}

test('on hold nothing is sent or heard, and the greeting goes on with its sentence', async () => {
  const { page, heard, passed, complaints, close } = await openBrowser();
  try {
    await page.addInitScript(watchMediaSession);
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await passed('connecting', 'live');
    await page.locator('.voice-agent[data-speaking="agent"]').waitFor();
    await page.getByRole('button', { name: 'Hold' }).press('Enter');
    await page.getByRole('status').getByText('Neither side hears the other').waitFor();
    await page.locator('.voice-agent[data-speaking="none"]').waitFor();

    const sent = () => demo.readLog().filter(({ dir }) => dir === 'c2s').length;
    const isDone = () => demo.readLog().some(({ frame }) => frame?.type === 'reply.done');
    const before = sent();
    const fromMs = Date.now() + 200; // what is on its way to the loudspeaker is not on hold
    while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(sent(), before);
    const still = (await heard()).filter(({ atMs }) => atMs > fromMs);
    assert.ok(loudest(still) < 0.001, 'the agent is silent on hold');

    await page.evaluate(() => /** @type {any} */ (globalThis).media.play());
    await page.locator('.turn[data-role="agent"][data-final="true"]').waitFor();
    await page.locator('.voice-agent[data-held="false"][data-speaking="none"]').waitFor();
    const blocks = await heard();
    const sound = Float32Array.from(blocks.flatMap(({ samples }) => [...samples]));
    const clip = envelope(agentClip('greeting'), RATE_HZ, 32_768);
    assert.ok(partHeard(envelope(sound, blocks[0].rateHz), clip) > 0.85, 'all of it was heard');

    await page.evaluate(() => /** @type {any} */ (globalThis).media.hangup());
    await passed('live', 'ended');
    const { tokens_minted: tokens, sockets_opened: sockets } = await demo.stats();
    assert.deepEqual([tokens, sockets], [1, 1]);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});
