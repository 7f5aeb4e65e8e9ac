// What came out of a page, and the questions that are asked of it. Pure.

const QUANTUM = 128;

/** Longest exact silence inside a reply that is no gap: a zero crossing can be a sample or two. */
const GAP_SECONDS = 0.0002;

/** Amplitude of a tone that counts as heard: one that is faded or ducked still does. */
const AUDIBLE = 0.05;

export class SoundRecording {
  #rateHz;
  #samples;
  #timesMs;
  #frames;

  /**
   * @param {number} rateHz
   * @param {object} recorded
   * @param {Float32Array} recorded.samples of all quanta, one after the other
   * @param {Float64Array} recorded.timesMs when each quantum was rendered, wall clock
   * @param {Float64Array} recorded.frames position of each quantum in the audio system's time
   */
  constructor(rateHz, { samples, timesMs, frames }) {
    this.#rateHz = rateHz;
    this.#samples = samples;
    this.#timesMs = timesMs;
    this.#frames = frames;
  }

  /** How many samples are not silence. */
  get soundSamples() {
    return this.#samples.reduce((count, sample) => count + (sample === 0 ? 0 : 1), 0);
  }

  /**
   * When the first sound since `fromMs` was rendered.
   * @param {number} fromMs
   * @returns {number} wall clock; Infinity when there was none
   */
  firstSoundMs(fromMs) {
    const { start, end } = this.#span(fromMs);
    for (let i = start; i < end; i += 1) if (this.#samples[i] !== 0) return this.#timeMs(i);
    return Infinity;
  }

  /**
   * When the last sound in that time was rendered.
   * @param {number} fromMs
   * @param {number} [toMs]
   * @returns {number} wall clock; -Infinity when there was none
   */
  lastSoundMs(fromMs, toMs) {
    const { start, end } = this.#span(fromMs, toMs);
    for (let i = end - 1; i >= start; i -= 1) if (this.#samples[i] !== 0) return this.#timeMs(i);
    return -Infinity;
  }

  /**
   * Exact silences between the first and the last sound in that time.
   * @param {number} fromMs
   * @param {number} [toMs]
   * @returns {{count: number, totalMs: number, soundMs: number}} soundMs: first to last sound, without gaps
   */
  gaps(fromMs, toMs) {
    const { start, end } = this.#soundSpan(fromMs, toMs);
    let count = 0;
    let silent = 0;
    for (let i = start, run = 0; i < end; i += 1) {
      run = this.#samples[i] === 0 ? run + 1 : 0;
      // A run is counted once, when it is long enough, with all that it has by then.
      if (run === Math.ceil(GAP_SECONDS * this.#rateHz)) {
        count += 1;
        silent += run;
      } else if (run > GAP_SECONDS * this.#rateHz) silent += 1;
    }
    const inMs = (/** @type {number} */ samples) => (samples / this.#rateHz) * 1000;
    return { count, totalMs: inMs(silent), soundMs: inMs(end - start - silent) };
  }

  /**
   * Quanta that the browser left out in that time: neither sound nor silence of the page's making.
   * @param {number} fromMs
   * @param {number} [toMs]
   */
  skippedQuanta(fromMs, toMs) {
    const { start, end } = this.#span(fromMs, toMs);
    let skipped = 0;
    for (let quantum = start / QUANTUM + 1; quantum < end / QUANTUM; quantum += 1) {
      skipped += (this.#frames[quantum] - this.#frames[quantum - 1]) / QUANTUM - 1;
    }
    return skipped;
  }

  /**
   * By how much the sound device fell behind the clock in that time: sound that it did not take.
   * @param {number} fromMs
   * @param {number} toMs
   */
  deviceLagMs(fromMs, toMs) {
    const { start, end } = this.#span(fromMs, toMs);
    const first = start / QUANTUM;
    const last = end / QUANTUM - 1;
    const playedMs = ((this.#frames[last] - this.#frames[first]) / this.#rateHz) * 1000;
    return this.#timesMs[last] - this.#timesMs[first] - playedMs;
  }

  /**
   * The largest jump from one sample to the next.
   * @param {number} fromMs
   * @param {number} toMs
   * @returns {number} of full scale
   */
  largestStep(fromMs, toMs) {
    const { start, end } = this.#span(fromMs, toMs);
    let largest = 0;
    for (let i = Math.max(1, start); i < end; i += 1) {
      largest = Math.max(largest, Math.abs(this.#samples[i] - this.#samples[i - 1]));
    }
    return largest;
  }

  /**
   * Places where a pure tone bends more sharply than a tone can, its first and last 30 ms left out.
   * @param {{hz: number, amplitude: number}} tone
   * @param {number} fromMs
   * @param {number} [toMs]
   */
  clicks({ hz, amplitude }, fromMs, toMs) {
    const { start, end } = this.#soundSpan(fromMs, toMs);
    const edge = Math.round(0.03 * this.#rateHz);
    const sharpest = amplitude * ((2 * Math.PI * hz) / this.#rateHz) ** 2;
    let clicks = 0;
    for (let i = start + edge; i < end - edge; i += 1) {
      const [before, at, after] = this.#samples.subarray(i - 1, i + 2);
      if (Math.abs(before - 2 * at + after) < 2 * sharpest) continue;
      clicks += 1;
      i += Math.round(0.002 * this.#rateHz); // one click bends more than one sample
    }
    return clicks;
  }

  /**
   * For how long two tones were heard at once. A window in which one follows the other is no overlap, so two
   * windows in a row must have both.
   * @param {[number, number]} tonesHz each with a whole number of periods in 10 ms
   * @param {number} fromMs
   * @param {number} toMs
   * @returns {number} milliseconds, in steps of 10
   */
  mixedMs(tonesHz, fromMs, toMs) {
    const { start, end } = this.#span(fromMs, toMs);
    const window = this.#rateHz / 100;
    let windows = 0;
    for (let at = start, run = 0; at + window <= end; at += window) {
      const part = this.#samples.subarray(at, at + window);
      const hasBoth = tonesHz.every((hz) => amplitude(part, hz / this.#rateHz) > AUDIBLE);
      run = hasBoth ? run + 1 : 0;
      if (run >= 2) windows += run === 2 ? 2 : 1;
    }
    return windows * 10;
  }

  /** @param {number} sample */
  #timeMs(sample) {
    return this.#timesMs[Math.floor(sample / QUANTUM)];
  }

  /**
   * @param {number} fromMs
   * @param {number} [toMs]
   * @returns {{start: number, end: number}} samples, whole quanta
   */
  #span(fromMs, toMs = Infinity) {
    const first = this.#timesMs.findIndex((timeMs) => timeMs >= fromMs);
    const after = this.#timesMs.findIndex((timeMs) => timeMs > toMs);
    const quanta = this.#timesMs.length;
    return {
      start: (first === -1 ? quanta : first) * QUANTUM,
      end: (after === -1 ? quanta : after) * QUANTUM,
    };
  }

  /**
   * @param {number} fromMs
   * @param {number} [toMs]
   * @returns {{start: number, end: number}} from the first to after the last sample that is not silence
   */
  #soundSpan(fromMs, toMs) {
    let { start, end } = this.#span(fromMs, toMs);
    while (start < end && this.#samples[start] === 0) start += 1;
    while (end > start && this.#samples[end - 1] === 0) end -= 1;
    return { start, end };
  }
}

/**
 * @param {Float32Array} part
 * @param {number} cycles a sample
 */
function amplitude(part, cycles) {
  let cosine = 0;
  let sine = 0;
  part.forEach((sample, i) => {
    cosine += sample * Math.cos(2 * Math.PI * cycles * i);
    sine += sample * Math.sin(2 * Math.PI * cycles * i);
  });
  return (2 * Math.hypot(cosine, sine)) / part.length;
}
