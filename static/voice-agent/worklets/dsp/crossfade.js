// Reads a ring, and passes from one place in it to another without a click. Pure; runs on the audio thread.

/** Of the cross-fade, in milliseconds: a voice's pitch period or more, so that the ear hears no seam. */
export const SPLICE_MS = 8;

export class Splicer {
  #ring;
  #skip = 0;
  #fadeLeft = 0;

  /** Samples of a cross-fade; this many must lie ahead at both places. */
  fadeFrames;

  /** @param {import('./ring.js').SampleRing} ring @param {number} rateHz */
  constructor(ring, rateHz) {
    this.#ring = ring;
    this.fadeFrames = Math.round((rateHz * SPLICE_MS) / 1000);
  }

  /** Whether a cross-fade is under way. */
  get isBusy() {
    return this.#fadeLeft > 0;
  }

  /** @param {number} skip samples to leave out, or to repeat when negative; only while not busy */
  begin(skip) {
    this.#skip = skip;
    this.#fadeLeft = this.fadeFrames;
  }

  /** Forget a cross-fade under way: what follows belongs to another reply. */
  reset() {
    this.#fadeLeft = 0;
  }

  /**
   * @param {Float32Array} target
   * @param {number} at
   * @param {number} count at most what the ring holds
   * @returns {number} samples written; fewer at the end of a cross-fade
   */
  pull(target, at, count) {
    if (this.#fadeLeft === 0) return this.#ring.pull(target, at, count);
    const given = Math.min(count, this.#fadeLeft);
    for (let i = 0; i < given; i += 1) {
      const part = (this.fadeFrames - this.#fadeLeft + i + 1) / (this.fadeFrames + 1);
      const from = this.#ring.at(i);
      target[at + i] = from + part * (this.#ring.at(this.#skip + i) - from);
    }
    this.#ring.skip(given);
    this.#fadeLeft -= given;
    if (this.#fadeLeft === 0) this.#ring.skip(this.#skip);
    return given;
  }
}
