// A made-up world for hours of calls in seconds: a clock that jumps from event to event, a network and a
// service that fail on order, a microphone and a speaker. The session core in it is the real one.

import './soak-platform.js';
import { Session } from '../../../static/voice-agent/core/session.js';
import { Port } from './soak-port.js';
import { Service } from './soak-service.js';
import { Speaker } from './soak-speaker.js';

/** Of a microphone frame: the longest that the client offers, so that an hour has fewer of them. */
const FRAME_MS = 100;

/** Tasks in order of time. */
class Clock {
  nowMs = 0;
  #next = 0;
  /** @type {Map<number, {at: number, task: () => void}>} */
  #tasks = new Map();

  get pending() {
    return this.#tasks.size;
  }

  /**
   * @param {() => void} task
   * @param {number} delayMs
   */
  schedule(task, delayMs) {
    this.#next += 1;
    this.#tasks.set(this.#next, { at: this.nowMs + Math.max(0, delayMs), task });
    return this.#next;
  }

  /** @param {unknown} handle */
  cancel(handle) {
    this.#tasks.delete(/** @type {number} */ (handle));
  }

  /** When the next task is due; Infinity when there is none. */
  get dueMs() {
    let due = Infinity;
    for (const { at } of this.#tasks.values()) due = Math.min(due, at);
    return due;
  }

  /** Do the tasks that are due by now. */
  runDue() {
    for (const [id, { at, task }] of this.#tasks) {
      if (at > this.nowMs || !this.#tasks.delete(id)) continue;
      task();
    }
  }
}

export class World {
  /** Of the session core: what is left in it after a call has leaked. */
  timers = new Clock();
  /** Of everything else. */
  #clock = new Clock();
  #random;
  #frame = 0;
  /** @type {Port[]} those that nobody has closed */
  #ports = [];
  /** @type {Port | null} */
  #capture = null;
  /** @type {Speaker | null} */
  #speaker = null;
  #soundMs = 0;

  state = 'idle';
  /** How often each state was entered. @type {Record<string, number>} */
  entered = {};
  openToolCalls = new Set();
  stats = /** @type {any} */ (null);

  /** @param {() => number} random */
  constructor(random) {
    this.#random = random;
    this.service = new Service((task, delayMs) => this.#clock.schedule(task, delayMs), random);
    this.session = new Session(
      {
        fetch: /** @type {any} */ (this.service.fetch),
        onForbidden: () => {},
        openWebSocket: (url) => /** @type {any} */ (this.service.open(url)),
        nowMs: () => this.nowMs,
        epochMs: () => 1_790_000_000_000 + this.nowMs,
        schedule: (task, delayMs) => this.timers.schedule(task, delayMs),
        cancel: (handle) => this.timers.cancel(handle),
        random,
      },
      (event) => this.#hear(event),
    );
    this.#captureNext();
  }

  get nowMs() {
    return this.#clock.nowMs;
  }

  /** How long the agent was heard, in all calls so far. */
  get soundMs() {
    return this.#soundMs + (this.#speaker?.soundMs ?? 0);
  }

  get openPorts() {
    this.#ports = this.#ports.filter(({ isClosed }) => !isClosed);
    return this.#ports.length;
  }

  /**
   * What a page does when the user presses the button.
   * @param {'intent' | 'always' | 'never'} tokenPrefetch
   */
  start(tokenPrefetch) {
    this.session.handle({
      type: 'start',
      tokenUrl: 'https://gate.example/api/voice-token',
      session: { system_prompt: 'Be brief.', greeting: 'Hi.' },
      toolPolicies: {},
      tokenPrefetch,
      keepSpeechSeconds: 20,
      keepEarlySpeech: false,
      resume: null,
    });
    this.attachAudio();
    this.session.handle({ type: 'proceed' });
    this.#capture?.onmessage?.({ data: 'sound' });
  }

  /** A new microphone and speaker, at the start of a call or in the middle of it. */
  attachAudio() {
    const capture = new Port(() => {});
    const speaker = new Speaker((task, delayMs) => this.#clock.schedule(task, delayMs));
    this.#soundMs += this.#speaker?.soundMs ?? 0;
    this.#speaker = speaker;
    this.#ports.push(capture, speaker.port);
    this.#capture = capture;
    this.session.handle({
      type: 'audio',
      capture: /** @type {any} */ (capture),
      playback: /** @type {any} */ (speaker.port),
    });
  }

  /**
   * Let time pass until a moment, or until something is so.
   * @param {number} ms
   * @param {() => boolean} [isReached]
   * @returns {Promise<boolean>} whether it was reached
   */
  async pass(ms, isReached = () => false) {
    const endMs = this.nowMs + ms;
    for (;;) {
      const turns = this.service.isAsked ? 8 : 1;
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      if (isReached()) return true;
      const due = Math.min(this.#clock.dueMs, this.timers.dueMs);
      if (due > endMs) break;
      this.#clock.nowMs = this.timers.nowMs = Math.max(due, this.nowMs);
      this.#clock.runDue();
      this.timers.runDue();
    }
    this.#clock.nowMs = this.timers.nowMs = endMs;
    return false;
  }

  /** The microphone: frames at pace for as long as somebody listens, speech for half of the time. */
  #captureNext() {
    this.#clock.schedule(() => this.#captureNext(), FRAME_MS);
    if (!this.#capture || this.#capture.isClosed) return;
    this.#frame += 1;
    const isSpeech = Math.floor(this.#frame / 40) % 2 === 0;
    const samples = new Int16Array((24_000 * FRAME_MS) / 1000);
    samples.fill(isSpeech ? 3_000 : 8);
    samples[0] = this.#frame & 0x7fff; // a number, by which the service knows the frame
    const level = isSpeech ? 0.1 : 0.0003;
    this.#capture.onmessage?.({ data: { pcm: samples.buffer, level, endMs: this.nowMs } });
  }

  /** @param {any} event */
  #hear(event) {
    if (event.type === 'state') {
      this.state = event.state;
      this.entered[event.state] = (this.entered[event.state] ?? 0) + 1;
    }
    if (event.type === 'stats') this.stats = event.stats;
    if (event.type === 'tool-call') this.#runTool(event.callId);
    if (event.type === 'tool-cancel') this.openToolCalls.delete(event.callId);
  }

  /** @param {string} callId */
  #runTool(callId) {
    this.openToolCalls.add(callId);
    const answer = () => {
      if (!this.openToolCalls.delete(callId)) return;
      this.session.handle({ type: 'tool-result', callId, value: { ok: true }, isError: false });
    };
    this.#clock.schedule(answer, this.#random() * 6_000);
  }
}
