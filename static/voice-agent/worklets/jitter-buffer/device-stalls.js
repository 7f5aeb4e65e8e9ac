// How much time the audio device has lost: wall clock that went by while it rendered nothing. Pure.
//
// Frames come in bursts, so the wall clock runs ahead of them by a varying amount. Its smallest lead over
// half a second is steady, and grows for good only when frames were left out.

/** How long the smallest lead is looked for. */
const WINDOW_MS = 500;

/** More than this at once is a page that was frozen or a clock that was set, not a stall. */
const PLAUSIBLE_MS = 1_000;

export class LostTime {
  #perMs;
  #windowFrames;
  #windowEnd = 0;
  #smallest = Infinity;
  #origin = NaN;

  /** Frames that the device has left out since the beginning; drifts with the device's clock. */
  frames = 0;

  /** @param {number} rateHz */
  constructor(rateHz) {
    this.#perMs = rateHz / 1000;
    this.#windowFrames = WINDOW_MS * this.#perMs;
  }

  /**
   * @param {number} rendered frames so far
   * @param {number} nowMs wall clock
   */
  tick(rendered, nowMs) {
    this.#smallest = Math.min(this.#smallest, nowMs * this.#perMs - rendered);
    if (rendered < this.#windowEnd) return;
    if (Number.isNaN(this.#origin)) this.#origin = this.#smallest;
    const jump = this.#smallest - this.#origin - this.frames;
    if (Math.abs(jump) > PLAUSIBLE_MS * this.#perMs) this.#origin += jump;
    else this.frames += jump;
    this.#smallest = Infinity;
    this.#windowEnd = rendered + this.#windowFrames;
  }
}
