// The person in front of the page: speaks when the test says so, and remembers what the page showed.
// The first function runs in the page, before its own code, and must stand alone: only its text is sent there.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { clip } from './harness.js';
import { CHROMIUM_FLAGS } from './machine.js';
import { until } from './line.js';
import { RATE_HZ } from './wav.js';

const TOKENS = '**/api/voice-token*';

/**
 * Give the page a microphone into which the test speaks, and write down what a person would notice.
 * Counts the microphones that are open; keeps every state with the words that the page showed in it.
 */
export function installCaller() {
  const NativeContext = AudioContext;
  /** About -60 dB: a microphone that gives exact silence is taken for a dead one. */
  const ROOM_NOISE = 0.001;
  /** @type {Set<{context: AudioContext, output: MediaStreamAudioDestinationNode}>} those that are open */
  const microphones = new Set();
  const device = { kind: 'audioinput', deviceId: 'made', groupId: 'made', label: 'Made up' };
  navigator.mediaDevices.enumerateDevices = async () =>
    /** @type {any} */ ([{ ...device, toJSON: () => device }]);
  navigator.mediaDevices.getUserMedia = async () => {
    const context = new NativeContext();
    const output = context.createMediaStreamDestination();
    const buffer = context.createBuffer(1, context.sampleRate, context.sampleRate);
    const room = buffer.getChannelData(0);
    for (let at = 0; at < room.length; at += 1) room[at] = ROOM_NOISE * Math.sin(at * at);
    const noise = new AudioBufferSourceNode(context, { buffer, loop: true });
    noise.connect(output);
    noise.start();
    const microphone = { context, output };
    microphones.add(microphone);
    const [track] = output.stream.getTracks();
    const stop = track.stop.bind(track);
    track.stop = () => {
      stop();
      microphones.delete(microphone);
      void context.close();
    };
    return output.stream;
  };
  globalThis.openMicrophones = () => microphones.size;
  globalThis.sayAloud = async ({ samples, rateHz }) => {
    for (const { context, output } of microphones) {
      const buffer = context.createBuffer(1, samples.length, rateHz);
      buffer.copyToChannel(
        Float32Array.from(samples, (sample) => sample / 32_768),
        0,
      );
      const source = new AudioBufferSourceNode(context, { buffer });
      source.connect(output);
      source.start();
      await new Promise((resolve) => (source.onended = resolve));
    }
  };

  /** @type {Map<string, string>} */
  const words = new Map();
  globalThis.seen = [];
  globalThis.callStats = null;
  /** @type {ShadowRoot | null | undefined} */
  let inside;
  const watch = () => {
    const { state = '', error = '' } =
      /** @type {HTMLElement | null | undefined} */ (inside?.querySelector('.voice-agent'))
        ?.dataset ?? {};
    const text = (/** @type {string} */ id) =>
      inside?.getElementById(id)?.textContent?.trim() ?? '';
    const moment = { state, error, status: text('status'), problem: text('problem') };
    const key = JSON.stringify(moment);
    if (state !== '' && words.get('last') !== key) globalThis.seen.push(moment);
    words.set('last', key);
  };
  document.addEventListener('DOMContentLoaded', () => {
    inside = document.querySelector('voice-agent')?.shadowRoot;
    if (!inside) return;
    watch();
    new MutationObserver(watch).observe(inside, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
      attributeFilter: ['data-state', 'data-error'],
    });
  });
  const NativeWorker = Worker;
  globalThis.Worker = class extends NativeWorker {
    /** @param {ConstructorParameters<typeof Worker>} settings */
    constructor(...settings) {
      super(...settings);
      this.addEventListener('message', ({ data }) => {
        if (data?.type === 'stats') globalThis.callStats = data.stats;
      });
    }
  };
}

/**
 * A Chromium in which each caller has a profile of their own.
 */
export async function openCallers() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: CHROMIUM_FLAGS,
    ignoreDefaultArgs: ['--disable-back-forward-cache'], // users have one
  });
  return {
    /**
     * Open the page for somebody new, who is gone afterwards however it ends.
     * @param {string} url
     * @param {(caller: Caller) => Promise<void>} act
     */
    withCaller: async (url, act) => {
      const context = await browser.newContext({ permissions: ['microphone'] });
      try {
        await context.addInitScript(installCaller);
        const page = await context.newPage();
        await page.goto(url);
        await act(new Caller(page));
      } finally {
        await context.close();
      }
    },
    close: () => browser.close(),
  };
}

/** One tab, and what a person does and sees in it. */
export class Caller {
  /** @param {import('playwright-core').Page} page */
  constructor(page) {
    this.page = page;
  }

  /** Press the button that starts a call. */
  async press() {
    await this.page.getByRole('button', { name: /Start talking|Try again/ }).click();
  }

  /** Press it and wait until the agent listens. */
  async call() {
    await this.press();
    await this.reach('live');
  }

  async hangUp() {
    await this.page.getByRole('button', { name: 'End call' }).click();
    await this.reach('ended');
  }

  /** @param {string} state that the page shows, now or soon */
  async reach(state) {
    await this.page.locator(`body[data-state="${state}"]`).waitFor();
  }

  /**
   * Say a sentence, or the first words of one, and come back when it is said.
   * @param {number} [seconds]
   */
  async say(seconds = Infinity) {
    const samples = [...clip('question').subarray(0, seconds * RATE_HZ)];
    const sentence = { samples, rateHz: RATE_HZ };
    await this.page.evaluate((said) => globalThis.sayAloud(said), sentence);
  }

  /**
   * Say the sentence again and again, until the page shows this state.
   * @param {string} state
   * @returns {Promise<number>} how often it was said
   */
  async sayUntil(state) {
    for (let times = 1; ; times += 1) {
      await this.say();
      if ((await this.states()).at(-1) === state) return times;
    }
  }

  /**
   * Step between the page and its token route.
   * @param {(route: import('playwright-core').Route) => Promise<void>} answer
   */
  async interceptTokens(answer) {
    // A request that was given up meanwhile needs no answer any more.
    await this.page.context().route(TOKENS, (route) => answer(route).catch(() => {}));
  }

  /** The token route answers nobody, until the returned function is called. */
  async holdTokens() {
    const { promise, resolve } = Promise.withResolvers();
    await this.interceptTokens(async (route) => {
      await promise;
      await route.continue();
    });
    return () => resolve(undefined);
  }

  /** What the page showed so far, one entry for each change. */
  seen() {
    return this.page.evaluate(() => globalThis.seen);
  }

  /** The states that the page showed so far. */
  async states() {
    const states = (await this.seen()).map(({ state }) => state);
    return states.filter((state, at) => state !== states[at - 1]);
  }

  /** The client's own count of what happened, as last told. */
  stats() {
    return this.page.evaluate(() => globalThis.callStats);
  }

  /** @param {number} count of microphones that are open, now or soon */
  async hasMicrophones(count) {
    const open = () => this.page.evaluate(() => globalThis.openMicrophones());
    await until(async () => (await open()) === count, `${count} open microphones`);
  }

  /**
   * The page showed these words, while it was in that state.
   * @param {string} state
   * @param {RegExp} words
   */
  async assertSaw(state, words) {
    const seen = await this.seen();
    const told = seen.filter((moment) => moment.state === state);
    assert.ok(
      told.some(({ status, problem }) => words.test(`${status} ${problem}`)),
      `${words} while ${state}, not only:\n${JSON.stringify(seen, null, 1)}`,
    );
  }
}
