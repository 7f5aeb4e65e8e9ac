// Stand-ins for the platform: a clock that a test moves, sockets that a test answers, a token route.
// The session core itself is the real one.

import { VoiceAgentError } from '../../../static/voice-agent/errors.js';
import { Session } from '../../../static/voice-agent/session.js';

/** @typedef {import('../../../static/voice-agent/session.js').SessionEvent} SessionEvent */

/** One end of the wire: what the client sent, and what the service says. */
export class FakeSocket {
  /** @type {any[]} decoded frames that the client sent */
  sent = [];
  readyState = 0;
  /** @type {(() => void) | null} */
  onopen = null;
  /** @type {((event: {data: unknown}) => void) | null} */
  onmessage = null;
  /** @type {((event: {code: number}) => void) | null} */
  onclose = null;

  /** @param {string} url */
  constructor(url) {
    this.url = url;
  }

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  open() {
    this.readyState = 1;
    this.onopen?.();
  }

  /** @param {object} frame */
  say(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** @param {number} code */
  drop(code) {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  /** The usual opening, up to a session that is ready. */
  becomeReady(sessionId = 'sess_1') {
    this.open();
    this.say({ type: 'session.ready', session_id: sessionId });
  }
}

/** A port whose other end is the test. */
export class FakePort {
  /** @type {any[]} */
  posted = [];
  /** @type {((event: {data: any}) => void) | null} */
  onmessage = null;
  closed = false;

  /** @param {any} message */
  postMessage(message) {
    this.posted.push(message);
  }

  close() {
    this.closed = true;
  }
}

/** A session core with everything around it in the test's hands. */
export class Bench {
  nowMs = 0;
  /** @type {FakeSocket[]} */
  sockets = [];
  /** @type {{at: number, task: () => void}[]} */
  timers = [];
  /** @type {string[]} */
  tokenUrls = [];
  /** @type {(() => Response)[]} what the token route answers next, before its usual answer */
  tokenAnswers = [];
  /** @type {SessionEvent[]} */
  events = [];
  capture = new FakePort();
  playback = new FakePort();

  constructor() {
    this.session = new Session(
      {
        fetch: async (url) => this.#answerToken(String(url)),
        openWebSocket: (url) => this.#openSocket(url),
        nowMs: () => this.nowMs,
        epochMs: () => 1_790_000_000_000 + this.nowMs,
        schedule: (task, delayMs) => this.#schedule(task, delayMs),
        cancel: (timer) => {
          this.timers = this.timers.filter((other) => other !== timer);
        },
        random: () => 0.5,
      },
      (event) => this.events.push(event),
    );
  }

  /** The socket opened last. */
  get socket() {
    return /** @type {FakeSocket} */ (this.sockets.at(-1));
  }

  /** @returns {string[]} */
  get states() {
    return this.events.flatMap((event) => (event.type === 'state' ? [event.state] : []));
  }

  /** The last state event. */
  get state() {
    const last = this.events.findLast((event) => event.type === 'state');
    return /** @type {Extract<SessionEvent, {type: 'state'}>} */ (last);
  }

  /**
   * Start a call and let its first socket be opened.
   * @param {Record<string, unknown>} [session]
   */
  async start(session = { system_prompt: 'Be brief.' }) {
    this.session.handle({
      type: 'start',
      tokenUrl: 'https://gate.example/api/voice-token',
      session,
    });
    this.session.handle({
      type: 'audio',
      capture: /** @type {any} */ (this.capture),
      playback: /** @type {any} */ (this.playback),
    });
    this.session.handle({ type: 'proceed' });
    await this.settle();
  }

  /** @param {Record<string, unknown>} [session] */
  async goLive(session) {
    await this.start(session);
    this.socket.becomeReady();
  }

  /** Let promises run until none is left. */
  async settle() {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  }

  /**
   * Let time pass, timers included.
   * @param {number} ms
   */
  async pass(ms) {
    const end = this.nowMs + ms;
    for (;;) {
      const due = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.nowMs = due.at;
      due.task();
      await this.settle();
    }
    this.nowMs = end;
    await this.settle();
  }

  /**
   * One frame of the microphone.
   * @param {number} [value] of every sample
   */
  speak(value = 1_000) {
    const pcm = new Int16Array(480).fill(value).buffer;
    this.capture.onmessage?.({ data: { pcm, level: Math.abs(value) / 32_768 } });
  }

  /** @param {string} url */
  #answerToken(url) {
    this.tokenUrls.push(url);
    const answer = this.tokenAnswers.shift();
    if (answer) return answer();
    return Response.json({
      token: `token+${this.tokenUrls.length}`,
      expires_in_seconds: 60,
      max_session_duration_seconds: 900,
      ws_url: 'wss://agents.example/v1/ws',
    });
  }

  /** @param {string} url */
  #openSocket(url) {
    const socket = new FakeSocket(url);
    this.sockets.push(socket);
    return /** @type {WebSocket} */ (/** @type {unknown} */ (socket));
  }

  /**
   * @param {() => void} task
   * @param {number} delayMs
   */
  #schedule(task, delayMs) {
    const timer = { at: this.nowMs + delayMs, task };
    this.timers.push(timer);
    return timer;
  }
}

/**
 * @param {import('../../../static/voice-agent/errors.js').ErrorCode} code
 */
export function plainError(code) {
  return new VoiceAgentError(code).toJSON();
}
