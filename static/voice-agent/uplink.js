// The microphone's way to the socket: kept while there is none, and paced when it comes back. Pure.

/**
 * How far sending may run ahead of the clock. Source: documents, "audio-format": about one second of
 * audio per second of wall time is accepted; faster may be dropped.
 */
const BURST_MS = 1_000;

/** Frames quieter than this (full scale 1, root mean square) may be left out while catching up. */
const QUIET_LEVEL = 0.004;

/** Silence that always stays, so that the end of a sentence is still heard as one. */
const KEPT_SILENCE_MS = 1_200;

/**
 * One captured frame.
 * @typedef {object} Frame
 * @property {ArrayBuffer} pcm 16-bit little-endian, mono, 24 kHz
 * @property {number} durationMs
 * @property {number} level root mean square, 0 to 1
 */

/** A bounded queue of captured frames, sent in order and no faster than the service takes them. */
export class Uplink {
  /** @type {Frame[]} */
  #queue = [];
  #queuedMs = 0;
  #silenceMs = 0;
  #creditMs = BURST_MS;
  #creditAtMs = 0;
  #capacityMs;

  /** Speech that the bound or the catching-up has cost, in milliseconds. */
  droppedMs = 0;

  /** @param {{capacityMs?: number}} [options] the oldest frames go first when more is waiting */
  constructor({ capacityMs = 30_000 } = {}) {
    this.#capacityMs = capacityMs;
  }

  /** How much is waiting, in milliseconds. */
  get queuedMs() {
    return this.#queuedMs;
  }

  /** @param {Frame} frame */
  push(frame) {
    this.#queue.push(frame);
    this.#queuedMs += frame.durationMs;
    while (this.#queuedMs > this.#capacityMs) this.droppedMs += this.#shift().durationMs;
  }

  /** Forget everything that is waiting. */
  clear() {
    this.#queue = [];
    this.#queuedMs = 0;
  }

  /**
   * Send what may be sent now.
   * @param {number} nowMs monotonic
   * @param {(frame: Frame) => void} send
   */
  drain(nowMs, send) {
    this.#creditMs = Math.min(BURST_MS, this.#creditMs + nowMs - this.#creditAtMs);
    this.#creditAtMs = nowMs;
    while (this.#queue.length > 0) {
      if (this.#isSpareSilence(this.#queue[0])) {
        this.#shift();
        continue;
      }
      if (this.#creditMs < this.#queue[0].durationMs) return;
      const frame = this.#shift();
      this.#silenceMs = frame.level < QUIET_LEVEL ? this.#silenceMs + frame.durationMs : 0;
      this.#creditMs -= frame.durationMs;
      send(frame);
    }
  }

  /** @param {Frame} frame */
  #isSpareSilence(frame) {
    const isBehind = this.#queuedMs > frame.durationMs * 2;
    return isBehind && frame.level < QUIET_LEVEL && this.#silenceMs >= KEPT_SILENCE_MS;
  }

  #shift() {
    const frame = /** @type {Frame} */ (this.#queue.shift());
    this.#queuedMs -= frame.durationMs;
    return frame;
  }
}
