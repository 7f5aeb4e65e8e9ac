// What the browser tests stand on: the service with its simulator as a process of its own, Chromium with a
// microphone that plays a file, and a recorder at the point where sound leaves the page.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { violations } from '../unit/schema.js';
import { installRecorder, lookInside, packHeard, watchStates } from './in-page.js';
import { countLeftovers, leftoversOf } from './leftovers.js';
import { CHROMIUM_FLAGS, freePort } from './machine.js';
import { readWav, room, silence, writeWav } from './wav.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const PYTHON = process.env.PYTHON ?? join(ROOT, '.venv/bin/python');
const SPEECH = new URL('../../fixtures/speech/', import.meta.url);

/** A test file calls more often than a person does; what the limits do is tested where they are built. */
const NO_LIMITS = {
  VOICEGATE_MINTS_PER_MINUTE: '0',
  VOICEGATE_CALLER_MINTS_PER_MINUTE: '0',
  VOICEGATE_MINUTES_PER_DAY: '0',
  VOICEGATE_CALLER_MINUTES_PER_DAY: '0',
  VOICEGATE_SESSIONS_AT_ONCE: '0',
  VOICEGATE_CALLER_SESSIONS_AT_ONCE: '0',
};

/**
 * @typedef {object} Running
 * @property {string} url
 * @property {number} pid
 * @property {() => Promise<void>} stop
 */

/**
 * Run a Python module of the project as a server until `stop`; its port is free and on loopback.
 * @param {string[]} args after `python`
 * @param {Record<string, string>} [settings] environment
 * @returns {Promise<Running>}
 */
