// One attempt at a session: a token, a socket, the first message; and, when it succeeds, the way to that
// session until it ends. Part of the session core: any thread.

import { Connection } from './socket.js';
import { VoiceAgentError } from '../../errors.js';

/** An attempt that has taken so long is started over when there is a network again. */
const STALLED_MS = 2_000;

/**
 * A session that is ready, as its socket told.
 * @typedef {Extract<import('./protocol.js').ServerMessage, {type: 'ready'}>
 *   & {capSeconds: number | null, isExtension: boolean}} ReadySession `capSeconds`: what its token allows;
 *   `isExtension`: it is there to put the time limit off
 *
 * What becomes of an attempt. Not called any more once it was closed from this side.
 * @typedef {object} AttemptListener
 * @property {(session: ReadySession) => void} onReady
 * @property {(message: import('./protocol.js').ServerMessage) => void} onMessage whatever else arrives
 * @property {(error: VoiceAgentError) => void} onFailed it never became ready
 * @property {(closure: import('./socket.js').Closure) => void} onLost it was ready, and is gone
 *
 * @typedef {object} AttemptOptions
 * @property {import('../ports.js').Environment} environment
 * @property {import('./token-prefetch.js').SpareToken} tokens
 * @property {import('../telemetry/stats.js').SessionStats} stats
 * @property {(event: import('../session-types.js').SessionEvent) => void} emit
 * @property {import('./token-prefetch.js').Wish} wish what its token must allow
 * @property {() => import('./protocol.js').ClientMessage} opening asked for when there is a token
 * @property {boolean} [isExtension]
 */

export class Attempt {
  #options;
  #listener;
  #abort = new AbortController();
  /** @type {Connection | null} */
  #connection = null;
  #begunAtMs;

  /**
   * @param {AttemptOptions} options
   * @param {AttemptListener} listener
   */
  constructor(options, listener) {
    this.#options = options;
    this.#listener = listener;
    this.#begunAtMs = options.environment.nowMs();
    void this.#begin();
  }

  get isReady() {
    return this.#connection?.isReady ?? false;
  }

  /** Whether the microphone should wait: more is in the socket than the network takes. */
  get isCongested() {
    return this.#connection?.isCongested ?? false;
  }

  /** Whether it takes so long that starting over may be quicker. */
  get isStalled() {
    return !this.isReady && this.#options.environment.nowMs() - this.#begunAtMs > STALLED_MS;
  }

  /** @param {AttemptListener} listener in place of the one before */
  tell(listener) {
    this.#listener = listener;
  }

  /**
   * @param {string} text an encoded message
   * @returns {boolean} false when it could not be sent
   */
  send(text) {
    return this.#connection?.send(text) ?? false;
  }

  /** See `Connection.check`. */
  check() {
    this.#connection?.check();
  }

  /**
   * See `Connection.listen`.
   * @param {number} speechMs
   */
  listen(speechMs) {
    this.#connection?.listen(speechMs);
  }

  /** @returns {boolean} whether goodbye was said and an answer may come */
  end() {
    this.#abort.abort();
    return this.#connection?.end() ?? false;
  }

  /** Say goodbye and go without further notice: another session has taken over. */
  retire() {
    this.#abort.abort();
    this.#connection?.retire();
  }

  close() {
    this.#abort.abort();
    this.#connection?.close();
  }

  async #begin() {
    const { tokens, wish } = this.#options;
    const { signal } = this.#abort;
    try {
      const granted = await tokens.take(wish, signal);
      if (!signal.aborted) this.#connect(granted);
    } catch (error) {
      if (!signal.aborted)
        this.#listener.onFailed(VoiceAgentError.from(error, 'connection-failed'));
    }
  }

  /** @param {import('./token.js').VoiceToken} granted */
  #connect({ token, wsUrl, maxSessionDurationSeconds: capSeconds, receipt }) {
    const { environment, stats, opening, emit, isExtension = false } = this.#options;
    stats.connection.sockets += 1;
    stats.log.note('connection', 'socket');
    this.#connection = new Connection({
      environment,
      traffic: stats.traffic,
      wsUrl,
      token,
      opening: opening(),
      onMessage: (message) => {
        if (message.type !== 'ready') return this.#listener.onMessage(message);
        const { sessionId } = message;
        if (sessionId !== null && receipt !== null) emit({ type: 'receipt', sessionId, receipt });
        this.#listener.onReady({ ...message, capSeconds, isExtension });
      },
      onClose: (closure) => {
        if (closure.wasReady) this.#listener.onLost(closure);
        else this.#listener.onFailed(closure.error);
      },
    });
  }
}
