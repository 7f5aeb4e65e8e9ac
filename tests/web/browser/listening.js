// Judges what was heard: by loudness over time, the way an ear would know a sentence again.

/** Length of one step of an envelope. */
const STEP_MS = 10;

/** Below this (root mean square, full scale 1) nobody hears anything. */
export const SILENT = 0.001;

/** A piece of a sentence, about a word. */
const PIECE_STEPS = 40;

/** A piece that is quieter throughout is a pause. */
const AUDIBLE = 0.01;

/** Correlation from which two pieces count as the same word; words of other sentences stay below. */
const ALIKE = 0.9;

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
 * The highest level of all that was recorded.
 * @param {{samples: Float32Array}[]} blocks
 * @returns {number} 0 to 1
 */
export const loudest = (blocks) =>
  blocks.reduce((most, { samples }) => Math.max(most, ...samples.map(Math.abs)), 0);

/**
 * The longest time without sound between its first and its last.
 * @param {number[]} levels envelope
 */
export function longestPauseMs(levels) {
  let longest = 0;
  let pause = -Infinity; // until something is heard
  for (const level of levels) {
    if (level < AUDIBLE) pause += 1;
    else [longest, pause] = [Math.max(longest, pause), 0];
  }
  return longest * STEP_MS;
}

/**
 * How much of a sentence was heard: the part of its pieces that are found, each at its best place. Pieces,
 * because a pause that a busy machine puts into a sentence does not make it another one.
 * @param {number[]} heard envelope
 * @param {number[]} sentence envelope
 * @returns {number} 0 to 1
 */
export function partHeard(heard, sentence) {
  let pieces = 0;
  let found = 0;
  for (let at = 0; at + PIECE_STEPS <= sentence.length; at += PIECE_STEPS) {
    const piece = sentence.slice(at, at + PIECE_STEPS);
    if (Math.max(...piece) < AUDIBLE) continue;
    pieces += 1;
    if (likeness(heard, piece) > ALIKE) found += 1;
  }
  return found / pieces;
}

/**
 * How like a piece its best place is.
 * @param {number[]} heard
 * @param {number[]} piece
 * @returns {number} correlation, at most 1
 */
function likeness(heard, piece) {
  let best = -1;
  for (let at = 0; at + piece.length <= heard.length; at += 1) {
    best = Math.max(best, correlation(heard.slice(at, at + piece.length), piece));
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
