// Half an hour of conversation in one tab, at the pace of life: what the page holds must level off, and nothing may
// keep its thread for long. Not part of the default run: node browser/half-hour.js [MINUTES]

import assert from 'node:assert/strict';
import { openBrowser, serveDemo } from './harness.js';

const MINUTES = Number(process.argv[2] ?? 30);

/** A question, a pause for the answer, and the same again: about four turns a minute. */
const MICROPHONE = Array.from({ length: MINUTES * 5 }, () => [10, 'question']).flat();

/** Time for the first call to have loaded and made everything. */
const WARM_UP_MINUTES = 5;

/** How much more the last samples may hold than those after the warm-up: the collector's own swing. */
const HEAP_SLACK_BYTES = 1_500_000;

const COUNTED = ['JSHeapUsedSize', 'Nodes', 'JSEventListeners', 'TaskDuration'];

const demo = await serveDemo([], {
  VOICEGATE_DEFAULT_SESSION_DURATION_SECONDS: String((MINUTES + 10) * 60),
});
const { page, close, complaints } = await openBrowser({ microphone: [2, ...MICROPHONE, 60] });
try {
  await page.addInitScript(watchLongTasks);
  await page.addInitScript(forgetRecordings);
  await page.goto(demo.url);
  await page.getByRole('button', { name: 'Start talking' }).click();
  await page.locator('body[data-state="live"]').waitFor();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');

  /** @type {Record<string, number>[]} */
  const samples = [];
  for (let minute = 1; minute <= MINUTES; minute += 1) {
    await page.waitForTimeout(60_000);
    assert.equal(await page.locator('body').getAttribute('data-state'), 'live');
    await page.evaluate(() => globalThis.beginPause());
    await devtools.send('HeapProfiler.collectGarbage'); // may keep the thread busy itself
    await page.evaluate(() => globalThis.endPause());
    const { metrics } = await devtools.send('Performance.getMetrics');
    const known = metrics.filter(({ name }) => COUNTED.includes(name));
    const sample = Object.fromEntries(known.map(({ name, value }) => [name, value]));
    const turns = await page.locator('#log .turn').count();
    const longTasks = await page.evaluate(() => globalThis.longTasks);
    samples.push(sample);
    console.log(
      `minute ${minute}: heap ${(sample.JSHeapUsedSize / 1e6).toFixed(2)} MB, nodes ${sample.Nodes}, ` +
        `listeners ${sample.JSEventListeners}, main thread ${sample.TaskDuration.toFixed(1)} s, ` +
        `turns ${turns}, long tasks ${JSON.stringify(longTasks)}`,
    );
  }
  judge(samples, await page.evaluate(() => globalThis.longTasks));
  assert.deepEqual(complaints, []);
} finally {
  await close();
  await demo.stop();
}

/**
 * @param {Record<string, number>[]} samples one a minute
 * @param {{atMs: number, lengthMs: number}[]} longTasks
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
  assert.deepEqual(
    longTasks.filter(({ atMs }) => atMs > 30_000),
    [],
  );
}

/** Runs in the page. What is our own doing, between the beginning and the end of a pause, does not count. */
function watchLongTasks() {
  /** @type {{from: number, to: number}[]} */
  const pauses = [];
  globalThis.longTasks = [];
  globalThis.beginPause = () => void pauses.push({ from: performance.now(), to: Infinity });
  globalThis.endPause = () => {
    const last = pauses.at(-1);
    if (last) last.to = performance.now();
  };
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      if (pauses.some(({ from, to }) => startTime < to && startTime + duration > from)) continue;
      globalThis.longTasks.push({ atMs: Math.round(startTime), lengthMs: Math.round(duration) });
    }
  }).observe({ type: 'longtask', buffered: true });
}

/** Runs in the page: what the recorder keeps would be the only thing that grows. */
function forgetRecordings() {
  setInterval(() => (globalThis.heard().length = 0), 10_000);
}
