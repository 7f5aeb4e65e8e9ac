// One token at a time, and the line that it opened: each check can stand alone, and neighbours share what there is.

import { Line } from './check-line.js';

/** The smallest there is: nothing more is taken from the limits than must be. */
const EXPIRES_IN_SECONDS = 30;
export const SESSION_SECONDS = 60;

/** What has little time left is not worth trying. */
const SPARE_MS = 10_000;

/** @typedef {import('../../voice-agent/core/connection/token/token.js').VoiceToken} VoiceToken */

export class Passes {
  #platform;
  /** @type {{token: VoiceToken, mintedMs: number} | null} */
  #kept = null;
  /** @type {{line: Line, token: VoiceToken} | null} */
  #opened = null;

  /** @param {import('./platform.js').Platform} platform */
  constructor(platform) {
    this.#platform = platform;
  }

  /**
   * A fresh token, kept for the next line. Costs one of the caller's tokens; opens nothing.
   * @param {AbortSignal} signal
   * @returns {Promise<number>} how long it took, in milliseconds
   */
  async mint(signal) {
    const startedMs = this.#platform.nowMs();
    const token = await this.#platform.fetchToken(
      { expires_in_seconds: EXPIRES_IN_SECONDS, max_session_duration_seconds: SESSION_SECONDS },
      signal,
    );
    const mintedMs = this.#platform.nowMs();
    this.#kept = { token, mintedMs };
    return mintedMs - startedMs;
  }

  /**
   * A line, with the kept token or a fresh one. Costs nothing until its first message.
   * @param {AbortSignal} signal
   */
  async open(signal) {
    const fresh = this.#takeFresh();
    this.release();
    if (!fresh) await this.mint(signal);
    const token = fresh ?? this.#takeFresh();
    if (!token) throw new Error('The token came too late');
    const line = new Line(this.#platform, token);
    this.#opened = { line, token };
    return { line, opening: await line.open(signal), wsUrl: token.wsUrl };
  }

  /** The line that is open already, or a new one. @param {AbortSignal} signal */
  async line(signal) {
    if (this.#opened?.line.isOpen) return this.#opened.line;
    return (await this.open(signal)).line;
  }

  /** Nothing stays open, and no token is kept. What was not used of a session's time may come back. */
  release() {
    const { line, token } = this.#opened ?? {};
    this.#opened = this.#kept = null;
    line?.drop();
    if (line?.sessionId && token?.receipt)
      this.#platform.reportEnd({ sessionId: line.sessionId, receipt: token.receipt });
  }

  /** A token is never used twice. @returns {VoiceToken | null} */
  #takeFresh() {
    const kept = this.#kept;
    this.#kept = null;
    if (!kept) return null;
    const lifeMs = (kept.token.expiresInSeconds || EXPIRES_IN_SECONDS) * 1000;
    return this.#platform.nowMs() - kept.mintedMs < lifeMs - SPARE_MS ? kept.token : null;
  }
}
