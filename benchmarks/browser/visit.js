// One page in a fresh browser, with the probe in it: opened, clicked, measured, closed.

import { SoundRecording } from './analysis/recording.js';
import { CHROMIUM_FLAGS, chromium } from './dependencies.js';
import { installProbe } from './probe/install-probe.js';

/** With a sound device that is imaginary. */
const FLAGS = [
  ...CHROMIUM_FLAGS,
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

/** The rate of this machine's imaginary sound device; the counting microphone does not survive another. */
export const RATE_HZ = 24_000;

/** From the page being loaded to the click: a user looks at it first. */
const SETTLE_MS = 500;

/** Bytes between two samples of the allocation profile. */
const ALLOCATION_INTERVAL_BYTES = 1_024;

export class Visit {
  #browser;
  #page;
  #cdp;
  #subject;

  /**
   * @param {object} options
   * @param {import('./subjects.js').Subject} options.subject
   * @param {import('./stub/stub.js').Ports} options.ports of the stub
   * @param {number} [options.permissionMs] how long the microphone takes to open
   * @param {boolean} [options.isPrefetching] keep a token in reserve, where the page can
   * @param {number} [options.seconds] how long the probe can record
   */
  static async open({ subject, ports, permissionMs = 0, isPrefetching = false, seconds = 60 }) {
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: FLAGS,
    });
    const context = await browser.newContext({ permissions: ['microphone'], bypassCSP: true });
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error(`  in the page: ${error}`));
    page.on('console', (message) => {
      const { url } = message.location();
      const isWorthTelling = message.type() === 'error' && !url.endsWith('/favicon.ico');
      if (isWorthTelling) console.error(`  in the page: ${message.text()} (${url})`);
    });
    const origin = `http://127.0.0.1:${ports.own}`;
    const home = subject.isEmbedded ? `http://127.0.0.1:${ports.other}` : origin;
    await page.addInitScript(installProbe, {
      workletUrl: `${origin}/benchmarks/browser/probe/probe.worklet.js`,
      rateHz: RATE_HZ,
      permissionMs,
      seconds,
      service: {
        tokenUrl: `${origin}/api/voice-token`,
        wsUrl: `ws://127.0.0.1:${ports.own}/v1/ws`,
      },
    });
    const query = new URLSearchParams({
      gate: origin,
      ...(isPrefetching && { prefetch: 'always' }),
    });
    await page.goto(`${home}${subject.path}?${query}`);
    if (subject.field) await page.fill(subject.field, 'benchmark');
    const cdp = await context.newCDPSession(page);
    // The thread's own time: what other programs take meanwhile does not count.
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    await pause(SETTLE_MS);
    return new Visit({ browser, page, cdp, subject });
  }

  /**
   * @param {object} parts
   * @param {import('playwright-core').Browser} parts.browser
   * @param {import('playwright-core').Page} parts.page
   * @param {import('playwright-core').CDPSession} parts.cdp
   * @param {import('./subjects.js').Subject} parts.subject
   */
  constructor({ browser, page, cdp, subject }) {
    this.#browser = browser;
    this.#page = page;
    this.#cdp = cdp;
    this.#subject = subject;
  }

  /** Start a call, as a user does. */
  async click() {
    await this.#page.click(this.#subject.button);
  }

  /** Bring the pointer near, and let the page make what it wants of it. */
  async hover() {
    await this.#page.hover(this.#subject.button);
    await pause(1_000);
  }

  /** @returns {Promise<{clicksMs: number[], microphonesMs: number[], tracks: number, contexts: number}>} */
  moments() {
    return this.#page.evaluate(() => ({
      clicksMs: benchmarkProbe.clicksMs,
      microphonesMs: benchmarkProbe.microphonesMs,
      ...benchmarkProbe.open(),
    }));
  }

  /**
   * Keep the page's main thread busy, again and again.
   * @param {number} busyMs
   * @param {number} everyMs
   */
  async block(busyMs, everyMs) {
    await this.#page.evaluate(
      ([busy, every]) => benchmarkProbe.block(busy, every),
      [busyMs, everyMs],
    );
  }

  async unblock() {
    await this.#page.evaluate(() => benchmarkProbe.unblock());
  }

  /**
   * CPU time of the main thread meanwhile. Source: Chrome DevTools Protocol, Performance.getMetrics.
   * @param {() => Promise<unknown>} meanwhile
   * @returns {Promise<{taskSeconds: number, scriptSeconds: number, seconds: number}>}
   */
  async mainThread(meanwhile) {
    const before = await this.#metrics();
    const startMs = performance.now();
    await meanwhile();
    const seconds = (performance.now() - startMs) / 1000;
    const after = await this.#metrics();
    const change = (/** @type {string} */ name) => after[name] - before[name];
    return {
      taskSeconds: change('TaskDuration'),
      scriptSeconds: change('ScriptDuration'),
      seconds,
    };
  }

  /**
   * What the main thread's script allocates meanwhile, collected again or not; buffers outside the heap not
   * counted. Source: Chrome DevTools Protocol, HeapProfiler.startSampling.
   * @param {() => Promise<unknown>} meanwhile
   * @returns {Promise<number>} bytes
   */
  async allocation(meanwhile) {
    await this.#cdp.send('HeapProfiler.startSampling', {
      samplingInterval: ALLOCATION_INTERVAL_BYTES,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    await meanwhile();
    const { profile } = await this.#cdp.send('HeapProfiler.stopSampling');
    return sizeBelow(profile.head);
  }

  /**
   * What the probe has recorded.
   * @returns {Promise<{sound: SoundRecording, microphones: Float64Array[]}>} the AudioContext with the most
   *   sound; when each quantum of each context's microphone was rendered
   */
  async recorded() {
    const reports = await this.#page.evaluate(() => benchmarkProbe.report());
    const open = reports.filter((report) => report !== null);
    if (open.length === 0) throw new Error('the page has let go of its sound: the call is over');
    const recordings = open.map(
      ({ samples, timesMs, frames }) =>
        new SoundRecording(RATE_HZ, {
          samples: new Float32Array(arrayBuffer(samples)),
          timesMs: new Float64Array(arrayBuffer(timesMs)),
          frames: new Float64Array(arrayBuffer(frames)),
        }),
    );
    const [loudest] = recordings.sort((a, b) => b.soundSamples - a.soundSamples);
    const microphones = reports.map(
      (report) => new Float64Array(arrayBuffer(report?.microphoneTimesMs ?? '')),
    );
    return { sound: loudest, microphones };
  }

  async close() {
    await this.#browser.close();
  }

  /** @returns {Promise<Record<string, number>>} */
  async #metrics() {
    const { metrics } = await this.#cdp.send('Performance.getMetrics');
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  }
}

/** @param {number} ms */
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** @param {string} base64 */
function arrayBuffer(base64) {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
}

/**
 * @param {{selfSize: number, children: any[]}} node
 * @returns {number}
 */
function sizeBelow({ selfSize, children }) {
  return children.reduce((sum, child) => sum + sizeBelow(child), selfSize);
}
