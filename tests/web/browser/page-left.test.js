// A page that goes away takes its Worker with it, and Chromium may do so before the last frame is out: this needs a
// machine that is not busy. Where the frame is lost the service ends the session by itself.

import { after, before, test } from 'node:test';
import { openBrowser, serveDemo } from './harness.js';
import { until } from './line.js';

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
before(async () => {
  demo = await serveDemo();
});
after(() => demo.stop());

/** @param {(stats: any) => boolean} isReached */
const untilStats = (isReached) =>
  until(async () => isReached(await demo.stats()), isReached, 15_000);

test('a page that goes away ends its session', async () => {
  const { page, passed, close } = await openBrowser();
  try {
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await passed('connecting', 'live');
    const { frames_in: before } = await demo.stats();

    await page.goto('about:blank');

    await untilStats(
      ({ frames_in: now }) => now['session.end'] === (before['session.end'] ?? 0) + 1,
    );
    await untilStats(({ sockets_open: open }) => open === 0);
  } finally {
    await close();
  }
});
