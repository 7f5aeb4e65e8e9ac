import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  assertFramesAreValid,
  assertOneTokenASocket,
  frameFrom,
  openBrowser,
  serveDemo,
} from './harness.js';
import { until } from './line.js';

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
before(async () => {
  demo = await serveDemo();
});
after(() => demo.stop());

/** @type {[string, object, object][]} */
const DROPS = [
  ['a refused resume', { resume: 'not_found_1008' }, { drop: true }],
  ['a refused resume on a socket left open', { resume: 'not_found_open' }, { drop: true }],
  ['a resume', { resume: 'ok' }, { drop: true }],
  ['a resume after an internal error', { resume: 'ok' }, { close: 1011 }],
];

for (const [outcome, switches, fault] of DROPS) {
  test(`a dropped socket recovers with a new token: ${outcome}`, async () => {
    await demo.control({ set: switches });
    const { page, complaints, passed, close } = await openBrowser({
      microphone: [3, 'question', 60],
    });
    const earlier = (await demo.stats()).sockets_opened;
    try {
      const button = page.getByRole('button', { name: 'Start talking' });
      await page.goto(demo.url);
      await button.hover(); // a view without a call, which costs no token
      await button.focus();
      await page.reload();
      await button.click();
      await passed('connecting', 'live');
      const opened = (await demo.stats()).sockets_opened;
      assert.equal(opened, earlier + 1);

      await demo.control(fault);
      await passed('live', 'reconnecting', 'live');
      await untilStats((stats) => stats.sockets_open === 1);
      const session = newestSession();
      await frameFrom(
        demo,
        ({ type, item_id }) => type === 'transcript.user' && session.hears(item_id),
      );

      const stats = await demo.stats();
      assert.equal(
        stats.sockets_opened,
        opened + ('resume' in switches && switches.resume === 'ok' ? 1 : 2),
      );
      assertOneTokenASocket(stats);
      assert.equal(await page.evaluate(() => globalThis.openTracks()), 1);
      await page.getByRole('button', { name: 'End call' }).click();
      await passed('reconnecting', 'live', 'ended');
      assertFramesAreValid(demo.readLog());
      assert.deepEqual(
        complaints.filter((text) => !text.includes('WebSocket')),
        [],
      );
    } finally {
      await close();
    }
  });
}

/** The session of the latest `session.ready`, by what the log says of it. */
function newestSession() {
  const log = demo.readLog();
  const { session } = log.findLast(({ frame }) => frame?.type === 'session.ready');
  return {
    /** @param {string} itemId */
    hears: (itemId) =>
      demo.readLog().some((line) => line.session === session && line.frame?.item_id === itemId),
  };
}

/** @param {(stats: any) => boolean} isReached */
const untilStats = (isReached) =>
  until(async () => isReached(await demo.stats()), isReached, 15_000);
