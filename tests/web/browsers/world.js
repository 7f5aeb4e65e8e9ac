// Everything that one scenario happens in: the service in demo mode, a room with sound, a browser in it.

import { serveDemo } from '../browser/harness.js';
import { BrowserCrashed } from './browser-page.js';
import { isHeard } from './hearing.js';
import { until } from './processes.js';
import { startSoundServer } from './sound-server.js';

/**
 * @typedef {object} World
 * @property {Awaited<ReturnType<typeof serveDemo>>} demo
 * @property {import('./sound-server.js').SoundServer} sound
 * @property {import('./browser-page.js').BrowserPage} page
 * @property {(line: string) => void} report beside the test's outcome
 */

/**
 * Play a scenario in a fresh world; once more, in another one, when the browser itself crashed. What the page
 * does wrong is never tried again.
 * @param {import('./browser-page.js').OpenBrowser} openBrowser
 * @param {(world: World) => Promise<void>} scenario
 * @param {import('node:test').TestContext} context
 */
export async function play(openBrowser, scenario, context) {
  try {
    await playOnce(openBrowser, scenario, context);
  } catch (error) {
    if (!(error instanceof BrowserCrashed)) throw error;
    context.diagnostic(`${error.message}; it is started once more.`);
    await playOnce(openBrowser, scenario, context);
  }
}

/** @type {typeof play} */
async function playOnce(openBrowser, scenario, context) {
  /** @type {(() => Promise<void>)[]} */
  const endings = [];
  try {
    const demo = await serveDemo();
    endings.push(demo.stop);
    const sound = await startSoundServer();
    endings.push(sound.stop);
    const page = await openBrowser(sound.environment);
    endings.push(page.close);
    await scenario({ demo, sound, page, report: (line) => context.diagnostic(line) });
  } finally {
    for (const end of endings.reverse()) await end().catch(console.error); // each, whatever the others do
  }
}

/** Judging takes time that the browser needs for its sound. */
const JUDGED_EVERY_MS = 500;

/**
 * Wait until a sentence has come out of the loudspeaker.
 * @param {World} world
 * @param {{text: string, samples: Int16Array}} sentence
 * @param {number} [fromMs] wall clock
 */
export function untilHeard({ sound }, { text, samples }, fromMs = 0) {
  const isThere = () => isHeard(sound.heard(fromMs), samples);
  return until(isThere, `heard: ${text}`, JUDGED_EVERY_MS);
}

/**
 * Wait until the call has gone through these states, in this order, however short each was.
 * @param {World} world
 * @param {string[]} sought
 */
export function untilPassed({ page }, ...sought) {
  const isPassed = async () => {
    let at = 0;
    for (const state of await page.evaluate(() => globalThis.states))
      if (state === sought[at]) at += 1;
    return at === sought.length;
  };
  return until(isPassed, `the call goes through ${sought.join(', ')}`);
}
