// Time stretching (WSOLA): finds where a voice repeats itself, so that a little of it can be left out or said twice
// without changing its pitch. Pure; runs on the audio thread: fixed work, nothing allocated.
//
// What it is for, measured on a model of a 10 ms device with the simulator's voice: pauses alone give delay back as well
// in most speech, but where chunks come later and later (up to 200 ms in 5 s) there is 1 gap in 15 replies in place of
// 3, and a voice without pauses is 107 ms late at the end of 30 s in place of 315, where the device loses 1 % of its
// time.

import { SPLICE_MS } from '../dsp/crossfade.js';

/** Shortest and longest stretch of sound to leave out: several periods of a high voice, one of a low. */
const MIN_LAG_MS = 2.5;
const MAX_LAG_MS = 15;

/** A first pass looks at one sample in so many parts of a millisecond; a second one at every sample nearby. */
const COARSE_PER_MS = 12;

/** Less alike than this would be heard. 1 is the same but for loudness. */
const ALIKE = 0.8;

/** Mean square below which there is nothing to hear, and everything is alike. */
const SILENCE = 1e-7;

export class TimeStretch {
  #minLag;
  #maxLag;
  #window;
  #stride;
  #sound;
  /** Index in `#sound` of the present read position, and the direction of the lag. */
  #base = 0;
  #sign = 1;

  /** @param {number} rateHz */
  constructor(rateHz) {
    this.#minLag = Math.round((rateHz * MIN_LAG_MS) / 1000);
    this.#maxLag = Math.round((rateHz * MAX_LAG_MS) / 1000);
    this.#window = Math.round((rateHz * SPLICE_MS) / 1000);
    this.#stride = Math.max(1, Math.round(rateHz / 1000 / COARSE_PER_MS));
    this.#sound = new Float32Array(this.#maxLag + this.#window);
  }

  /** Samples that must lie ahead of the read position to leave some out. */
  get reach() {
    return this.#maxLag + this.#window;
  }

  /** The longest stretch that is left out or repeated, in samples. */
  get maxLag() {
    return this.#maxLag;
  }

  /**
   * How many samples to leave out at the read position, so that the sound goes on as if nothing were missing.
   * @param {import('../dsp/ring.js').SampleRing} ring
   * @param {number} limit in samples; negative to repeat instead, when `maxLag` samples must lie behind
   * @returns {number} 0 where nothing is alike enough; negative like the limit
   */
  find(ring, limit) {
    const longest = Math.min(this.#maxLag, Math.abs(limit));
    if (longest < this.#minLag) return 0;
    this.#sign = Math.sign(limit);
    this.#base = limit < 0 ? longest : 0;
    ring.copy(-this.#base, this.#sound, 0, longest + this.#window);

    const near = this.#best(this.#minLag, longest, this.#stride);
    const from = Math.max(this.#minLag, near - this.#stride);
    const lag = this.#best(from, Math.min(longest, near + this.#stride), 1);
    return this.#likeness(lag, 1) >= ALIKE ? this.#sign * lag : 0;
  }

  /**
   * @param {number} from
   * @param {number} to
   * @param {number} stride between lags and between samples compared
   */
  #best(from, to, stride) {
    let best = from;
    let bestLikeness = -1;
    for (let lag = from; lag <= to; lag += stride) {
      const likeness = this.#likeness(lag, stride);
      if (likeness >= bestLikeness) {
        best = lag;
        bestLikeness = likeness;
      }
    }
    return best;
  }

  /**
   * Normalised correlation of the sound now with the sound `lag` away.
   * @param {number} lag
   * @param {number} stride
   * @returns {number} -1 to 1
   */
  #likeness(lag, stride) {
    const sound = this.#sound;
    const there = this.#sign * lag;
    let product = 0;
    let hereSquared = 0;
    let thereSquared = 0;
    for (let i = this.#base; i < this.#base + this.#window; i += stride) {
      product += sound[i] * sound[i + there];
      hereSquared += sound[i] * sound[i];
      thereSquared += sound[i + there] * sound[i + there];
    }
    const quiet = (SILENCE * this.#window) / stride;
    if (hereSquared < quiet && thereSquared < quiet) return 1;
    if (hereSquared === 0 || thereSquared === 0) return 0;
    return product / Math.sqrt(hereSquared * thereSquared);
  }
}
