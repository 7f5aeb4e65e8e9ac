// One look at a page in a fresh browser on a slow line and a slow machine: what it asked for, when its element was
// there, and what it took of the main thread.

import { setTimeout as pause } from 'node:timers/promises';
import { CHROMIUM_FLAGS, chromium } from '../dependencies.js';
import { watchButton } from './watch-button.js';

/** Nothing but loopback is there, so that nobody is called and no name is looked up. */
const FLAGS = [...CHROMIUM_FLAGS, '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'];

const LINE = {
  offline: false,
  latency: 100, // ms, from a request to its answer's head
  downloadThroughput: 10e6 / 8,
  uploadThroughput: 10e6 / 8,
};
const CPU_SLOWED = 4;

/** At rest: so many looks in a row find nothing on the way. A look waits for what the main thread is doing. */
const CALM_LOOKS = 4;
const LOOK_MS = 250;
const LIMIT_MS = 30_000;

/**
 * @typedef {object} Request
 * @property {string} url
 * @property {number} atMs since navigation
 * @property {number} bytes head and body as they came over the line; 0 where nothing came
 * @property {boolean} isOpen no end was seen
 */

/**
 * @typedef {object} Seen
 * @property {Request[]} requests all until rest, the page's document first
 * @property {number} definedMs since navigation; NaN where no element was watched
 * @property {number} drawnMs
 * @property {string} button what was drawn
 * @property {number} scriptMs of the main thread until rest, slowed
 * @property {number} taskMs
 */

/**
 * @param {string} url
 * @param {object} options
 * @param {string} options.blank a page of the same origin, opened before, so that both share a process
 * @param {string} [options.element] watched until its button is drawn; watching takes time of the main thread
 * @returns {Promise<Seen>}
 */
export async function look(url, { blank, element }) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: FLAGS,
  });
  try {
    const page = await browser.newPage();
    await page.goto(blank);
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Network.enable');
    await cdp.send('Network.emulateNetworkConditions', LINE);
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWED });
    // The thread's own time: what other programs take meanwhile does not count.
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    if (element) await page.addInitScript(watchButton, element);
    const requests = recordRequests(cdp);
    const before = await metrics(cdp);
    await page.goto(url, { waitUntil: 'commit' });
    const after = await untilRest(cdp, requests);
    /** @type {{atMs: number, definedMs: number, drawnMs: number, button: string}} */
    const watched = await page.evaluate(() => ({
      atMs: performance.timeOrigin,
      ...(globalThis.watchedButton ?? { definedMs: NaN, drawnMs: NaN, button: '' }),
    }));
    return {
      ...watched,
      requests: onTheLine(requests).map((one) => ({ ...one, atMs: one.atMs - watched.atMs })),
      scriptMs: (after.ScriptDuration - before.ScriptDuration) * 1000,
      taskMs: (after.TaskDuration - before.TaskDuration) * 1000,
    };
  } finally {
    await browser.close();
  }
}

/** @param {import('playwright-core').CDPSession} cdp @returns {Map<string, Request>} filled as they come */
function recordRequests(cdp) {
  /** @type {Map<string, Request>} */
  const requests = new Map();
  cdp.on('Network.requestWillBeSent', ({ requestId, request: { url }, wallTime }) => {
    if (!/^https?:/.test(url)) return;
    requests.set(requestId, { url, atMs: wallTime * 1000, bytes: 0, isOpen: true });
  });
  /** @param {string} id @param {number} bytes */
  const end = (id, bytes) => {
    const request = requests.get(id);
    if (request) Object.assign(request, { bytes, isOpen: false });
  };
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) =>
    end(requestId, encodedDataLength),
  );
  cdp.on('Network.loadingFailed', ({ requestId }) => end(requestId, 0));
  return requests;
}

/** A Worker's script that was preloaded comes out of memory. @param {Map<string, Request>} requests */
function onTheLine(requests) {
  const all = [...requests.values()];
  return all.filter(({ url, isOpen }, at) => {
    return !isOpen || all.findIndex((other) => other.url === url) === at;
  });
}

/**
 * @param {import('playwright-core').CDPSession} cdp
 * @param {Map<string, Request>} requests
 * @returns {Promise<Record<string, number>>} the metrics then
 */
async function untilRest(cdp, requests) {
  const endMs = Date.now() + LIMIT_MS;
  for (let calm = 0, last = ''; Date.now() < endMs;) {
    await pause(LOOK_MS);
    const now = await metrics(cdp);
    const seen = JSON.stringify([...requests]);
    calm = seen === last && requests.size > 0 ? calm + 1 : 0;
    last = seen;
    if (calm === CALM_LOOKS) return now;
  }
  throw new Error('the page still asks for things');
}

/** @param {import('playwright-core').CDPSession} cdp @returns {Promise<Record<string, number>>} */
async function metrics(cdp) {
  const { metrics: all } = await cdp.send('Performance.getMetrics');
  return Object.fromEntries(all.map(({ name, value }) => [name, value]));
}
