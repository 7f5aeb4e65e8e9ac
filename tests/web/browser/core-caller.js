// A caller without a browser: the real session core on Node's own WebSocket and fetch, a microphone that plays
// clips at pace, and a speaker that keeps count of what it was given.

import assert from 'node:assert/strict';
import { platformEnvironment } from '../../../static/voice-agent/core/ports.js';
import { Session } from '../../../static/voice-agent/core/session.js';
import { clip } from './harness.js';
import { RATE_HZ } from './wav.js';

/** Of a microphone frame; the longest that the client offers. */
const FRAME_MS = 100;
const FRAME_SAMPLES = (RATE_HZ * FRAME_MS) / 1000;

/** No sample of a preamble without words is above it. */
const SILENT = 300;

/** Long enough for every delay that a test sets; a call that hangs fails with what it waited for. */
const PATIENCE_MS = 30_000;

/** @typedef {import('../../../static/voice-agent/core/session-types.js').SessionEvent} SessionEvent */

export class CoreCaller {
  /** @type {SessionEvent[]} */
  events = [];
  /** What the speaker was told to do, in order. @type {{type: string, replyId: string}[]} */
  played = [];
  /** How much of that was sound, and not silence. */
  soundBytes = 0;
  /** Tool calls that were answered. @type {string[]} */
  toolCalls = [];

  #session;
  #tokenUrl;
  #change = () => {};
  /** @type {Int16Array} */
  #speech = new Int16Array(0);
  #frames = 0;
  #startedAtMs = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #pace;
  /** @type {MessagePort[]} */
  #ports = [];

  /**
   * @param {string} tokenUrl
   * @param {{isForged?: boolean}} [options] whether its tokens are worth nothing
   */
  constructor(tokenUrl, { isForged = false } = {}) {
    this.#tokenUrl = tokenUrl;
    const environment = platformEnvironment();
    const openWebSocket = (/** @type {string} */ url) =>
      environment.openWebSocket(isForged ? url.replace(/token=.*/, 'token=forged') : url);
    this.#session = new Session({ ...environment, openWebSocket }, (event) => this.#hear(event));
  }

  get state() {
    return this.events.findLast((event) => event.type === 'state')?.state ?? 'idle';
  }

  get error() {
    return this.events.findLast((event) => event.type === 'state')?.error ?? null;
  }

  /** The conversation, each turn as it stands now. */
  get turns() {
    const turns = this.events.flatMap((event) => (event.type === 'transcript' ? [event.turn] : []));
    return [...new Map(turns.map((turn) => [turn.id, turn])).values()];
  }

  /**
   * Press the button.
   * @param {import('../../../static/voice-agent/core/connection/protocol.js').SessionConfig} session
   */
  start(session) {
    const capture = new MessageChannel();
    const playback = new MessageChannel();
    this.#ports = [capture.port2, playback.port2];
    playback.port2.onmessage = ({ data }) => this.#play(data);
    this.#session.handle({
      type: 'start',
      tokenUrl: this.#tokenUrl,
      session,
      toolPolicies: { weather: { onInterruption: 'drop', answer: 'after-reply' } },
    });
    this.#session.handle({ type: 'audio', capture: capture.port1, playback: playback.port1 });
    this.#session.handle({ type: 'proceed' });
    capture.port2.postMessage('sound');
    this.#startedAtMs = performance.now();
    this.#pace = setInterval(() => this.#capture(capture.port2), FRAME_MS / 4);
  }

  /** @param {import('../../../static/voice-agent/core/session-types.js').SessionCommand} command */
  tell(command) {
    this.#session.handle(command);
  }

  /**
   * Begin to say the first words of the question.
   * @param {number} seconds
   */
  say(seconds) {
    this.#speech = clip('question').slice(0, seconds * RATE_HZ);
  }

  /**
   * Wait until something is so.
   * @param {string} what for the message when it never comes
   * @param {() => boolean} isReached asked after each event
   */
  async until(what, isReached) {
    const late = Promise.withResolvers();
    const timer = setTimeout(() => late.resolve(true), PATIENCE_MS);
    while (!isReached()) {
      const changed = new Promise((resolve) => (this.#change = () => resolve(false)));
      const isLate = await Promise.race([changed, late.promise]);
      assert.ok(!isLate, `never came: ${what}; ${JSON.stringify([this.state, this.turns])}`);
    }
    clearTimeout(timer);
  }

  /** How many replies were told to end so. */
  count(/** @type {'end' | 'flush'} */ type) {
    return this.played.filter((message) => message.type === type).length;
  }

  /** Whatever became of it, nothing goes on. */
  close() {
    this.tell({ type: 'hang-up' });
    clearInterval(this.#pace);
    for (const port of this.#ports) port.close();
  }

  /** @param {SessionEvent} event */
  #hear(event) {
    this.events.push(event);
    if (event.type === 'tool-call') {
      const { callId } = event;
      this.toolCalls.push(callId);
      this.tell({ type: 'tool-result', callId, value: { mild: true }, isError: false });
    }
    this.#change();
  }

  /** @param {any} message */
  #play({ type, replyId, pcm }) {
    this.played.push({ type, replyId });
    if (pcm && new Int16Array(pcm).some((sample) => sample > SILENT))
      this.soundBytes += pcm.byteLength;
    this.#change();
  }

  /** Frames at pace: what is to be said, else the noise of a room. */
  #capture(/** @type {MessagePort} */ port) {
    while ((this.#frames + 1) * FRAME_MS <= performance.now() - this.#startedAtMs) {
      this.#frames += 1;
      const samples = new Int16Array(FRAME_SAMPLES).map((_, at) => (at % 2 ? 12 : -12));
      samples.set(this.#speech.subarray(0, FRAME_SAMPLES));
      const level = this.#speech.length > 0 ? 0.1 : 0.0004;
      this.#speech = this.#speech.subarray(FRAME_SAMPLES);
      port.postMessage({ pcm: samples.buffer, level, endMs: performance.now() }, [samples.buffer]);
    }
  }
}
