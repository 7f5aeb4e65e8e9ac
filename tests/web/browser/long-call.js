// A long call in one tab, at the pace of life: it goes on in a new session whenever the one before reaches its time
// limit. What page, Worker and service hold must level off, each turn must be shown once, and what is charged must be
// what was used. Traced, nothing may keep the page's thread for long either; time in which a core of the machine stood
// still does not count for that. Not part of the default run:
//
// node browser/long-call.js [--minutes N] [--session-minutes N] [--sample-minutes N] [--no-traces]

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { MAX_TURNS } from '../../../static/voice-agent/core/conversation/turn-list.js';
import { installCounters, takeCensus } from './census.js';
import { assertOneTokenASocket, openBrowser, serve } from './harness.js';
import { until } from './line.js';
import { extendEachTime, followJournal, followRows, followThreads } from './long-call-watch.js';
import { stalledMs, watchStalls } from './stalls.js';
import { longOf, slowOf, tasksDuring, told } from './thread-tasks.js';

/** @typedef {Record<string, number>} Sample */

const { values } = parseArgs({
  options: {
    'minutes': { type: 'string', default: '30' },
    'session-minutes': { type: 'string', default: '10' },
    'sample-minutes': { type: 'string', default: '1' },
    'traces': { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const MINUTES = Number(values.minutes);
const SESSION_MINUTES = Number(values['session-minutes']);
const SAMPLE_MINUTES = Number(values['sample-minutes']);
const SAMPLES = Math.floor(MINUTES / SAMPLE_MINUTES);

/** Of each sample's time the rest is for reading the trace. */
const UNTRACED_MS = 10_000;

/** Time for the first call to have loaded and made everything. */
const WARM_UP_SAMPLES = Math.ceil(5 / SAMPLE_MINUTES);

/** Those that are compared, at each end. */
const COMPARED = 3;

/** The page is kept busy once, so that a long task is known to be seen: by the clock, of which others take their part. */
const KNOWN_LONG_MS = 1_000;

/** Elements and texts of a row; the page keeps 400. */
const ROW_NODES = 14;

/** What a turn takes in the heaps of page and Worker. */
const TURN_BYTES = 4_000;

/** How much more the last samples may hold than those after the warm-up: the collectors' own swing. */
const SLACK_BYTES = {
  heap: 1_500_000,
  workerHeap: 1_500_000,
  workletHeap: 500_000,
  pageMemory: 48_000_000,
  serviceMemory: 16_000_000,
};

/** Clocks of the display, and what DevTools itself makes. */
const SLACK_COUNT = 20;

/** What a machine that is busy hands over in bunches was sent at pace, see reconnect-evidence.js. */
const BUNCHED = 'audio_too_fast';

/** Beginning and end of a session are told by different clocks: of the list, and of its rounding in the ledger. */
const ROUNDING_SECONDS = 1;

/** The list of sessions is read every 30 s, and may lag. */
const LEDGER_MS = 180_000;

const OPERATOR_TOKEN = 'the-token-of-whoever-operates-this';

assert.ok(SAMPLES >= WARM_UP_SAMPLES + 2 * COMPARED, 'too short to compare anything');

const folder = mkdtempSync(join(tmpdir(), 'voicegate-'));
const script = join(folder, 'script.json');
const log = join(folder, 'frames.jsonl'); // some 70 MB an hour
writeFileSync(script, JSON.stringify(numberedTurns(12 * SESSION_MINUTES)));
const simulator = await serve([
  ...['-m', 'app.simulator', '--control', '--seed', '1', '--log', log, '--script', script],
  ...['--set', 'session_cap=expired_1008'],
]);
const service = await serve(['-m', 'app'], {
  ASSEMBLYAI_API_KEY: 'test',
  VOICEGATE_UPSTREAM_URL: simulator.url,
  VOICEGATE_UPSTREAM_WS_URL: `${simulator.url.replace('http', 'ws')}/v1/ws`,
  VOICEGATE_OPERATOR_TOKEN: OPERATOR_TOKEN,
  VOICEGATE_DEFAULT_SESSION_DURATION_SECONDS: String(SESSION_MINUTES * 60),
});
const stalls = values.traces ? watchStalls() : null;
const { page, close, complaints } = await openBrowser({
  microphone: [{ roomSeconds: 10 }, 'question'], // about ten turns a minute, all told
  isLooped: true,
  isRecorded: false, // what is kept would be the only thing that grows
});
try {
  await page.addInitScript(() => {
    globalThis.openMicrophones = () => globalThis.leftovers?.().tracks ?? 0;
  });
  await page.addInitScript(installCounters);
  await page.goto(service.url);
  await page.getByRole('button', { name: 'Start talking' }).click();
  await page.locator('body[data-state="live"]').waitFor();
  const said = followJournal(log);
  const shown = await followRows(page);
  const threadHeaps = await followThreads(page);
  const extensions = extendEachTime(page);
  const browser = page.context().browser();
  assert.ok(browser);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const processes = await browser.newBrowserCDPSession();

  /** @type {Sample[]} */
  const samples = [];
  /** @type {string[]} */
  const longTasks = [];
  const startMs = performance.now();
  for (let number = 1; number <= SAMPLES; number += 1) {
    const endMs = startMs + number * SAMPLE_MINUTES * 60_000;
    if (stalls) {
      const tasks = await tasksDuring(browser, async () => {
        if (number === 1) await page.evaluate(keepBusy, KNOWN_LONG_MS);
        await page.waitForTimeout(Math.max(0, endMs - UNTRACED_MS - performance.now()));
      });
      const long = told(longOf(tasks, stalls.cores), stalls.cores);
      if (number === 1) assert.ok(long.length > 0, 'a task known to be long was not seen');
      else longTasks.push(...long); // in the first the page is set up, which is Lighthouse's matter
      const stalledSeconds = (stalledMs(stalls.cores) / 1000).toFixed(1);
      const slow = JSON.stringify(told(slowOf(tasks), stalls.cores));
      console.log(
        `${tasks.length} tasks, long by the clock ${slow}; a core stood still for ${stalledSeconds} s`,
      );
    } else {
      await page.waitForTimeout(Math.max(0, endMs - performance.now()));
    }
    assert.equal(await page.locator('body').getAttribute('data-state'), 'live');
    samples.push({
      minute: (performance.now() - startMs) / 60_000,
      sessions: (await stats()).sessions_started,
      turns: (await shown.read()).length,
      said: said.read().length,
      rows: await page.locator('#log > *').count(),
      ...(await takeCensus(page)),
      ...(await page.evaluate(() => globalThis.leftovers?.())),
      ...(await pageMetrics(devtools)),
      ...(await threadHeaps()),
      pageMemory: memoryOf(await busiestRenderer(processes)),
      serviceMemory: memoryOf(service.pid),
      simulatorMemory: memoryOf(simulator.pid),
    });
    console.log(JSON.stringify(samples.at(-1), (_, value) => rounded(value)));
    await page.waitForTimeout(Math.max(0, endMs - performance.now()));
  }

  const isAllShown = async () => isDeepStrictEqual(await shown.read(), said.read());
  await until(isAllShown, 'all that was said').catch(async () =>
    assert.deepEqual(await shown.read(), said.read()),
  );
  await page.getByRole('button', { name: 'End call' }).click();
  await page.locator('body[data-state="ended"]').waitFor();
  printGrowth(samples);
  await judgeSessions(1 + extensions.count());
  judgeGrowth(samples);
  assert.deepEqual(longTasks, []);
  assert.deepEqual(complaints, []);
} finally {
  await stalls?.stop();
  await close();
  await service.stop();
  await simulator.stop();
  rmSync(folder, { recursive: true });
}

/** What the caller is heard to say and what the agent answers, no two alike in a session. @param {number} count */
function numberedTurns(count) {
  const turns = Array.from({ length: count }, (_, at) => ({
    hears: `What comes after ${at}?`,
    answers: `After ${at} comes ${at + 1}, as far as I know.`,
  }));
  return { turns };
}

/** @param {import('playwright-core').CDPSession} devtools @returns {Promise<Sample>} */
async function pageMetrics(devtools) {
  const { metrics } = await devtools.send('Performance.getMetrics');
  const found = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  return { heap: found.JSHeapUsedSize, nodes: found.Nodes, threadSeconds: found.ThreadTime };
}

/** The process of the page. @param {import('playwright-core').CDPSession} browser */
async function busiestRenderer(browser) {
  const { processInfo } = await browser.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter(({ type }) => type === 'renderer');
  return renderers.sort((one, other) => other.cpuTime - one.cpuTime)[0].id;
}

/** Memory of its own, without its program, in bytes. @param {number} pid */
function memoryOf(pid) {
  const [, kilobytes] = /RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** In the page. @param {number} ms */
function keepBusy(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** The least of the first samples after the warm-up, and of the last. @param {Sample[]} samples @param {string} name */
function ends(samples, name) {
  const early = samples.slice(WARM_UP_SAMPLES, WARM_UP_SAMPLES + COMPARED);
  const [from, to] = [early, samples.slice(-COMPARED)].map((some) =>
    Math.min(...some.map((sample) => sample[name])),
  );
  return { from, to };
}

/** @param {Sample[]} samples */
function printGrowth(samples) {
  const { from, to } = ends(samples, 'minute');
  for (const name of Object.keys(samples[0])) {
    const { from: early, to: late } = ends(samples, name);
    const perHour = ((late - early) / (to - from)) * 60;
    console.log(`${name}: ${rounded(early)} to ${rounded(late)}, ${rounded(perHour)} an hour`);
  }
}

/** @param {Sample[]} samples */
function judgeGrowth(samples) {
  const { minute, sessions, turns, said, rows, threadSeconds, ...held } = samples[0];
  const turnsLate = samples.slice(-COMPARED).map(({ turns }) => turns);
  assert.ok(turnsLate[2] > turnsLate[0], 'the conversation ended early');
  const ofRows = ends(samples, 'rows');
  const ofTurns = ends(samples, 'turns');
  const turnBytes =
    (Math.min(ofTurns.to, MAX_TURNS) - Math.min(ofTurns.from, MAX_TURNS)) * TURN_BYTES;
  /** @type {Sample} */
  const slack = {
    ...SLACK_BYTES,
    heap: SLACK_BYTES.heap + turnBytes,
    workerHeap: SLACK_BYTES.workerHeap + turnBytes,
    simulatorMemory: Infinity, // it keeps what was said, and is no part of the product
    nodes: (ofRows.to - ofRows.from) * ROW_NODES + 10 * SLACK_COUNT,
    timers: SLACK_COUNT,
    JSEventListeners: SLACK_COUNT,
  };
  const grown = Object.keys(held).filter((name) => {
    const { from, to } = ends(samples, name);
    return to > from + (slack[name] ?? 0);
  });
  assert.deepEqual(grown, [], 'grew');
}

/** @returns {Promise<any>} what the simulator counted */
async function stats() {
  return (await fetch(`${simulator.url}/_stats`)).json();
}

/** @param {number} sessions how many there should be */
async function judgeSessions(sessions) {
  const headers = { Authorization: `Bearer ${OPERATOR_TOKEN}` };
  const usage = await until(
    async () => {
      const told = await (await fetch(`${service.url}/operator/usage`, { headers })).json();
      return told.open_sessions === 0 && told.today.reserved_seconds === 0 ? told : null;
    },
    'the ledger has heard of the end of each session',
    LEDGER_MS,
  );
  const list = await (await fetch(`${simulator.url}/v1/sessions?limit=200`, { headers })).json();
  /** @param {any[]} some @param {string} name */
  const sum = (some, name) => some.reduce((total, one) => total + one[name], 0);
  const [used, lasted] = [sum(usage.days, 'used_seconds'), sum(list.sessions, 'duration_seconds')];
  const counts = await stats();
  console.log(JSON.stringify({ sessions, used, lasted, ...counts }));
  assertOneTokenASocket(counts);
  const { sessions_started: started, sockets_opened: sockets, sockets_open: open } = counts;
  assert.deepEqual({ started, sockets, open }, { started: sessions, sockets: sessions, open: 0 });
  const { [BUNCHED]: _, ...violations } = counts.violations;
  assert.deepEqual(violations, {});
  const difference = Math.abs(used - lasted);
  assert.ok(difference <= sessions * ROUNDING_SECONDS, `charged ${used} s, lasted ${lasted} s`);
}

/** @param {unknown} value */
function rounded(value) {
  return typeof value === 'number' ? Math.round(value * 10) / 10 : value;
}
