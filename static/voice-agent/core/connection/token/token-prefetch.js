// Token prefetch: hands out tokens, each for one socket, and may have one ready before it is asked for: the way to
// the token service is then no part of the wait. At most one is held, here and nowhere else, and only while it is
// young.

import { AccessTokens } from './access-tokens.js';
import { fetchToken } from './token.js';

/** A token is not used in the last moments of its life: it must still be good when it gets there. */
const AGE_MARGIN_MS = 5_000;

/** A held token is replaced this long before it would be too old. */
const RENEWAL_LEAD_MS = 3_000;

/** Shortest time between two prefetches: after a failure, or where tokens hardly live. */
const SHORTEST_WAIT_MS = 15_000;

/**
 * Where a token is had and what it must allow. `maxSessionDurationSeconds`: null for what the service gives by default.
 * @typedef {import('./token.js').TokenService & {maxSessionDurationSeconds: number | null}} TokenSpec
 *
 * @typedef {object} Prefetched a token that is held, or on its way
 * @property {TokenSpec} spec
 * @property {number} askedAtMs monotonic
 * @property {import('./token.js').VoiceToken | null} granted null while it is on its way
 * @property {Promise<import('./token.js').VoiceToken>} arrival
 * @property {AbortController} cancel
 */

export class TokenPrefetch {
  #environment;
  #onFetched;
  #access;
  /** @type {Prefetched | null} */
  #held = null;
  /** @type {unknown} */
  #renewal;

  /**
   * @param {import('../../ports.js').Environment} environment
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
   * Have a token ready. A failure is not told: whoever needs a token asks again.
   * @param {TokenSpec} spec
   * @returns {Promise<unknown>} once it is there, or has failed
   */
  prepare(spec) {
    if (!this.#serves(spec)) this.#replace(spec);
    return /** @type {Prefetched} */ (this.#held).arrival.catch(() => {});
  }

  /**
   * A token for one socket: the one that is held, if it serves, else a fresh one. It is given away once.
   * @param {TokenSpec} spec
   * @param {AbortSignal} signal
   * @returns {Promise<import('./token.js').VoiceToken>}
   * @throws {import('../../../errors.js').VoiceAgentError} see `fetchToken`
   */
  async take(spec, signal) {
    const held = this.#serves(spec) ? this.#held : null;
    if (held !== null) {
      this.#held = null;
      signal.addEventListener('abort', () => held.cancel.abort(), { once: true });
      await held.arrival.catch(() => {});
      signal.throwIfAborted();
      if (held.granted !== null && this.#youthMs(held) > 0) return held.granted;
    }
    return this.#fetch(spec, signal);
  }

  /**
   * From now on always hold one, until `discard`.
   * @param {() => TokenSpec} spec read anew each time
   */
  keep(spec) {
    void this.prepare(spec());
    void this.#renewInTime(spec);
  }

  /** Throw away what is held, and hold nothing from now on. */
  discard() {
    this.#environment.cancel(this.#renewal);
    this.#held?.cancel.abort();
    this.#held = null;
  }

  /** @param {import('./access-tokens.js').AccessAnswer} answer */
  answerAccess(answer) {
    this.#access.answer(answer);
  }

  /** @param {() => TokenSpec} spec */
  async #renewInTime(spec) {
    this.#environment.cancel(this.#renewal);
    const held = /** @type {Prefetched} */ (this.#held);
    const waitMs = await held.arrival.then(
      () => this.#youthMs(held) - RENEWAL_LEAD_MS,
      (error) => (error.retryable ? (error.retryAfterSeconds ?? 0) * 1000 : null),
    );
    if (waitMs === null || held.cancel.signal.aborted) return;
    this.#environment.cancel(this.#renewal);
    this.#renewal = this.#environment.schedule(
      () => {
        this.#replace(spec());
        void this.#renewInTime(spec);
      },
      Math.max(SHORTEST_WAIT_MS, waitMs),
    );
  }

  /**
   * Whether what is held, or on its way, will do.
   * @param {TokenSpec} spec
   */
  #serves({ tokenUrl, maxSessionDurationSeconds }) {
    const held = this.#held;
    if (held === null || held.spec.tokenUrl !== tokenUrl) return false;
    const heldSeconds = held.spec.maxSessionDurationSeconds ?? Infinity;
    if (heldSeconds < (maxSessionDurationSeconds ?? Infinity)) return false;
    return held.granted === null || this.#youthMs(held) > 0;
  }

  /**
   * How long a token may still be used: by the monotonic clock, and counted from the request, because its
   * answer may have been under way for long.
   * @param {Prefetched} held
   * @returns {number} milliseconds; not above 0 when it is too old, or never came
   */
  #youthMs({ granted, askedAtMs }) {
    const lifeMs = (granted?.expiresInSeconds ?? 0) * 1000 - AGE_MARGIN_MS;
    return askedAtMs + lifeMs - this.#environment.nowMs();
  }

  /** @param {TokenSpec} spec */
  #replace(spec) {
    this.#held?.cancel.abort();
    const cancel = new AbortController();
    const arrival = this.#fetch(spec, cancel.signal);
    /** @type {Prefetched} */
    const held = { spec, askedAtMs: this.#environment.nowMs(), granted: null, arrival, cancel };
    this.#held = held;
    arrival.then(
      (granted) => (held.granted = granted),
      () => {
        if (this.#held === held) this.#held = null;
      },
    );
    return held;
  }

  /** @param {TokenSpec} spec @param {AbortSignal} signal */
  async #fetch({ asksAccess, ...spec }, signal) {
    const accessToken = asksAccess ? await this.#access.ask(signal) : null;
    const request = { ...spec, accessToken, signal };
    const granted = await fetchToken(this.#environment.fetch, request);
    this.#onFetched();
    return granted;
  }
}
