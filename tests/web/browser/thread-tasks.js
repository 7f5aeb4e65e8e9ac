// Which tasks the main thread of a page did, and how long each took it: by the clock, and of its own time.

import assert from 'node:assert/strict';
import { stalledMs } from './stalls.js';

/** From here on a task counts as long (https://www.w3.org/TR/longtasks-1/). */
const LONG_MS = 50;

/** @typedef {import('./stalls.js').Stall} Stall */

/**
 * All times in microseconds: `dur` by the clock, `tdur` what the thread was charged with.
 * @typedef {{name: string, ph: string, pid: number, tid: number, ts: number, dur: number, tdur?: number, args: any}} Task
 */

/**
 * What the main thread of the busiest tab did meanwhile.
 * @param {import('playwright-core').Browser} browser
 * @param {() => Promise<void>} wait
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
  const [busiest] = events
    .filter(({ args }) => args?.name === 'CrRendererMain')
    .map(({ pid, tid }) =>
      events.filter((event) => event.pid === pid && event.tid === tid && event.ph === 'X'),
    )
    .sort((one, other) => other.length - one.length);
  assert.ok(busiest?.length, 'the trace shows no tab');
  return busiest;
}

/** @param {Task} event */
function isOfInterest({ name, ph }) {
  return (ph === 'X' && name === 'ThreadControllerImpl::RunTask') || name === 'thread_name';
}

/** Those that were long by the clock. @param {Task[]} tasks */
export const slowOf = (tasks) => tasks.filter((task) => clockMs(task) > LONG_MS);

/**
 * Those that took the thread itself long. It is charged with some of the time in which its core stood still, but not
 * with all of it, so that the lesser counts: what it was charged with, or what the stalls leave of the time by the clock.
 * @param {Task[]} tasks
 * @param {Stall[][]} cores   when each stood still
 */
export const longOf = (tasks, cores) =>
  slowOf(tasks).filter(
    (task) => Math.min(chargedMs(task), clockMs(task) - stalledIn(task, cores)) > LONG_MS,
  );

/** @param {Task} task */
const clockMs = ({ dur }) => dur / 1000;

/** @param {Task} task */
const chargedMs = ({ tdur = 0 }) => tdur / 1000;

/** The trace does not tell on which core. @param {Task} task @param {Stall[][]} cores */
const stalledIn = ({ ts, dur }, cores) => stalledMs(cores, ts, ts + dur);

/** @param {Task[]} tasks @param {Stall[][]} cores */
export const told = (tasks, cores) =>
  tasks.map((task) => {
    const times = [clockMs(task), chargedMs(task), stalledIn(task, cores)];
    const [clock, charged, stalled] = times.map(Math.round);
    return `${clock} ms (charged ${charged}, stalled ${stalled}): ${task.args?.src_func}`;
  });
