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
