// Judges what was heard: by loudness over time, the way an ear would know a sentence again.

/** Length of one step of an envelope. */
const STEP_MS = 10;

/** Below this (root mean square, full scale 1) nobody hears anything. */
export const SILENT = 0.001;

/**
 * Loudness every 10 ms.
 * @param {ArrayLike<number>} samples
 * @param {number} rateHz
 * @param {number} [fullScale]
 * @returns {number[]}
 */
export function envelope(samples, rateHz, fullScale = 1) {
  const step = (rateHz * STEP_MS) / 1000;
  const levels = [];
  for (let at = 0; at + step <= samples.length; at += step) {
    let sum = 0;
    for (let i = at; i < at + step; i += 1) sum += (samples[i] / fullScale) ** 2;
    levels.push(Math.sqrt(sum / step));
  }
  return levels;
}

/**
 * How well one envelope is found within another, at its best place.
 * @param {number[]} heard
 * @param {number[]} sought
 * @returns {{likeness: number, atMs: number}} correlation, at most 1
 */
export function find(heard, sought) {
  let best = { likeness: -1, atMs: 0 };
  for (let at = 0; at + sought.length <= heard.length; at += 1) {
    const likeness = correlation(heard.slice(at, at + sought.length), sought);
    if (likeness > best.likeness) best = { likeness, atMs: at * STEP_MS };
  }
  return best;
}

/**
 * @param {number[]} a
 * @param {number[]} b
 */
function correlation(a, b) {
  const meanA = mean(a);
  const meanB = mean(b);
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i += 1) {
    ab += (a[i] - meanA) * (b[i] - meanB);
    aa += (a[i] - meanA) ** 2;
    bb += (b[i] - meanB) ** 2;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

/** @param {number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
