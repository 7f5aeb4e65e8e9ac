// One call on the page whose line breaks again and again, at a service with the usual limits.

import assert from 'node:assert/strict';
import { openBrowser, serveDemo } from './harness.js';
import { refuseWorkers } from './in-page.js';
import { until } from './line.js';

/** The limits that a service has by default; the other tests here have none. */
const DEFAULT_LIMITS = Object.fromEntries(
  ['MINUTES_PER_DAY', 'SESSIONS_AT_ONCE', 'MINTS_PER_MINUTE'].flatMap((name) => [
    [`VOICEGATE_${name}`, ''],
    [`VOICEGATE_CALLER_${name}`, ''],
  ]),
);

/**
 * @param {string} resume what becomes of a `session.resume`
 * @param {number} breaks how often the line is cut
 * @param {number} everyMs what the page's clock goes on between two of them
 */
export async function breakOften(resume, breaks, everyMs) {
  const gate = await serveDemo(['--set', `resume=${resume}`], DEFAULT_LIMITS);
  const { page, passed, close } = await openBrowser({ microphone: [3, 'question', 60] });
  /** @param {(stats: any) => boolean} isReached */
  const reached = (isReached) =>
    until(async () => isReached(await gate.stats()), isReached, 15_000);
  try {
    await page.addInitScript(refuseWorkers); // the page's clock is the session core's then
    await page.clock.install();
    await page.goto(gate.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await passed('connecting', 'live');
    for (let drop = 1; drop <= breaks; drop += 1) {
      await page.clock.fastForward(everyMs); // else it would be one long loss
      const { tokens_minted: before } = await gate.stats();
      await gate.control({ drop: true });
      const { frames_in: heard } = await gate.stats();
      await reached(({ tokens_minted: minted }) => minted > before);
      // Half a second of sound each time: a call may be recovered once a second, and ten times at once.
      await reached(({ frames_in: now }) => now['input.audio'] - heard['input.audio'] >= 30);
    }
    await page.locator('body[data-state="live"]').waitFor();
    const { tokens_spared: spared, violations } = await gate.stats();
    // What a machine holds up arrives bunched, and looks too fast.
    const { audio_too_fast: _bunched, ...faults } = violations;
    assert.deepEqual([spared, faults], [resume === 'ok' ? 0 : 1, {}]);
  } finally {
    await close();
    await gate.stop();
  }
}
