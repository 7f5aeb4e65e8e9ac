// Gives excess delay back, and takes a little more time where gaps threaten: in pauses first, and then by at
// most 4 % of speed, without change of pitch. Pure; runs on the audio thread, and searches once a call at most.

import { TimeStretch } from './time-stretch.js';

/** Late enough to begin, and little enough to stop; nobody hears 20 ms. */
const BEGIN_MS = 15;
const ENOUGH_MS = 3;

/** Pauses alone have this long to give delay back. */
const PATIENCE_MS = 2_000;

/** Part of the sound that may be left out or repeated while the voice speaks. */
const MAX_STRETCH = 0.04;

/** After a place where the voice does not repeat itself. */
const RETRY_MS = 10;

/** A pause keeps this much at its beginning and at its end: less would run words together. */
const KEPT_BEFORE_MS = 80;
const KEPT_AFTER_MS = 20;

/** Of a pause at most so much at once, left out or repeated, which bounds the work. */
export const LONGEST_SKIP_MS = 100;

/** Quiet is a part of the loudest so far, but never louder than soft consonants, and more than a hiss. */
const QUIET_PART = 0.02;
const QUIETEST = 0.001;
const LOUDEST_QUIET = 0.01;

export class CatchUp {
  #ring;
  #fade;
  #perMs;
  #pauses;
  #stretch;
  #isLate = false;
  /** Samples until speed is changed at all, and until it is changed again. */
  #patienceLeft = 0;
  #restLeft = 0;

  /** Samples given back. */
  saved = 0;

  /**
   * @param {import('../dsp/ring.js').SampleRing} ring
   * @param {number} rateHz
   * @param {number} fade samples of the cross-fade that a skip takes
   */
  constructor(ring, rateHz, fade) {
    this.#ring = ring;
    this.#fade = fade;
    this.#perMs = rateHz / 1000;
    this.#pauses = new Pauses(rateHz);
    this.#stretch = new TimeStretch(rateHz);
  }

  /** Another reply begins. */
  reset() {
    this.#isLate = false;
    this.#restLeft = 0;
    this.#pauses.reset();
  }

  /**
   * @param {Float32Array} samples as they were sent
   * @param {number} at
   * @param {number} count
   */
  hear(samples, at, count) {
    this.#pauses.hear(samples, at, count);
    this.#patienceLeft -= count;
    this.#restLeft -= count;
  }

  /**
   * @param {number} late samples; negative when more should be kept ready
   * @param {number} ahead samples of this reply that lie ahead of the read position
   * @param {number} behind samples of it that lie behind and can be read again
   * @returns {number} samples to leave out now, or to repeat when negative; 0 to go on
   */
  choose(late, ahead, behind) {
    if (!this.#isLate && late >= BEGIN_MS * this.#perMs) {
      this.#isLate = true;
      this.#patienceLeft = PATIENCE_MS * this.#perMs;
    }
    const enough = ENOUGH_MS * this.#perMs;
    if (late < enough) this.#isLate = false;
    if (late < 0) {
      if (-late < enough || ahead < this.#fade) return 0;
      const repeated = this.#pauses.repeatable(Math.ceil(-late), behind);
      return repeated > 0 ? -repeated : this.#change(-this.#stretch.maxLag, ahead, behind);
    }
    if (!this.#isLate) return 0;
    const limit = Math.floor(late);
    const droppable = this.#pauses.droppable(this.#ring, limit, ahead, this.#fade);
    const left = droppable || (this.#patienceLeft > 0 ? 0 : this.#change(limit, ahead, 0));
    this.saved += left;
    return left;
  }

  /**
   * Leave a little out of the voice, or repeat it.
   * @param {number} limit samples; negative to repeat
   * @param {number} ahead
   * @param {number} behind
   */
  #change(limit, ahead, behind) {
    const isInReach = limit < 0 ? behind >= this.#stretch.maxLag : ahead >= this.#stretch.reach;
    if (this.#restLeft > 0 || !isInReach) return 0;
    const lag = this.#stretch.find(this.#ring, limit);
    this.#restLeft = lag === 0 ? RETRY_MS * this.#perMs : Math.abs(lag) / MAX_STRETCH;
    return lag;
  }
}

/** Follows where a voice pauses, and says how much of a pause may be left out or drawn out. */
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
    this.#longest = Math.round((rateHz * LONGEST_SKIP_MS) / 1000);
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
      else {
        this.#quiet = 0;
        const threshold = Math.min(LOUDEST_QUIET, loudness * QUIET_PART);
        this.#threshold = Math.max(this.#threshold, threshold);
      }
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
  droppable(ring, limit, ahead, fade) {
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
}
