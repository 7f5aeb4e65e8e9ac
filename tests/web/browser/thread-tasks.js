// Which tasks the main thread of a page did, and how long each held it: by the clock, and of the thread's own time.
// Beside it runs a tab that does nothing long: where a task of that one is long, the machine was held up.

import assert from 'node:assert/strict';

/** From here on a task counts as long (https://www.w3.org/TR/longtasks-1/). */
const LONG_MS = 50;

/** What the other tab does: about as many tasks as a call, each a computation of less than a millisecond. */
const CONTROL = { everyMs: 10, steps: 20_000 };

/** @typedef {{name: string, ph: string, pid: number, tid: number, dur: number, tdur?: number, args: any}} Task */

/** @param {import('playwright-core').Browser} browser */
export async function openControl(browser) {
  const page = await (await browser.newContext()).newPage();
  await page.evaluate(({ everyMs, steps }) => {
    setInterval(() => {
      let sum = 0;
      for (let step = 0; step < steps; step += 1) sum += Math.sqrt(step);
      document.title = String(sum);
    }, everyMs);
  }, CONTROL);
}

/**
 * What the main threads of the busiest tab and of the one after it did meanwhile: a call's and the control's.
 * @param {import('playwright-core').Browser} browser
 * @param {() => Promise<void>} wait
 * @returns {Promise<[Task[], Task[]]>}
 */
export async function tasksDuring(browser, wait) {
  const session = await browser.newBrowserCDPSession();
  /** @type {Task[]} */
  const events = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    for (const event of /** @type {any[]} */ (value)) if (isOfInterest(event)) events.push(event);
  });
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.start', {
    traceConfig: { includedCategories: ['toplevel'], excludedCategories: ['*'] },
    transferMode: 'ReportEvents',
  });
  await wait();
  await session.send('Tracing.end');
  await complete;
  await session.detach();
  const threads = events
    .filter(({ args }) => args?.name === 'CrRendererMain')
    .map(({ pid, tid }) =>
      events.filter((event) => event.pid === pid && event.tid === tid && event.ph === 'X'),
    )
    .sort((one, other) => other.length - one.length);
  assert.ok(threads.length > 1, 'the trace shows no two tabs');
  return [threads[0], threads[1]];
}

/** @param {Task} event */
function isOfInterest({ name, ph }) {
  return (ph === 'X' && name === 'ThreadControllerImpl::RunTask') || name === 'thread_name';
}

/** Those that took the thread itself long. @param {Task[]} tasks */
export const longOf = (tasks) => tasks.filter(({ tdur = 0 }) => tdur / 1000 > LONG_MS);

/** Those that were long by the clock. @param {Task[]} tasks */
export const slowOf = (tasks) => tasks.filter(({ dur }) => dur / 1000 > LONG_MS);

/** @param {Task} task */
export const told = ({ tdur = 0, args }) => `${Math.round(tdur / 1000)} ms ${args?.src_func}`;
