// Follows where a voice pauses, and says how much of a pause may be left out or drawn out. Pure; runs on the
// audio thread.

/** A pause keeps this much at its beginning and at its end: less would run words together. */
const KEPT_BEFORE_MS = 80;
const KEPT_AFTER_MS = 20;

/** At most so much at once, which bounds the work. */
const LONGEST_MS = 100;

/** Quiet is a part of the loudest so far, but never louder than soft consonants, and more than a hiss. */
const QUIET_PART = 0.02;
const QUIETEST = 0.001;
const LOUDEST_QUIET = 0.01;

export class Pauses {
  #keptBefore;
  #keptAfter;
  #longest;
  #threshold = QUIETEST;
  /** Samples since something was to be heard. */
  #quiet = 0;

  /** @param {number} rateHz */
  constructor(rateHz) {
    this.#keptBefore = Math.round((rateHz * KEPT_BEFORE_MS) / 1000);
    this.#keptAfter = Math.round((rateHz * KEPT_AFTER_MS) / 1000);
    this.#longest = Math.round((rateHz * LONGEST_MS) / 1000);
  }

  /** Another reply, another voice. */
  reset() {
    this.#threshold = QUIETEST;
    this.#quiet = 0;
  }

  /**
   * @param {Float32Array} samples as they were sent
   * @param {number} at
   * @param {number} count
   */
  hear(samples, at, count) {
    for (let i = at; i < at + count; i += 1) {
      const loudness = Math.abs(samples[i]);
      if (loudness < this.#threshold) this.#quiet += 1;
      else this.#hearSound(loudness);
    }
  }

  /**
   * Samples that may be left out at the read position.
   * @param {import('../dsp/ring.js').SampleRing} ring
   * @param {number} limit at most so many
   * @param {number} ahead samples of this reply that lie ahead
   * @param {number} fade samples of the cross-fade, quiet too
   * @returns {number} 0 where the voice does not pause
   */
  spare(ring, limit, ahead, fade) {
    if (this.#quiet < this.#keptBefore) return 0;
    const kept = fade + this.#keptAfter;
    const wanted = Math.min(limit, this.#longest) + kept;
    let quiet = 0;
    while (quiet < Math.min(wanted, ahead) && Math.abs(ring.at(quiet)) < this.#threshold)
      quiet += 1;
    return Math.max(0, quiet - kept);
  }

  /**
   * Samples of the pause so far that may be heard again.
   * @param {number} limit at most so many
   * @param {number} behind samples that reading can go back
   */
  repeatable(limit, behind) {
    if (this.#quiet < this.#keptBefore) return 0;
    return Math.min(limit, behind, this.#quiet, this.#longest);
  }

  /** @param {number} loudness */
  #hearSound(loudness) {
    this.#quiet = 0;
    const threshold = Math.min(LOUDEST_QUIET, loudness * QUIET_PART);
    if (threshold > this.#threshold) this.#threshold = threshold;
  }
}
