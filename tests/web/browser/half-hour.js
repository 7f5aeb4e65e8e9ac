// Half an hour of conversation in one tab, at the pace of life: what the page holds must level off, and nothing may
// keep its thread for long; minutes in which the machine itself was held up do not count for the latter. Not part of
// the default run: node browser/half-hour.js [MINUTES]

import assert from 'node:assert/strict';
import { openBrowser, serveDemo } from './harness.js';
import { longOf, openControl, slowOf, tasksDuring, told } from './thread-tasks.js';

const MINUTES = Number(process.argv[2] ?? 30);

/** A question, a pause for the answer, and the same again: about ten turns a minute. */
const MICROPHONE = Array.from({ length: MINUTES * 5 }, () => [10, 'question']).flat();

/** Time for the first call to have loaded and made everything. */
const WARM_UP_MINUTES = 5;

/** The page is read and the first call set up: what that takes is Lighthouse's matter. */
const START_UP_MINUTES = 1;

/** How much more the last samples may hold than those after the warm-up: the collector's own swing. */
const HEAP_SLACK_BYTES = 1_500_000;

/** So much of the time the machine must have been ours alone. */
const LEAST_UNDISTURBED = 0.6;

const COUNTED = ['JSHeapUsedSize', 'Nodes', 'JSEventListeners', 'TaskDuration'];

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
  const browser = page.context().browser();
  assert.ok(browser);
  await openControl(browser);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');

  /** @type {Record<string, number>[]} */
  const samples = [];
  /** @type {string[]} */
  const longTasks = [];
  let undisturbed = 0;
  for (let minute = 1; minute <= MINUTES; minute += 1) {
    const [tasks, control] = await tasksDuring(browser, () => page.waitForTimeout(60_000));
    assert.equal(await page.locator('body').getAttribute('data-state'), 'live');
    await devtools.send('HeapProfiler.collectGarbage');
    const { metrics } = await devtools.send('Performance.getMetrics');
    const known = metrics.filter(({ name }) => COUNTED.includes(name));
    const sample = Object.fromEntries(known.map(({ name, value }) => [name, value]));
    const turns = await page.locator('#log .turn').count();
    samples.push(sample);
    const isDisturbed = slowOf(control).length > 0; // what takes the thread long is long by the clock, too
    if (!isDisturbed) undisturbed += 1;
    if (minute > START_UP_MINUTES && !isDisturbed) longTasks.push(...longOf(tasks).map(told));
    console.log(
      `minute ${minute}: heap ${(sample.JSHeapUsedSize / 1e6).toFixed(2)} MB, nodes ${sample.Nodes}, ` +
        `listeners ${sample.JSEventListeners}, main thread ${sample.TaskDuration.toFixed(1)} s, ` +
        `turns ${turns}; ${tasks.length} tasks, long ${JSON.stringify(longOf(tasks).map(told))} ` +
        `and by the clock ${slowOf(tasks).length}; ` +
        `control: ${control.length}, by the clock ${slowOf(control).length}`,
    );
  }
  console.log(`${undisturbed} of ${MINUTES} minutes undisturbed`);
  judge(samples, longTasks);
  assert.ok(undisturbed >= LEAST_UNDISTURBED * MINUTES, 'the machine did too much else');
  assert.deepEqual(complaints, []);
} finally {
  await close();
  await demo.stop();
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
