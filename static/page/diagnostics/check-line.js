// One socket to the voice service, for looking and not for talking. Until its first message there is no session, and
// nothing is paid for; once there is one, it is ended on every way out.

import { decode, encode } from '../../voice-agent/core/connection/protocol.js';
import { announcedError, closeError } from '../../voice-agent/core/connection/failures.js';

const OPEN_TIMEOUT_MS = 8_000;
/** A bad token is answered at once, on a socket that has opened. Source: seen live. */
const REFUSAL_MS = 500;
/** Source: the vendor's starters wait 3 s for the goodbye. */
const GOODBYE_MS = 3_000;

/** The code of a refusal by rules. Source: RFC 6455, 7.4.1. */
const REFUSED = 1008;

/**
 * @typedef {import('../../voice-agent/core/connection/protocol.js').ServerMessage} ServerMessage
 * @typedef {object} Opening
 * @property {'open' | 'closed' | 'timeout'} outcome
 * @property {number} tookMs   until it was open, or until it was clear that it would not be
 * @property {import('../page-types.js').CallError} [error]   the service's own refusal
 */

export class Line {
  #socket;
  #platform;
  #startedMs;
  #hasSession = false;
  /** Of the session that was begun. @type {string | null} */
  sessionId = null;
  #isOver = false;
  /** @type {import('../page-types.js').CallError | null} */
  #refusal = null;
  /** @type {Set<(message: ServerMessage | null) => void>} told of each message; null at the end */
  #listeners = new Set();

  /**
   * @param {import('./platform.js').Platform} platform
   * @param {{token: string, wsUrl: string}} token
   */
  constructor(platform, { token, wsUrl }) {
    this.#platform = platform;
    this.#startedMs = platform.nowMs();
    this.#socket = platform.openWebSocket(`${wsUrl}?token=${encodeURIComponent(token)}`);
    this.#socket.onmessage = ({ data }) => this.#tell(decode(data));
    this.#socket.onclose = ({ code }) => this.#close(code);
  }

  get isOpen() {
    return this.#socket.readyState === 1;
  }

  /** @param {AbortSignal} signal @returns {Promise<Opening>} */
  async open(signal) {
    const socket = this.#socket;
    const opened = new Promise((resolve) => (socket.onopen = () => resolve('open')));
    const closed = this.#hear((message) => message === null, OPEN_TIMEOUT_MS, signal);
    const isOpen = (await Promise.race([opened, closed])) === 'open';
    const tookMs = this.#platform.nowMs() - this.#startedMs;
    if (!isOpen) return { outcome: this.#isOver ? 'closed' : 'timeout', tookMs, ...this.#why };
    await this.#hear((message) => message === null, REFUSAL_MS, signal);
    return { outcome: this.#isOver ? 'closed' : 'open', tookMs, ...this.#why };
  }

  /** From here on it costs. @param {{[name: string]: unknown}} session */
  begin(session) {
    this.#hasSession = true;
    this.send({ type: 'session.update', session });
  }

  /** @param {import('../../voice-agent/core/connection/protocol.js').ClientMessage} message */
  send(message) {
    if (this.isOpen) this.#socket.send(encode(message));
  }

  /**
   * The next message that is sought; null when the line ended or the time was over before.
   *
   * @template {ServerMessage['type']} Type
   * @param {Type[]} types
   * @param {number} limitMs
   * @param {AbortSignal} signal
   * @returns {Promise<Extract<ServerMessage, {type: Type}> | null>}
   */
  async next(types, limitMs, signal) {
    const isSought = (/** @type {ServerMessage | null} */ message) =>
      message === null || types.some((type) => type === message.type);
    return /** @type {any} */ ((await this.#hear(isSought, limitMs, signal)) ?? null);
  }

  /** In good order: the service is told, and given its time to say so. */
  async end() {
    if (this.#hasSession && !this.#isOver) {
      this.send({ type: 'session.end' });
      await this.#hear((message) => message === null || message.type === 'ended', GOODBYE_MS);
    }
    this.#hasSession = false;
    this.#socket.close();
  }

  /** At once: the page is being left. What was sent before a close still goes out. */
  drop() {
    if (this.#hasSession) this.send({ type: 'session.end' });
    this.#socket.close();
  }

  get #why() {
    return this.#refusal ? { error: this.#refusal } : null;
  }

  /** @param {ServerMessage} message */
  #tell(message) {
    if (message.type === 'error' && !this.#hasSession)
      this.#refusal = announcedError(message, 'opening');
    if (message.type === 'ready') this.sessionId = message.sessionId;
    for (const listener of [...this.#listeners]) listener(message);
  }

  /** @param {number} code */
  #close(code) {
    this.#isOver = true;
    if (code === REFUSED) this.#refusal ??= closeError(code, 'opening');
    for (const listener of [...this.#listeners]) listener(null);
  }

  /**
   * @param {(message: ServerMessage | null) => boolean} isSought
   * @param {number} limitMs
   * @param {AbortSignal} [signal]
   * @returns {Promise<ServerMessage | null | undefined>} undefined when the time is over
   */
  #hear(isSought, limitMs, signal) {
    if (this.#isOver) return Promise.resolve(null);
    const listening = new AbortController();
    /** @type {Promise<ServerMessage | null>} */
    const heard = new Promise((resolve) => {
      /** @param {ServerMessage | null} message */
      const listener = (message) => isSought(message) && resolve(message);
      this.#listeners.add(listener);
      listening.signal.addEventListener('abort', () => this.#listeners.delete(listener));
    });
    const over = AbortSignal.any([listening.signal, ...(signal ? [signal] : [])]);
    const late = this.#platform.wait(limitMs, over).then(() => undefined);
    // Stopped by the visitor it rejects; ended from here nobody waits for it any more.
    return Promise.race([heard, late]).finally(() => {
      late.catch(() => {});
      listening.abort();
    });
  }
}