export async function serve(args, settings = {}) {
  const port = await freePort();
  const { ASSEMBLYAI_API_KEY: _key, ...inherited } = process.env;
  const isSimulator = args.includes('app.simulator');
  const child = spawn(PYTHON, [...args, ...(isSimulator ? ['--port', String(port)] : [])], {
    cwd: ROOT,
    env: { ...inherited, PYTHONUNBUFFERED: '1', PORT: String(port), ...NO_LIMITS, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const output = gather(child);
  await Promise.race([
    output.until(/ is on http/),
    exited.then(() => assert.fail(`the server ended at once:\n${output.text()}`)),
  ]);
  const stop = async () => {
    child.kill('SIGTERM');
    const slow = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(slow);
  };
  return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? NaN, stop };
}

/**
 * The service and the simulator on one port, with evidence: a log of every frame, and a control route.
 * @param {string[]} [options] further options of the simulator
 * @param {Record<string, string>} [settings] of the service
 * @param {string[]} [program] after `python`, in the place of the service's own
 */
export async function serveDemo(options = [], settings = {}, program = ['-m', 'app']) {
  const folder = mkdtempSync(join(tmpdir(), 'voicegate-'));
  const log = join(folder, 'frames.jsonl');
  const args = [...program, '--demo', '--control', '--seed', '1', '--log', log, ...options];
  const { url, stop } = await serve(args, settings);
  return {
    url,
    /** Every line of the log so far. */
    readLog: () => parseLines(readFileSync(log, 'utf8')),
    /** @returns {Promise<any>} what the simulator counted */
    stats: async () => (await fetch(`${url}/_stats`)).json(),
    /** @param {object} command */
    control: async (command) => {
      const response = await fetch(`${url}/_control`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(command),
      });
      assert.ok(response.ok, await response.text());
    },
    stop: async () => {
      await stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** What pages held at their end that they should not have, not told yet. @type {import('./leftovers.js').Leftovers[]} */
const leftovers = [];
/** From then on browsers are closed that all tests of a file had. */
let areTestsOver = false;

/** Told beside what a test says itself, which ends in the `finally` that closes its browser. */
function assertNothingIsLeft() {
  assert.deepEqual(leftovers.splice(0), [], 'a page held these when its calls were over');
}
if (process.env.NODE_TEST_CONTEXT) {
  afterEach(assertNothingIsLeft);
  after(async () => {
    areTestsOver = true;
    await Promise.all([...idle.values()].map((browser) => browser.close()));
    assertNothingIsLeft();
  });
}

/**
 * What a browser is started with.
 * @typedef {object} Start
 * @property {(number | string | {roomSeconds: number})[] | null} microphone seconds of silence, names of clips, and
 *   seconds of a room without a voice in it, in order from the moment the microphone is opened; null for a machine that
 *   has none
 * @property {boolean} isLooped whether the microphone begins anew at its end, after a gap; else it is silent
 * @property {boolean} isAllowed whether the user allows it
 * @property {string[]} flags further flags of Chromium
 */

/** Browsers that no test uses now, by what they were started with. @type {Map<string, import('playwright-core').Browser>} */
const idle = new Map();

/**
 * Tests that want the same browser share it, one after the other: to start Chromium takes 0.4 s of a core.
 * @param {Start} start
 */
async function borrowBrowser(start) {
  const key = JSON.stringify(start);
  const browser = idle.get(key) ?? (await launch(start));
  idle.delete(key);
  const giveBack = async () => {
    if (areTestsOver || !process.env.NODE_TEST_CONTEXT || idle.has(key)) await browser.close();
    else idle.set(key, browser);
  };
  return { browser, giveBack };
}

/** @param {Start} start */
async function launch({ microphone, isLooped, isAllowed, flags }) {
  const folder = mkdtempSync(join(tmpdir(), 'voicegate-'));
  const file = join(folder, 'microphone.wav');
  writeWav(file, (microphone ?? []).flatMap(part));
  const devices = [
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-audio-capture=${file}${isLooped ? '' : '%noloop'}`,
  ];
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      ...CHROMIUM_FLAGS,
      ...flags,
      ...(microphone ? devices : []),
      ...(isAllowed ? ['--use-fake-ui-for-media-stream'] : []),
    ],
  });
  browser.on('disconnected', () => {
    rmSync(folder, { recursive: true });
    for (const [key, each] of idle) if (each === browser) idle.delete(key);
  });
  return browser;
}

/**
 * A page whose sound is recorded, in a browser without a history.
 * @param {Partial<Start> & PageOptions} [options]
 *
 * @typedef {object} PageOptions
 * @property {boolean} [isRecorded] whether its sound is recorded, and its microphones counted
 * @property {import('./leftovers.js').Leftovers} [kept] what the page's own script keeps after its calls
 * @property {import('playwright-core').BrowserContextOptions} [context]
 */
export async function openBrowser({
  microphone = [60],
  isLooped = false,
  isAllowed = true,
  isRecorded = true,
  kept = {},
  flags = [],
  context = {},
} = {}) {
  const { browser, giveBack } = await borrowBrowser({ microphone, isLooped, isAllowed, flags });
  const tabs = await browser.newContext(context);
  await tabs.addInitScript(countLeftovers);
  const page = await tabs.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  if (isRecorded) await page.addInitScript(installRecorder);
  await page.addInitScript(watchStates);
  await page.addInitScript(lookInside);
  return {
    page,
    complaints,
    /**
     * Wait until the call has gone through these states, in this order, however short each was.
     * @param {string[]} states
     */
    passed: (...states) =>
      page.waitForFunction((sought) => {
        let at = 0;
        for (const state of globalThis.states) if (state === sought[at]) at += 1;
        return at === sought.length;
      }, states),
    /** What left the page as sound so far, block by block. */
    heard: async () => (await page.evaluate(packHeard)).map(unpack),
    close: async () => {
      try {
        for (const tab of tabs.pages()) {
          const left = await leftoversOf(tab, kept);
          if (left) leftovers.push(left);
        }
      } finally {
        await tabs.close();
        await giveBack();
      }
      if (areTestsOver || !process.env.NODE_TEST_CONTEXT) assertNothingIsLeft();
    },
  };
}

/** @param {ReturnType<typeof packHeard>[number]} block */
function unpack({ samples, ...rest }) {
  return {
    ...rest,
    samples: new Float32Array(Uint8Array.from(Buffer.from(samples, 'base64')).buffer),
  };
}

/**
 * @param {number | string | {roomSeconds: number}} value
 * @returns {Int16Array[]}
 */
function part(value) {
  if (typeof value === 'object') return [room(value.roomSeconds)];
  return typeof value === 'number' ? [silence(value)] : [clip(value)];
}

/**
 * The service's own answer to a request of the page that was intercepted. What is sent on from here comes from no
 * page any more, and the service answers only pages: so it is said by which page it was.
 * @param {import('playwright-core').Route} route
 */
export function fetchForPage(route) {
  const { origin } = new URL(route.request().url());
  return route.fetch({ headers: { ...route.request().headers(), origin } });
}

/**
 * One of the sentences in tests/fixtures/speech.
 * @param {string} name
 */
export const clip = (name) => readWav(fileURLToPath(new URL(`${name}.wav`, SPEECH)));

/**
 * Every frame both ways keeps to the message schema.
 * @param {any[]} log
 */
export function assertFramesAreValid(log) {
  const frames = log.filter(({ dir }) => dir === 'c2s' || dir === 's2c');
  assert.ok(frames.length > 0, 'no frame was logged');
  for (const { dir, frame, audio } of frames) {
    const kind = dir === 'c2s' ? 'clientMessage' : 'serverMessage';
    // The log keeps a summary beside the frame in place of the base64 itself.
    const whole =
      audio?.bytes > 0 ? { ...frame, [dir === 'c2s' ? 'audio' : 'data']: 'AA==' } : frame;
    assert.deepEqual(violations(kind, whole), [], JSON.stringify(frame));
  }
}

/**
 * Each session was opened with a token of its own, and no token was minted for nothing: one whose resume was refused
 * opens the new session.
 * @param {any} stats
 */
export function assertOneTokenASocket(stats) {
  assert.equal(stats.tokens_minted + stats.tokens_spared, stats.sockets_opened);
  assert.equal(stats.tokens_redeemed, stats.sockets_opened);
}

/** @param {import('node:child_process').ChildProcess} child */
function gather(child) {
  let text = '';
  let check = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text += chunk;
      check();
    });
  }
  return {
    text: () => text,
    /** @param {RegExp} pattern */
    until: (pattern) =>
      new Promise((resolve) => {
        check = () => pattern.test(text) && resolve(undefined);
        check();
      }),
  };
}

/**
 * The first frame from the service that `isSought` accepts, once it is there.
 * @param {{readLog: () => any[]}} server
 * @param {(frame: any) => boolean} isSought
 * @param {number} [limitMs]
 */
export async function frameFrom(server, isSought, limitMs = 30_000) {
  const end = Date.now() + limitMs;
  while (Date.now() < end) {
    const line = server.readLog().find(({ dir, frame }) => dir === 's2c' && isSought(frame));
    if (line) return line.frame;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return assert.fail(`the service sent no frame that ${isSought}`);
}

/** @param {string} text */
function parseLines(text) {
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  return complete
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/**
 * Tell a call what a browser tells of a microphone that its owner or the system switches.
 * @param {import('playwright-core').Page} page
 * @param {string} type of the tracks' event
 */
export async function tellOfMicrophone(page, type) {
  // A call may be live before its microphone is there and listened to.
  await page.waitForFunction(() => globalThis.tracks().some(({ onmute }) => onmute));
  await page.evaluate((type) => {
    for (const track of globalThis.tracks()) track.dispatchEvent(new Event(type));
  }, type);
}
