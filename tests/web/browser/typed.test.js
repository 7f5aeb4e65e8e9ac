// A conversation that is typed, where the microphone is refused at first.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  assertFramesAreValid,
  assertOneTokenASocket,
  frameFrom,
  openBrowser,
  serveDemo,
} from './harness.js';

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
before(async () => {
  demo = await serveDemo();
});
after(() => demo.stop());

test('a call is typed without a microphone, and one that is allowed later is heard in the same session', async () => {
  const { page, complaints, close } = await openBrowser({
    isAllowed: false,
    microphone: ['question', 60],
  });
  try {
    await page.goto(`${demo.url}/docs`);
    await page.evaluate(async () => {
      const { createVoiceAgent } = await import(`${location.origin}/static/voice-agent/index.js`);
      const agent = createVoiceAgent();
      await agent.start({ microphone: false });
      agent.say('Hello there');
      Object.assign(globalThis, { agent });
    });
    const agent = await page.evaluateHandle(() => /** @type {any} */ (globalThis).agent);
    await frameFrom(demo, ({ type, status }) => type === 'reply.done' && status === 'completed');
    const refused = await agent.evaluate((it) =>
      it.unmute().catch((/** @type {any} */ { code }) => code),
    );
    assert.equal(refused, 'microphone-denied');

    await page.context().grantPermissions(['microphone']);
    await agent.evaluate((it) => it.unmute());
    await frameFrom(demo, ({ type }) => type === 'transcript.user');
    await agent.evaluate((it) => it.stop());
    assertFramesAreValid(demo.readLog());
    assertOneTokenASocket(await demo.stats());
    assert.equal((await demo.stats()).sockets_opened, 1);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});
