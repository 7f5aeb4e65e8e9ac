// Band-limited conversion between two sample rates, block by block. Pure; allocates in the constructor
// only, because it runs on the audio thread.

/** Attenuation of what would fold back or mirror, in dB; sets the window's shape. */
const STOP_BAND_DB = 90;

/** Where the pass band ends and the stop band begins, as parts of the lower rate's Nyquist frequency. */
const PASS_EDGE = 0.9;
const STOP_EDGE = 1.0;

/** Blocks longer than this must be handed over in parts. */
export const MAX_BLOCK = 1_024;

/** A polyphase filter: windowed sinc (Kaiser), one row of coefficients for each phase. */
export class Resampler {
  #up;
  #down;
  #taps;
  #rows;
  #history;
  #phase = 0;

  /**
   * @param {number} fromHz whole number
   * @param {number} toHz whole number
   */
  constructor(fromHz, toHz) {
    const divisor = greatestCommonDivisor(fromHz, toHz);
    this.#up = toHz / divisor;
    this.#down = fromHz / divisor;
    this.#taps = fromHz === toHz ? 1 : filterTaps(fromHz, toHz);
    this.#rows = filterRows(this.#up, this.#taps, fromHz, toHz);
    this.#history = new Float32Array(this.#taps - 1 + MAX_BLOCK);
  }

  /**
   * The longest output of one block.
   * @returns {number} samples
   */
  get maxOutput() {
    return Math.ceil((MAX_BLOCK * this.#up) / this.#down) + 1;
  }

  /** Forget what came before: the next block has nothing to do with it. */
  reset() {
    this.#history.fill(0);
    this.#phase = 0;
  }

  /**
   * Convert the next block; blocks follow each other without a seam.
   * @param {Float32Array} input
   * @param {number} count at most MAX_BLOCK
   * @param {Float32Array} output at least `maxOutput` long
   * @returns {number} samples written
   */
  process(input, count, output) {
    const taps = this.#taps;
    const history = this.#history;
    for (let i = 0; i < count; i += 1) history[taps - 1 + i] = input[i];
    let written = 0;
    let phase = this.#phase;
    // `phase` counts in steps of the common multiple of both rates; `up` steps are one input sample.
    for (; phase < count * this.#up; phase += this.#down) {
      const newest = Math.floor(phase / this.#up);
      const row = this.#rows[phase % this.#up];
      let sum = 0;
      for (let k = 0; k < taps; k += 1) sum += row[k] * history[newest + k];
      output[written] = sum;
      written += 1;
    }
    this.#phase = phase - count * this.#up;
    history.copyWithin(0, count, count + taps - 1);
    return written;
  }
}

/**
 * Length of the filter in input samples, by Kaiser's formula.
 * @param {number} fromHz
 * @param {number} toHz
 */
function filterTaps(fromHz, toHz) {
  const nyquistHz = Math.min(fromHz, toHz) / 2;
  const transition = (2 * Math.PI * (STOP_EDGE - PASS_EDGE) * nyquistHz) / fromHz;
  return Math.ceil((STOP_BAND_DB - 8) / (2.285 * transition)) + 1;
}

/**
 * One row for each phase, oldest sample first, each scaled so that a constant stays what it is.
 * @param {number} up
 * @param {number} taps
 * @param {number} fromHz
 * @param {number} toHz
 */
function filterRows(up, taps, fromHz, toHz) {
  if (taps === 1) return [Float32Array.of(1)];
  const cutoff = (((PASS_EDGE + STOP_EDGE) / 2) * Math.min(fromHz, toHz)) / fromHz;
  const beta = 0.1102 * (STOP_BAND_DB - 8.7);
  const centre = (taps - 1) / 2;
  return Array.from({ length: up }, (_, phase) => {
    const row = new Float32Array(taps);
    let sum = 0;
    for (let k = 0; k < taps; k += 1) {
      const at = k - centre - phase / up + 0.5; // half a sample, so that the window covers all phases alike
      row[k] = sinc(cutoff * at) * kaiser(at / (taps / 2), beta);
      sum += row[k];
    }
    return row.map((coefficient) => coefficient / sum);
  });
}

/** @param {number} x */
function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/**
 * Not scaled: the rows are.
 * @param {number} x -1 to 1 over the window
 * @param {number} beta
 */
function kaiser(x, beta) {
  return Math.abs(x) >= 1 ? 0 : besselI0(beta * Math.sqrt(1 - x * x));
}

/**
 * Modified Bessel function of the first kind, order 0, by its series.
 * @param {number} x
 */
function besselI0(x) {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * @param {number} a
 * @param {number} b
 * @returns {number}
 */
function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
