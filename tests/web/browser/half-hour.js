// Half an hour of conversation in one tab, at the pace of life: what the page holds must level off, and nothing may
// keep its thread for long; time in which a core of the machine stood still does not count for the latter. Not part of
// the default run: node browser/half-hour.js [MINUTES]

import assert from 'node:assert/strict';
import { openBrowser, serveDemo } from './harness.js';
import { stalledMs, watchStalls } from './stalls.js';
import { longOf, slowOf, tasksDuring, told } from './thread-tasks.js';

const MINUTES = Number(process.argv[2] ?? 30);

/** A question, a pause for the answer, and the same again: about ten turns a minute, and some to spare. */
const MICROPHONE = Array.from({ length: (MINUTES + 1) * 6 }, () => [10, 'question']).flat();

/** Of each minute; in the rest the trace is read. */
const TRACED_MS = 50_000;

/** Time for the first call to have loaded and made everything. */
const WARM_UP_MINUTES = 5;

/** The page is read and the first call set up: what that takes is Lighthouse's matter. */
const START_UP_MINUTES = 1;

/** The page is kept busy once, so that a long task is known to be seen. */
const KNOWN_LONG_MS = 250;

/** How much more the last samples may hold than those after the warm-up: the collector's own swing. */
const HEAP_SLACK_BYTES = 1_500_000;

const LEAST_MINUTES = WARM_UP_MINUTES + 6; // three samples early, three late
assert.ok(MINUTES >= LEAST_MINUTES, `takes ${LEAST_MINUTES} minutes at least`);

const COUNTED = ['JSHeapUsedSize', 'Nodes', 'JSEventListeners', 'TaskDuration'];

const demo = await serveDemo([], {
  VOICEGATE_DEFAULT_SESSION_DURATION_SECONDS: String((MINUTES + 10) * 60),
});
const stalls = watchStalls();
const { page, close, complaints } = await openBrowser({
  microphone: [2, ...MICROPHONE, 60],
  isRecorded: false, // what is kept would be the only thing that grows
});
try {
  await page.goto(demo.url);
  await page.getByRole('button', { name: 'Start talking' }).click();
  await page.locator('body[data-state="live"]').waitFor();
  const browser = page.context().browser();
  assert.ok(browser);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');

  /** @type {Record<string, number>[]} */
  const samples = [];
  /** @type {string[]} */
  const longTasks = [];
  const startMs = performance.now();
  for (let minute = 1; minute <= MINUTES; minute += 1) {
    const tasks = await tasksDuring(browser, async () => {
      if (minute === 1) await page.evaluate(keepBusy, KNOWN_LONG_MS);
      await page.waitForTimeout(TRACED_MS);
    });
    assert.equal(await page.locator('body').getAttribute('data-state'), 'live');
    await devtools.send('HeapProfiler.collectGarbage');
    const { metrics } = await devtools.send('Performance.getMetrics');
    const known = metrics.filter(({ name }) => COUNTED.includes(name));
    const sample = Object.fromEntries(known.map(({ name, value }) => [name, value]));
    sample.turns = await page.locator('#log .turn').count();
    samples.push(sample);
    const long = told(longOf(tasks, stalls.cores), stalls.cores);
    if (minute === 1) assert.ok(long.length > 0, 'a task known to be long was not seen');
    if (minute > START_UP_MINUTES) longTasks.push(...long);
    console.log(
      `minute ${((performance.now() - startMs) / 60_000).toFixed(1)}: heap ${(sample.JSHeapUsedSize / 1e6).toFixed(2)} MB, nodes ${sample.Nodes}, ` +
        `listeners ${sample.JSEventListeners}, main thread ${sample.TaskDuration.toFixed(1)} s, ` +
        `turns ${sample.turns}; a core stood still for ${(stalledMs(stalls.cores) / 1000).toFixed(1)} s; ` +
        `${tasks.length} tasks, long by the clock ${JSON.stringify(told(slowOf(tasks), stalls.cores))}`,
    );
    await page.waitForTimeout(Math.max(0, startMs + minute * 60_000 - performance.now()));
  }
  judge(samples, longTasks);
  assert.deepEqual(complaints, []);
} finally {
  await stalls.stop();
  await close();
  await demo.stop();
}

/** In the page. @param {number} ms */
function keepBusy(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
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
  assert.ok(late[2].turns > late[0].turns, 'the conversation ended early');
  const turnNodes = 14 * 4 * MINUTES; // the conversation itself grows, up to its bound
  assert.ok(least(late, 'JSHeapUsedSize') < least(early, 'JSHeapUsedSize') + HEAP_SLACK_BYTES);
  assert.ok(least(late, 'Nodes') < least(early, 'Nodes') + 2 * turnNodes);
  assert.ok(least(late, 'JSEventListeners') < least(early, 'JSEventListeners') + 20);
  assert.deepEqual(longTasks, []);
}
