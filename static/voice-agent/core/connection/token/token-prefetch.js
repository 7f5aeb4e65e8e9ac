// Token prefetch: hands out tokens, each for one session, and may have one ready before it is asked for: the way to
// the token service is then no part of the wait. At most one is prefetched, here and nowhere else, and only while it is
// young; one that was not used is handed back.

import { VoiceAgentError } from '../../../errors.js';
import { fetchToken } from './token.js';

/** A token is not used in the last moments of its life: it must still be good when it gets there. */
const AGE_MARGIN_MS = 5_000;

/** A prefetched token is replaced this long before it would be too old. */
const RENEWAL_LEAD_MS = 3_000;

/** Whoever pressed a button lets go of it sooner, or has thought better of it. */
const PRESS_MS = 10_000;

/** Shortest time between two prefetches: after a failure, or where tokens hardly live. */
const SHORTEST_WAIT_MS = 15_000;

/** How long the page may take for its access token: it may have to renew its login first. */
const ACCESS_TIMEOUT_MS = 10_000;

/**
 * Where a token is had and what it must allow. `maxSessionDurationSeconds`: null for what the service gives by default.
 * `receipt`: of the session that it goes on with, where there was one.
 * @typedef {import('./token.js').TokenService
 *   & {maxSessionDurationSeconds: number | null, receipt?: string | null}} TokenSpec
 *
 * @typedef {import('./token.js').VoiceToken} VoiceToken
 *
 * @typedef {object} Prefetched a token that is prefetched, or on its way
 * @property {TokenSpec} spec
 * @property {number} askedAtMs monotonic
 * @property {VoiceToken | null} granted null while it is on its way
 * @property {Promise<VoiceToken>} arrival
 * @property {AbortController} cancel
 *
 * @typedef {object} AccessAnswer
 * @property {number} id of the question
 * @property {string | null} token null when the page has none to give
 * @property {string | null} cause why not
 */

export class TokenPrefetch {
  #environment;
  #on;
  /** @type {Prefetched | null} */
  #prefetched = null;
  /** The one that was given away last. @type {Prefetched | null} */
  #taken = null;
  /** @type {unknown} */
  #renewal;
  /** @type {unknown} */
  #patience;
  #lastQuestion = 0;
  /** @type {Map<number, (answer: AccessAnswer) => void>} what the host was asked and has not answered */
  #questions = new Map();

  /**
   * @param {import('../../ports.js').Environment} environment
   * @param {object} on
   * @param {() => void} on.fetched for each token that arrives
   * @param {(receipt: string) => void} on.unused a token opens no session, and its service may be told so
   * @param {(id: number) => void} on.accessWanted the host is to answer this question, see `answerAccess`
   */
  constructor(environment, on) {
    this.#environment = environment;
    this.#on = on;
  }

  /**
   * Have a token ready for a moment. A failure is not told: whoever needs a token asks again.
   * @param {TokenSpec} spec
   * @returns {Promise<unknown>} once it is there, or has failed
   */
  prepare(spec) {
    const prefetched = this.#serving(spec) ?? this.#replace(spec);
    this.#environment.cancel(this.#patience);
    const giveUp = () => this.#prefetched === prefetched && this.#drop();
    this.#patience = this.#environment.schedule(giveUp, PRESS_MS);
    return prefetched.arrival.catch(() => {});
  }

  /**
   * A token for one socket: the one that is prefetched, if it serves, else a fresh one. It is given away once.
   * @param {TokenSpec} spec
   * @param {AbortSignal} signal
   * @returns {Promise<VoiceToken>}
   * @throws {VoiceAgentError} see `fetchToken`; token-refused without the page's access token
   */
  async take(spec, signal) {
    this.#environment.cancel(this.#patience);
    const isPrefetched = this.#serving(spec) !== null;
    const taken = this.#serving(spec) ?? this.#ask(spec);
    if (isPrefetched) this.#prefetched = null;
    signal.addEventListener('abort', () => taken.cancel.abort(), { once: true });
    try {
      const granted = await taken.arrival;
      signal.throwIfAborted();
      if (!isPrefetched || this.#youthMs(taken) > 0) {
        this.#taken = taken;
        return granted;
      }
      this.#handBack(taken);
    } catch (error) {
      signal.throwIfAborted();
      if (!isPrefetched) throw error;
    }
    return this.take(spec, signal);
  }

  /** What was given away last opened no session, and may open one yet: it serves the next socket, if it is in time. */
  putBack() {
    const taken = this.#taken;
    this.#taken = null;
    if (taken === null) return;
    if (this.#prefetched === null && this.#youthMs(taken) > 0) this.#prefetched = { ...taken };
    else this.#handBack(taken);
  }

  /** What was given away last opened no session and cannot open one. */
  handBackTaken() {
    if (this.#taken) this.#handBack(this.#taken);
    this.#taken = null;
  }

  /** @param {() => TokenSpec} spec read anew each time: from now on one is always prefetched, until `discard` */
  keep(spec) {
    const prefetched = this.#serving(spec()) ?? this.#replace(spec());
    void this.#renewInTime(prefetched, spec);
  }

  /** Throw away what is prefetched, and prefetch nothing from now on. */
  discard() {
    this.#environment.cancel(this.#renewal);
    this.#environment.cancel(this.#patience);
    this.#drop();
  }

  #drop() {
    const prefetched = this.#prefetched;
    this.#prefetched = null;
    prefetched?.cancel.abort();
    if (prefetched) this.#handBack(prefetched);
  }

  /** @param {Prefetched} unused */
  #handBack({ granted }) {
    if (granted !== null && granted.receipt !== null) this.#on.unused(granted.receipt);
  }

