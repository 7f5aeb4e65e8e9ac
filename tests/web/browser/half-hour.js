// Half an hour of conversation in one tab, at the pace of life: what the page holds must level off, and nothing may
// keep its thread for long. Not part of the default run: node browser/half-hour.js [MINUTES]

import assert from 'node:assert/strict';
import { openBrowser, serveDemo } from './harness.js';

const MINUTES = Number(process.argv[2] ?? 30);

/** A question, a pause for the answer, and the same again: about four turns a minute. */
const MICROPHONE = Array.from({ length: MINUTES * 5 }, () => [10, 'question']).flat();

/** Time for the first call to have loaded and made everything. */
const WARM_UP_MINUTES = 5;

/** The page is read and the first call set up: what that takes is Lighthouse's matter. */
const START_UP_MINUTES = 1;

/** How much more the last samples may hold than those after the warm-up: the collector's own swing. */
const HEAP_SLACK_BYTES = 1_500_000;

/** From here on a task counts as long (https://www.w3.org/TR/longtasks-1/). */
const LONG_MS = 50;

const COUNTED = ['JSHeapUsedSize', 'Nodes', 'JSEventListeners', 'TaskDuration'];

/** @typedef {{name: string, ph: string, pid: number, tid: number, dur: number, tdur?: number, args: any}} TraceEvent */

const demo = await serveDemo([], {
  VOICEGATE_DEFAULT_SESSION_DURATION_SECONDS: String((MINUTES + 10) * 60),
});
const { page, close, complaints } = await openBrowser({
  microphone: [2, ...MICROPHONE, 60],
  isRecorded: false, // what is kept would be the only thing that grows
});
try {
  await page.goto(demo.url);
  await page.getByRole('button', { name: 'Start talking' }).click();
  await page.locator('body[data-state="live"]').waitFor();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');

  /** @type {Record<string, number>[]} */
  const samples = [];
  /** @type {string[]} */
  const longTasks = [];
  for (let minute = 1; minute <= MINUTES; minute += 1) {
    const tasks = await tasksDuring(() => page.waitForTimeout(60_000));
    assert.equal(await page.locator('body').getAttribute('data-state'), 'live');
    await devtools.send('HeapProfiler.collectGarbage');
    const { metrics } = await devtools.send('Performance.getMetrics');
    const known = metrics.filter(({ name }) => COUNTED.includes(name));
    const sample = Object.fromEntries(known.map(({ name, value }) => [name, value]));
    const turns = await page.locator('#log .turn').count();
    samples.push(sample);
    // Of the thread's own time: by the clock a task is long, too, where the machine does something else meanwhile.
    const long = tasks.filter(({ tdur = 0 }) => tdur / 1000 > LONG_MS);
    const told = long.map(
      ({ tdur, args }) => `${Math.round(Number(tdur) / 1000)} ms ${args?.src_func}`,
    );
    if (minute > START_UP_MINUTES) longTasks.push(...told);
    const slow = tasks.filter(({ dur }) => dur / 1000 > LONG_MS).length;
    console.log(
      `minute ${minute}: heap ${(sample.JSHeapUsedSize / 1e6).toFixed(2)} MB, nodes ${sample.Nodes}, ` +
        `listeners ${sample.JSEventListeners}, main thread ${sample.TaskDuration.toFixed(1)} s, ` +
        `turns ${turns}, long tasks ${JSON.stringify(told)}; ` +
        `${slow} of ${tasks.length} long by the clock`,
    );
  }
  judge(samples, longTasks);
  assert.deepEqual(complaints, []);
} finally {
  await close();
  await demo.stop();
}

/**
 * What the page's main thread did meanwhile, task by task.
 * @param {() => Promise<void>} wait
 */
async function tasksDuring(wait) {
  const browser = page.context().browser();
  assert.ok(browser);
  const session = await browser.newBrowserCDPSession();
  /** @type {TraceEvent[]} */
  const events = [];
  session.on('Tracing.dataCollected', ({ value }) =>
    events.push(.../** @type {any[]} */ (value).filter(isOfInterest)),
  );
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.start', {
    traceConfig: { includedCategories: ['toplevel'], excludedCategories: ['*'] },
    transferMode: 'ReportEvents',
  });
  await wait();
  await session.send('Tracing.end');
  await complete;
  await session.detach();
  const mains = events.filter(({ args }) => args?.name === 'CrRendererMain');
  const tasksOf = (/** @type {TraceEvent} */ { pid, tid }) =>
    events.filter((event) => event.pid === pid && event.tid === tid && event.ph === 'X');
  // Playwright's own pages have a renderer, too, which does next to nothing.
  return mains.map(tasksOf).reduce((one, other) => (one.length > other.length ? one : other));
}

/** @param {TraceEvent} event */
function isOfInterest({ name, ph }) {
  return (ph === 'X' && name === 'ThreadControllerImpl::RunTask') || name === 'thread_name';
}

/**
 * @param {Record<string, number>[]} samples one a minute
 * @param {string[]} longTasks
 */
function judge(samples, longTasks) {
  const early = samples.slice(WARM_UP_MINUTES, WARM_UP_MINUTES + 3);
  const late = samples.slice(-3);
  /** @param {Record<string, number>[]} some @param {string} name */
  const least = (some, name) => Math.min(...some.map((sample) => sample[name]));
  const turnNodes = 14 * 4 * MINUTES; // the conversation itself grows, up to its bound
  assert.ok(least(late, 'JSHeapUsedSize') < least(early, 'JSHeapUsedSize') + HEAP_SLACK_BYTES);
  assert.ok(least(late, 'Nodes') < least(early, 'Nodes') + 2 * turnNodes);
  assert.ok(least(late, 'JSEventListeners') < least(early, 'JSEventListeners') + 20);
  assert.deepEqual(longTasks, []);
}
