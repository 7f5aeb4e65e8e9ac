// How loud something is. Pure; runs on the audio thread too.

/** Quietest level that a meter shows, in dB below full scale. */
const FLOOR_DB = -54;

/** A voice close to the microphone reaches about this; a meter is full here. */
const CEILING_DB = -12;

/**
 * Root mean square over any number of blocks, read and begun anew by `take`.
 */
export class LevelMeter {
  #sum = 0;
  #count = 0;

  /**
   * @param {ArrayLike<number>} samples full scale 1
   * @param {number} count
   */
  add(samples, count) {
    for (let i = 0; i < count; i += 1) this.#sum += samples[i] * samples[i];
    this.#count += count;
  }

  /** @returns {number} root mean square since the last call, 0 to 1 */
  take() {
    const level = this.#count === 0 ? 0 : Math.sqrt(this.#sum / this.#count);
    this.#sum = 0;
    this.#count = 0;
    return level;
  }
}

/** Length of what each level of a trace is of. */
export const LEVEL_MS = 10;

/** Levels that wait to be taken; of silence, which nobody takes, the latest. */
const MAX_LEVELS = 16;

/** The root mean square of each hundredth of a second, and of all of them. Allocates nothing but what is taken. */
export class LevelTrace {
  #span;
  #left;
  #sum = 0;
  #total = 0;
  #count = 0;
  #levels = new Float32Array(MAX_LEVELS);
  #length = 0;

  /** @param {number} rateHz */
  constructor(rateHz) {
    this.#span = this.#left = Math.round((rateHz * LEVEL_MS) / 1000);
  }

  /** @param {Float32Array} samples */
  add(samples) {
    let at = 0;
    while (at < samples.length) {
      const end = Math.min(samples.length, at + this.#left);
      this.#left -= end - at;
      let sum = 0;
      for (; at < end; at += 1) sum += samples[at] * samples[at];
      this.#sum += sum;
      if (this.#left === 0) this.#close();
    }
    this.#count += samples.length;
  }

  /**
   * What there was since the last call.
   * @returns {{level: number, levels: Float32Array, restFrames: number}} `restFrames`: so many came after the last of
   *   the levels
   */
  take() {
    const sum = this.#total + this.#sum;
    const level = this.#count === 0 ? 0 : Math.sqrt(sum / this.#count);
    const levels = this.#levels.slice(0, this.#length);
    this.#total = -this.#sum;
    this.#count = this.#length = 0;
    return { level, levels, restFrames: this.#span - this.#left };
  }

  #close() {
    if (this.#length === MAX_LEVELS) this.#length = 0;
    this.#levels[this.#length] = Math.sqrt(this.#sum / this.#span);
    this.#length += 1;
    this.#total += this.#sum;
    this.#sum = 0;
    this.#left = this.#span;
  }
}

/**
 * A level as a meter should show it: by decibels, because ears count so.
 * @param {number} rms 0 to 1
 * @returns {number} 0 to 1
 */
export function perceivedLevel(rms) {
  if (rms <= 0) return 0;
  const db = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, (db - FLOOR_DB) / (CEILING_DB - FLOOR_DB)));
}
