// Where in a reply's sound the listener is, between two reports of it. Pure.

/** How long to go on by the clock alone: reports come every 70 ms while there is sound. */
const MAX_BLIND_MS = 200;

/** Reports come late by anything up to this. One that is further back tells of sound that was missing. */
const MAX_REPORT_DELAY_MS = 120;

/** A straight line through the promptest of the reports. */
export class PlaybackLine {
  #positionMs = 0;
  #atMs = -Infinity;
  #reportedAtMs = -Infinity;

  /**
   * @param {number} positionMs
   * @param {number} nowMs
   */
  report(positionMs, nowMs) {
    const expectedMs = this.at(nowMs);
    this.#reportedAtMs = nowMs;
    if (positionMs < expectedMs && expectedMs - positionMs < MAX_REPORT_DELAY_MS) return;
    this.#positionMs = positionMs;
    this.#atMs = nowMs;
  }

  /** @param {number} nowMs @returns {number} milliseconds of the reply's sound */
  at(nowMs) {
    const untilMs = Math.min(nowMs, this.#reportedAtMs + MAX_BLIND_MS);
    return this.#atMs === -Infinity ? 0 : this.#positionMs + untilMs - this.#atMs;
  }

  /**
   * @param {number} positionMs
   * @param {number} nowMs
   * @returns {number} how long until it is heard; Infinity where a report will come before that can be said
   */
  delayUntil(positionMs, nowMs) {
    const delayMs = Math.max(0, positionMs - this.at(nowMs));
    return nowMs + delayMs <= this.#reportedAtMs + MAX_BLIND_MS ? delayMs : Infinity;
  }
}
