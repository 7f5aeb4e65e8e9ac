// A queue of microphone frames that grows and shrinks at both ends without moving what is between. Pure.

/** Places at the front that may stand empty before the rest moves up. */
const SLACK = 512;

/**
 * One frame of the microphone, as it goes on the wire.
 * @typedef {object} Frame
 * @property {string} text the encoded message; plain ASCII, so that its length is its bytes
 * @property {number} durationMs
 * @property {boolean} isQuiet nobody speaks in it
 */

export class FrameQueue {
  /** @type {Frame[]} */
  #frames = [];
  #front = 0;
  #durationMs = 0;
  #bytes = 0;

  get isEmpty() {
    return this.#front === this.#frames.length;
  }

  /** How much sound it holds, in milliseconds. */
  get durationMs() {
    return this.#durationMs;
  }

  /** How much wire text it holds. */
  get bytes() {
    return this.#bytes;
  }

  /** The oldest frame; the queue must not be empty. */
  get first() {
    return this.#frames[this.#front];
  }

  /** @param {Frame} frame */
  push(frame) {
    this.#frames.push(frame);
    this.#count(frame, 1);
  }

  /** Take the oldest frame out; the queue must not be empty. */
  shift() {
    const frame = this.first;
    this.#front += 1;
    this.#count(frame, -1);
    if (this.#front >= SLACK) this.#moveUp();
    return frame;
  }

  /** Take the newest frame out; the queue must not be empty. */
  pop() {
    const frame = /** @type {Frame} */ (this.#frames.pop());
    this.#count(frame, -1);
    return frame;
  }

  /** @param {Frame[]} frames older than what is in here, oldest first */
  putBack(frames) {
    this.#moveUp();
    this.#frames = [...frames, ...this.#frames];
    for (const frame of frames) this.#count(frame, 1);
  }

  clear() {
    this.#frames = [];
    this.#front = 0;
    this.#durationMs = 0;
    this.#bytes = 0;
  }

  /** @param {Frame} frame @param {1 | -1} sign */
  #count({ durationMs, text }, sign) {
    this.#durationMs += sign * durationMs;
    this.#bytes += sign * text.length;
  }

  #moveUp() {
    this.#frames.splice(0, this.#front);
    this.#front = 0;
  }
}