  /** @param {AccessAnswer} answer to a question that nobody may be asking any more */
  answerAccess(answer) {
    this.#questions.get(answer.id)?.(answer);
  }

  /** @param {Prefetched} prefetched @param {() => TokenSpec} spec */
  async #renewInTime(prefetched, spec) {
    const waitMs = await prefetched.arrival.then(
      () => this.#youthMs(prefetched) - RENEWAL_LEAD_MS,
      (error) => (error.retryable ? (error.retryAfterSeconds ?? 0) * 1000 : null),
    );
    if (waitMs === null || prefetched.cancel.signal.aborted) return;
    this.#environment.cancel(this.#renewal);
    const renew = () => this.#renewInTime(this.#replace(spec()), spec);
    this.#renewal = this.#environment.schedule(renew, Math.max(SHORTEST_WAIT_MS, waitMs));
  }

  /** @param {TokenSpec} spec that what is prefetched, or on its way, must serve */
  #serving({ tokenUrl, maxSessionDurationSeconds }) {
    const prefetched = this.#prefetched;
    if (prefetched === null || prefetched.spec.tokenUrl !== tokenUrl) return null;
    const prefetchedSeconds = prefetched.spec.maxSessionDurationSeconds ?? Infinity;
    if (prefetchedSeconds < (maxSessionDurationSeconds ?? Infinity)) return null;
    return prefetched.granted === null || this.#youthMs(prefetched) > 0 ? prefetched : null;
  }

  /**
   * How long a token may still be used: by the monotonic clock, and counted from the request, because its
   * answer may have been under way for long.
   * @param {Prefetched} prefetched
   * @returns {number} milliseconds; not above 0 when it is too old, or never came
   */
  #youthMs({ granted, askedAtMs }) {
    const lifeMs = (granted?.expiresInSeconds ?? 0) * 1000 - AGE_MARGIN_MS;
    return askedAtMs + lifeMs - this.#environment.nowMs();
  }

  /** @param {TokenSpec} spec */
  #replace(spec) {
    this.#drop();
    const prefetched = this.#ask(spec);
    this.#prefetched = prefetched;
    prefetched.arrival.catch(() => {
      if (this.#prefetched === prefetched) this.#prefetched = null;
    });
    return prefetched;
  }

  /** @param {TokenSpec} spec @returns {Prefetched} */
  #ask(spec) {
    const cancel = new AbortController();
    const arrival = this.#fetch(spec, cancel.signal);
    /** @type {Prefetched} */
    const asked = { spec, askedAtMs: this.#environment.nowMs(), granted: null, arrival, cancel };
    arrival.then(
      (granted) => {
        asked.granted = granted;
        if (cancel.signal.aborted) this.#handBack(asked);
      },
      () => {},
    );
    return asked;
  }

  /** @param {TokenSpec} spec @param {AbortSignal} signal */
  async #fetch({ asksAccess, ...spec }, signal) {
    const accessToken = asksAccess ? await this.#askAccess(signal) : null;
    const granted = await fetchToken(this.#environment.fetch, { ...spec, accessToken, signal });
    this.#on.fetched();
    return granted;
  }

  /**
   * The access token that the page has from its own login: anew for each request, kept nowhere.
   * @param {AbortSignal} signal
   * @returns {Promise<string>}
   */
  #askAccess(signal) {
    const id = (this.#lastQuestion += 1);
    const { promise, resolve, reject } = Promise.withResolvers();
    const giveUp = () => reject(signal.reason);
    const runOut = () =>
      reject(noAccess('This page took too long to get the access token that its calls need.'));
    const timer = this.#environment.schedule(runOut, ACCESS_TIMEOUT_MS);
    signal.addEventListener('abort', giveUp);
    this.#questions.set(id, ({ token, cause }) => {
      if (token !== null) resolve(token);
      else reject(noAccess('This page could not get the access token that its calls need.', cause));
    });
    this.#on.accessWanted(id);
    return promise.finally(() => {
      this.#questions.delete(id);
      this.#environment.cancel(timer);
      signal.removeEventListener('abort', giveUp);
    });
  }
}

/**
 * Retryable, because a page that is offline cannot renew its login.
 * @param {string} message
 * @param {string | null} [cause]
 */
function noAccess(message, cause) {
  return new VoiceAgentError('token-refused', {
    message,
    retryable: true,
    cause: cause ?? message,
  });
}
