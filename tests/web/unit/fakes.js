// Stand-ins for the platform: a clock that a test moves, sockets that a test answers, a token route.
// The session core itself is the real one.

import assert from 'node:assert/strict';
import { VoiceAgentError } from '../../../static/voice-agent/errors.js';
import { SessionEnds } from '../../../static/voice-agent/main-thread/session-ends.js';
import { Session } from '../../../static/voice-agent/core/session.js';

/** @typedef {import('../../../static/voice-agent/core/session-types.js').SessionEvent} SessionEvent */

export const TOKEN_URL = 'https://gate.example/api/voice-token';

/** Duration of one frame of the fake microphone. */
export const FRAME_MS = 20;

/** One end of the wire: what the client sent, and what the service says. */
export class FakeSocket {
  /** @type {any[]} decoded frames that the client sent, whether they got anywhere or not */
  sent = [];
  readyState = 0;
  bufferedAmount = 0;
  /** Wire text that the network still takes; nothing gets through beyond it. */
  takesBytes = Infinity;
  /** Whether `bufferedAmount` tells nothing of that, as in WebKitGTK. */
  isBlind = false;
  /** Whether the service is there to answer an update that changes nothing; all else the test answers. */
  isAlive = true;
  /** Whether there was a session on it. */
  hadSession = false;
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

  get token() {
    return new URL(this.url).searchParams.get('token');
  }

  /** @returns {number[]} what the microphone said, each frame by its first sample */
  get spoken() {
    return this.sent
      .filter(({ type }) => type === 'input.audio')
      .map(({ audio }) => Buffer.from(audio, 'base64').readInt16LE(0));
  }

