// Numbers from sound, and from lists of times. Pure.

/** What silence counts as: a logarithm knows no zero. */
export const SILENCE_DB = -100;

/** @param {number} power  1 = full scale */
export function decibels(power) {
  return power > 0 ? Math.max(SILENCE_DB, 10 * Math.log10(power)) : SILENCE_DB;
}

/** @param {ArrayLike<number>} samples */
export function powerOf(samples) {
  let sum = 0;
  for (let i = 0; i < samples.length; i += 1) sum += samples[i] * samples[i];
  return samples.length ? sum / samples.length : 0;
}

/** @param {ArrayLike<number>} samples */
export function peakOf(samples) {
  let peak = 0;
  for (let i = 0; i < samples.length; i += 1) peak = Math.max(peak, Math.abs(samples[i]));
  return peak;
}

/**
 * The power at one frequency, by Goertzel's algorithm; of a sine as much as `powerOf` finds in it.
 *
 * @param {ArrayLike<number>} samples
 * @param {number} frequencyHz
 * @param {number} rateHz
 */
export function powerAt(samples, frequencyHz, rateHz) {
  const step = 2 * Math.cos((2 * Math.PI * frequencyHz) / rateHz);
  let [last, before] = [0, 0];
  for (let i = 0; i < samples.length; i += 1) {
    [last, before] = [windowed(samples, i) + step * last - before, last];
  }
  const squared = last * last + before * before - step * last * before;
  // The window takes half of the amplitude away.
  return samples.length ? (8 * squared) / samples.length ** 2 : 0;
}

/** Hann's window: without it a tone shows at every other frequency too. @param {ArrayLike<number>} samples @param {number} at */
function windowed(samples, at) {
  return samples[at] * (0.5 - 0.5 * Math.cos((2 * Math.PI * at) / samples.length));
}

/**
 * @param {readonly number[]} values   at least one
 * @param {number} part   0 = the least, 0.5 = the median, 1 = the greatest
 */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(part * (sorted.length - 1))];
}
