// Hands out tokens, each for one socket, and may have one ready before it is asked for: the way to the token
// service is then no part of the wait. At most one is held, here and nowhere else, and only while it is young.
// Part of the session core: any thread.

import { AccessTokens } from './access-tokens.js';
import { fetchToken } from './token.js';

/** A token is not used in the last moments of its life: it must still be good when it gets there. */
const AGE_MARGIN_MS = 5_000;

/** A held token is replaced this long before it would be too old. */
const RENEWAL_LEAD_MS = 3_000;

/** Shortest time between two tokens for the reserve: after a failure, or where tokens hardly live. */
const SHORTEST_WAIT_MS = 15_000;

/**
 * `maxSessionDurationSeconds`: null for what the service gives by default.
 * @typedef {import('./token.js').TokenService & {maxSessionDurationSeconds: number | null}} Wish
 *
 * @typedef {object} Spare a token that is held, or on its way
 * @property {Wish} wish
 * @property {number} askedAtMs monotonic
 * @property {import('./token.js').VoiceToken | null} granted null while it is on its way
 * @property {Promise<import('./token.js').VoiceToken>} arrival
 * @property {AbortController} cancel
 */

export class SpareToken {
  #environment;
  #onFetched;
  #access;
  /** @type {Spare | null} */
  #spare = null;
  /** @type {unknown} */
  #renewal;

  /**
   * @param {import('../ports.js').Environment} environment
   * @param {object} on
   * @param {() => void} on.fetched for each token that arrives
   * @param {(id: number) => void} on.accessWanted the host is to answer this question, see `answerAccess`
   */
  constructor(environment, { fetched, accessWanted }) {
    this.#environment = environment;
    this.#onFetched = fetched;
    this.#access = new AccessTokens(environment, accessWanted);
  }

  /**
   * Have a token ready for this wish. A failure is nobody's business: whoever needs a token asks again.
   * @param {Wish} wish
   * @returns {Promise<unknown>} once it is there, or has failed
   */
  prepare(wish) {
    if (!this.#serves(wish)) this.#replace(wish);
    return /** @type {Spare} */ (this.#spare).arrival.catch(() => {});
  }

  /**
   * A token for one socket: the one that is held, if it serves, else a fresh one. It is given away once.
   * @param {Wish} wish
   * @param {AbortSignal} signal
   * @returns {Promise<import('./token.js').VoiceToken>}
   * @throws {import('../../errors.js').VoiceAgentError} see `fetchToken`
   */
  async take(wish, signal) {
    const spare = this.#serves(wish) ? this.#spare : null;
    if (spare !== null) {
      this.#spare = null;
      signal.addEventListener('abort', () => spare.cancel.abort(), { once: true });
      await spare.arrival.catch(() => {});
      signal.throwIfAborted();
      if (spare.granted !== null && this.#youthMs(spare) > 0) return spare.granted;
    }
    return this.#fetch(wish, signal);
  }

  /**
   * From now on always have one in reserve, until `discard`.
   * @param {() => Wish} wish read anew each time
   */
  keep(wish) {
    void this.prepare(wish());
    void this.#renewInTime(wish);
  }

  /** Throw away what is held, and hold nothing from now on. */
  discard() {
    this.#environment.cancel(this.#renewal);
    this.#spare?.cancel.abort();
    this.#spare = null;
  }

  /** @param {import('./access-tokens.js').AccessAnswer} answer */
  answerAccess(answer) {
    this.#access.answer(answer);
  }

  /** @param {() => Wish} wish */
  async #renewInTime(wish) {
    this.#environment.cancel(this.#renewal);
    const spare = /** @type {Spare} */ (this.#spare);
    const waitMs = await spare.arrival.then(
      () => this.#youthMs(spare) - RENEWAL_LEAD_MS,
      (error) => (error.retryable ? (error.retryAfterSeconds ?? 0) * 1000 : null),
    );
    if (waitMs === null || spare.cancel.signal.aborted) return;
    this.#environment.cancel(this.#renewal);
    this.#renewal = this.#environment.schedule(
      () => {
        this.#replace(wish());
        void this.#renewInTime(wish);
      },
      Math.max(SHORTEST_WAIT_MS, waitMs),
    );
  }

  /**
   * Whether what is held, or on its way, will do.
   * @param {Wish} wish
   */
  #serves({ tokenUrl, maxSessionDurationSeconds }) {
    const spare = this.#spare;
    if (spare === null || spare.wish.tokenUrl !== tokenUrl) return false;
    const spareSeconds = spare.wish.maxSessionDurationSeconds ?? Infinity;
    if (spareSeconds < (maxSessionDurationSeconds ?? Infinity)) return false;
    return spare.granted === null || this.#youthMs(spare) > 0;
  }

  /**
   * How long a token may still be used: by the monotonic clock, and counted from the request, because its
   * answer may have been under way for long.
   * @param {Spare} spare
   * @returns {number} milliseconds; not above 0 when it is too old, or never came
   */
  #youthMs({ granted, askedAtMs }) {
    const lifeMs = (granted?.expiresInSeconds ?? 0) * 1000 - AGE_MARGIN_MS;
    return askedAtMs + lifeMs - this.#environment.nowMs();
  }

  /** @param {Wish} wish */
  #replace(wish) {
    this.#spare?.cancel.abort();
    const cancel = new AbortController();
    const arrival = this.#fetch(wish, cancel.signal);
    /** @type {Spare} */
    const spare = { wish, askedAtMs: this.#environment.nowMs(), granted: null, arrival, cancel };
    this.#spare = spare;
    arrival.then(
      (granted) => (spare.granted = granted),
      () => {
        if (this.#spare === spare) this.#spare = null;
      },
    );
    return spare;
  }

  /**
   * @param {Wish} wish
   * @param {AbortSignal} signal
   */
  async #fetch({ asksAccess, ...wish }, signal) {
    const accessToken = asksAccess ? await this.#access.ask(signal) : null;
    const request = { ...wish, accessToken, signal };
    const granted = await fetchToken(this.#environment.fetch, request);
    this.#onFetched();
    return granted;
  }
}