  /** @param {string} text */
  send(text) {
    assert.equal(this.readyState, 1, 'sent on a socket that is not open');
    this.sent.push(JSON.parse(text));
    const taken = Math.min(this.takesBytes, text.length);
    this.takesBytes -= taken;
    if (!this.isBlind) this.bufferedAmount += text.length - taken;
    const isQuestion = text === '{"type":"session.update","session":{}}';
    if (isQuestion && this.isAlive) queueMicrotask(() => this.say({ type: 'session.updated' }));
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
    this.hadSession ||= 'type' in frame && frame.type === 'session.ready';
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** @param {number} code */
  drop(code) {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  /**
   * The usual opening, up to a session that is ready.
   * @param {string} [sessionId]
   * @param {object} [details] further fields of `session.ready`
   */
  becomeReady(sessionId = 'sess_1', details = {}) {
    this.open();
    this.say({ type: 'session.updated' });
    this.say({ type: 'session.ready', session_id: sessionId, ...details });
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
  /** @type {{url: string, tell: () => void, signal: AbortSignal}[]} who wants to know what the page's policy forbids */
  policyWatches = [];
  /** @type {{at: number, task: () => void}[]} */
  timers = [];
  /** @type {string[]} */
  tokenUrls = [];
  /** @type {RequestInit[]} how tokens were asked for */
  tokenRequests = [];
  /** @type {import('../../../static/voice-agent/main-thread/session-ends.js').End[]} what the host would tell the service */
  reported = [];
  /** @type {(() => Response | Promise<Response>)[]} what the token route answers next, before its usual answer */
  tokenAnswers = [];
  /** What the token route says of each token. */
  tokenSeconds = { expires: 60, session: 900 };
  /** @type {SessionEvent[]} */
  events = [];
  capture = new FakePort();
  playback = new FakePort();
  ends = new SessionEnds((end) => this.reported.push(end));

  /** @param {{random?: () => number}} [options] */
  constructor({ random = () => 0.5 } = {}) {
    this.session = new Session(
      {
        fetch: async (url, options) => this.#answerToken(String(url), options),
        openWebSocket: (url) => this.#openSocket(url),
        onForbidden: (url, tell, signal) => this.policyWatches.push({ url, tell, signal }),
        nowMs: () => this.nowMs,
        epochMs: () => 1_790_000_000_000 + this.nowMs,
        schedule: (task, delayMs) => this.#schedule(task, delayMs),
        cancel: (timer) => {
          this.timers = this.timers.filter((other) => other !== timer);
        },
        random,
      },
      (event) => {
        this.events.push(event);
        this.ends.observe(event);
      },
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
    return /** @type {Extract<SessionEvent, {type: 'state'}>} */ (this.last('state'));
  }

  /** The last statistics. */
  get stats() {
    return /** @type {import('../../../static/voice-agent/core/telemetry/stats.js').Stats} */ (
      this.last('stats')?.stats
    );
  }

  /**
   * @template {SessionEvent['type']} Type
   * @param {Type} type
   */
  all(type) {
    const isOfType = (/** @type {SessionEvent} */ event) => event.type === type;
    return /** @type {Extract<SessionEvent, {type: Type}>[]} */ (this.events.filter(isOfType));
  }

  /**
   * @template {SessionEvent['type']} Type
   * @param {Type} type
   */
  last(type) {
    return this.all(type).at(-1);
  }

  /** @param {import('../../../static/voice-agent/core/session-types.js').SessionCommand} command */
  handle(command) {
    this.session.handle(command);
  }

  /**
   * Start a call and let its first socket be opened.
   * @param {Record<string, unknown>} [session]
   * @param {Partial<import('../../../static/voice-agent/core/session-types.js').StartCommand>} [options]
   */
  async start(session = { system_prompt: 'Be brief.' }, options = {}) {
    this.handle({ type: 'start', tokenUrl: TOKEN_URL, session, ...options });
    this.attachAudio();
    this.hearMicrophone();
    this.handle({ type: 'proceed' });
    await this.settle();
  }

  /** The microphone gives its first sound. */
  hearMicrophone() {
    this.capture.onmessage?.({ data: 'sound' });
  }

  attachAudio() {
    this.capture = new FakePort();
    this.playback = new FakePort();
    this.handle({
      type: 'audio',
      capture: /** @type {any} */ (this.capture),
      playback: /** @type {any} */ (this.playback),
    });
  }

  /**
   * @param {Record<string, unknown>} [session]
   * @param {Partial<import('../../../static/voice-agent/core/session-types.js').StartCommand>} [options]
   */
  async goLive(session, options) {
    await this.start(session, options);
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
      const due = this.timers.reduce((first, timer) => (timer.at < first.at ? timer : first), {
        at: Infinity,
        task: () => {},
      });
      if (due.at > end) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.nowMs = Math.max(this.nowMs, due.at);
      due.task();
      await this.settle();
    }
    this.nowMs = end;
    await this.settle();
  }

  /** The page and its timers stand still while time goes on. */
  freeze(/** @type {number} */ ms) {
    this.nowMs += ms;
  }

  /**
   * One frame of the microphone.
   * @param {number} [value] of every sample
   */
  speak(value = 1_000) {
    const pcm = new Int16Array(480).fill(value).buffer;
    const level = Math.abs(value) / 32_768;
    this.capture.onmessage?.({ data: { pcm, level, endMs: this.nowMs } });
  }

  /**
   * The microphone runs, in real time; each frame has the next number as its samples.
   * @param {number} ms
   * @param {number} [first]
   * @returns {Promise<number>} the number that would come next
   */
  async speakFor(ms, first = 1_000) {
    let value = first;
    for (let at = 0; at < ms; at += FRAME_MS) {
      this.speak(value);
      value += 1;
      await this.pass(FRAME_MS);
    }
    return value;
  }

  /** @param {Partial<import('../../../static/voice-agent/worklets/jitter-buffer/playback-queue.js').PlaybackReport>} [report] */
  report(report = {}) {
    const nothing = {
      sounding: null,
      level: 0,
      levels: new Float32Array(0),
      levelsEndMs: 0,
      bufferedMs: 0,
      playoutDelayMs: 0,
      waitMs: 0,
      underruns: 0,
      excessDelayMs: 0,
      savedMs: 0,
      overflowMs: 0,
      position: null,
      finished: [],
    };
    this.playback.onmessage?.({ data: { ...nothing, ...report } });
  }

  /**
   * @param {string} url
   * @param {RequestInit} [request]
   */
  async #answerToken(url, request = {}) {
    this.tokenUrls.push(url);
    this.tokenRequests.push(request);
    const number = this.tokenUrls.length;
    const answer = this.tokenAnswers.shift();
    if (answer) return answer();
    await Promise.resolve();
    request.signal?.throwIfAborted();
    return Response.json({
      token: `token+${number}`,
      expires_in_seconds: this.tokenSeconds.expires,
      max_session_duration_seconds: this.tokenSeconds.session,
      ws_url: 'wss://agents.example/v1/ws',
      receipt: `receipt+${number}`,
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
    assert.ok(delayMs < 2 ** 31, 'a timer beyond what browsers hold runs out at once');
    const timer = { at: this.nowMs + delayMs, task };
    this.timers.push(timer);
    return timer;
  }
}

/**
 * No token was used twice, and none was fetched in vain.
 * @param {Bench} bench
 */
export function assertOneTokenASocket(bench) {
  assertNoTokenTwice(bench);
  const used = new Set(bench.sockets.map(({ token }) => token));
  assert.equal(bench.tokenUrls.length, used.size, 'a token was fetched for nothing');
}

/**
 * One whose resume was refused has opened no session, and opens the next.
 * @param {Bench} bench
 */
export function assertNoTokenTwice({ sockets }) {
  const isSpare = (/** @type {FakeSocket} */ { sent, hadSession }) =>
    sent[0]?.type === 'session.resume' && !hadSession;
  const used = sockets
    .filter((socket, n) => !isSpare(socket) || sockets[n + 1]?.token !== socket.token)
    .map(({ token }) => token);
  assert.equal(new Set(used).size, used.length, 'a token was used twice');
}

/**
 * An answer of the token route.
 * @param {number} status
 * @param {object} [body]
 * @param {Record<string, string>} [headers]
 */
export const refusal =
  (status, body = {}, headers = {}) =>
  () =>
    new Response(JSON.stringify(body), { status, headers });

/**
 * An answer of the token route that waits until it is told.
 * @param {() => Response} answer
 */
export function held(answer) {
  let release = () => {};
  /** @type {Promise<Response>} */
  const promise = new Promise((resolve) => (release = () => resolve(answer())));
  return { answer: () => promise, release };
}

/**
 * @param {import('../../../static/voice-agent/errors.js').ErrorCode} code
 */
export function plainError(code) {
  return new VoiceAgentError(code).toJSON();
}
