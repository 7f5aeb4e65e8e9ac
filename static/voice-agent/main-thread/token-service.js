// The page's side of its token service: how requests are allowed, and the word that a session is over. Main thread.

import { VoiceAgentError } from '../errors.js';
import { gateUrl, loadAgent } from './gate.js';

const CREDENTIALS = ['same-origin', 'include', 'omit'];

/** Timeout of the feedback request. */
const FEEDBACK_MS = 10_000;

/** What may stand in a header's value without breaking it. */
const ONE_WORD = /^[\x21-\x7e]+$/;

/**
 * @typedef {object} TokenServiceOptions
 * @property {string | URL} [gate] address of a Voicegate: tokens and agents come from there; relative to the page
 * @property {string} [agent] one of the gate's agents, by name: its prompt, greeting and voice are set there, and
 *   `session` is laid over them; the gate's own choice by default. Without `gate`: of where the client is from
 * @property {string | URL} [tokenUrl] where tokens come from, if not from the gate; relative to the page
 * @property {string | URL} [wsUrl] address of the agent's socket where the token's answer has no `ws_url` (`{token}` is
 *   enough); `wss://agents.assemblyai.com/v1/ws` by default
 * @property {string | (() => string | Promise<string>)} [accessToken] what the page's own login gave it: goes to the
 *   token service as `Authorization: Bearer …`. A function is called anew for each request and has 10 s; if it throws,
 *   or gives nothing usable, the error is `token-refused`. Neither stored nor logged
 * @property {'same-origin' | 'include' | 'omit'} [credentials] whether cookies go to the token service, as for
 *   `fetch`: `include` where the login is a cookie of another origin; `same-origin` by default
 */

export class TokenService {
  #options;
  #accessToken;
  #credentials;

  /**
   * @param {TokenServiceOptions} options
   * @throws {TypeError} an option is not what it must be
   */
  constructor({ accessToken, credentials = 'same-origin', ...options }) {
    if (!CREDENTIALS.includes(credentials))
      throw new TypeError(`credentials must be one of ${CREDENTIALS.join(', ')}`);
    const isGiven = accessToken !== undefined;
    if (isGiven && typeof accessToken !== 'function' && !isOneWord(accessToken))
      throw new TypeError(
        'accessToken must be one word of visible ASCII characters, or a function that gives it',
      );
    if (options.wsUrl !== undefined && !/^wss?:\/\//.test(String(options.wsUrl)))
      throw new TypeError('wsUrl must be an address that begins with wss:// or ws://');
    this.#options = options;
    this.#accessToken = accessToken;
    this.#credentials = credentials;
  }

  /** @returns {import('../core/connection/token/token.js').TokenService} what the session core needs to know */
  get description() {
    const { wsUrl } = this.#options;
    return {
      tokenUrl: this.#absoluteUrl.href,
      ...(wsUrl !== undefined && { wsUrl: String(wsUrl) }),
      credentials: this.#credentials,
      asksAccess: this.#accessToken !== undefined,
    };
  }

  /**
   * The page's access token, got anew. It is in the answer and nowhere else.
   * @param {number} id of the core's question
   * @returns {Promise<import('../core/connection/token/token-prefetch.js').AccessAnswer>}
   */
  async answerAccess(id) {
    try {
      const source = this.#accessToken;
      const token = await (typeof source === 'function' ? source() : source);
      if (isOneWord(token)) return { id, token, cause: null };
      return { id, token: null, cause: 'accessToken() gave no word of visible ASCII characters' };
    } catch (error) {
      return { id, token: null, cause: String(error) };
    }
  }

  /**
   * Tell the service that a session is over, or a token unused, so that it can give back what was not used of its time.
   * The receipt is all that it takes. Nobody waits for an answer, and it is not tried again: there may be no later.
   * @param {import('./session-ends.js').End} end
   */
  reportEnd({ receipt, ...end }) {
    const what = 'unused' in end ? end : { session_id: end.sessionId };
    const sent = fetch(new URL('session-ends', this.#absoluteUrl), {
      method: 'POST',
      keepalive: true,
      credentials: 'omit',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...what, receipt }),
    });
    sent.catch(() => {});
  }

  /**
   * One of the gate's agents, with what it is told: for those only who may have a token.
   * @param {string | null} name   the gate's own choice when left out
   * @returns {Promise<import('./gate.js').WholeAgent>}
   * @throws {VoiceAgentError}
   */
  async loadAgent(name) {
    const { token } = await this.answerAccess(0);
    const { session, ...agent } = await loadAgent(/** @type {URL} */ (this.gate), name, {
      credentials: this.#credentials,
      ...(token !== null && { headers: { Authorization: `Bearer ${token}` } }),
    });
    if (session) return { ...agent, session };
    const problem = { status: 401, code: 'unauthenticated' };
    throw new VoiceAgentError('token-refused', { problem });
  }

  /**
   * Say how a call was.
   * @param {{rating: 'up' | 'down', comment: string, agent: string, duration_seconds: number}} feedback
   * @returns {Promise<boolean>} whether it was taken
   */
  async sendFeedback(feedback) {
    const { token } = await this.answerAccess(0);
    const answer = await fetch(new URL('feedback', this.#absoluteUrl), {
      method: 'POST',
      credentials: this.#credentials,
      headers: {
        'Content-Type': 'application/json',
        ...(token !== null && { Authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(feedback),
      signal: AbortSignal.timeout(FEEDBACK_MS),
    });
    return answer.ok;
  }

  /** Open the way to a service of another origin ahead: looked up, connected and greeted, which costs nobody anything. */
  preconnect() {
    const { origin } = this.#absoluteUrl;
    if (origin === location.origin || document.head.querySelector(`link[href="${origin}"]`)) return;
    const link = document.createElement('link');
    link.rel = 'preconnect';
    link.href = origin;
    link.crossOrigin = this.#credentials === 'include' ? 'use-credentials' : 'anonymous';
    document.head.append(link);
  }

  /** The gate that the page has named, or named an agent of; null: it has its own way to tokens and settings. */
  get gate() {
    const { gate, agent } = this.#options;
    if (gate === undefined && agent === undefined) return null;
    return gateUrl(gate === undefined ? null : String(gate), import.meta.url, document.baseURI);
  }

  /** Where a gate has the client's files. */
  get clientFolder() {
    return new URL('../static/voice-agent/', this.#absoluteUrl).href;
  }

  get #absoluteUrl() {
    const { tokenUrl } = this.#options;
    if (tokenUrl === undefined && this.gate) return new URL('api/voice-token', this.gate);
    return new URL(tokenUrl ?? '/api/voice-token', document.baseURI);
  }
}

/** @param {unknown} value @returns {value is string} */
function isOneWord(value) {
  return typeof value === 'string' && ONE_WORD.test(value);
}
