// What arrived from the microphone, and when its samples were captured. Pure.

const QUANTUM = 128;
const SAMPLES_PER_MS = 24;

/** Holes up to this are a pair cut in two at a frame's edge, not lost speech. */
const CUT_PAIR_SAMPLES = 2;

/** @typedef {import('../stub/conversation.js').Frame} Frame */
/** @typedef {import('../probe/number-code.js').Range} Range */

/**
 * @param {Float64Array[]} microphones when each quantum of each was rendered
 * @param {number} microphone
 * @param {number} sample its number
 * @returns {number} wall clock, in milliseconds
 */
export function capturedMs(microphones, microphone, sample) {
  return microphones[microphone]?.[Math.floor(sample / QUANTUM)] ?? NaN;
}

/**
 * How long the samples of each frame were under way.
 * @param {Frame[]} frames
 * @param {Float64Array[]} microphones
 * @returns {{newestMs: number, meanMs: number, oldestMs: number}[]}
 */
export function delays(frames, microphones) {
  return frames
    .filter(({ ranges }) => ranges.length > 0)
    .map(({ atMs, ranges }) => {
      const first = ranges[0];
      const last = ranges[ranges.length - 1];
      const newestMs = atMs - capturedMs(microphones, last.microphone, last.from + last.count - 1);
      const oldestMs = atMs - capturedMs(microphones, first.microphone, first.from);
      return { newestMs, meanMs: (newestMs + oldestMs) / 2, oldestMs };
    });
}

/**
 * The longest that any sample in that time was under way.
 * @param {Frame[]} frames
 * @param {Float64Array[]} microphones
 */
export function worstDelayMs(frames, microphones) {
  return Math.max(...delays(frames, microphones).map(({ oldestMs }) => oldestMs));
}

/**
 * Speech of one microphone that is missing on the wire, between its first and its last sample there.
 * @param {Frame[]} frames of all sockets
 * @param {number} [microphone]
 * @returns {{lostMs: number, repeatedMs: number}}
 */
export function holes(frames, microphone = 0) {
  const ranges = frames
    .flatMap((frame) => frame.ranges)
    .filter((range) => range.microphone === microphone)
    .sort((a, b) => a.from - b.from);
  let lost = 0;
  let repeated = 0;
  let next = ranges[0]?.from ?? 0;
  for (const { from, count } of ranges) {
    if (from - next > CUT_PAIR_SAMPLES) lost += from - next;
    if (from < next) repeated += Math.min(next - from, count);
    next = Math.max(next, from + count);
  }
  return { lostMs: lost / SAMPLES_PER_MS, repeatedMs: repeated / SAMPLES_PER_MS };
}

/**
 * Speech from before the first sample on the wire, since the microphone was opened.
 * @param {Frame[]} frames
 * @param {Float64Array[]} microphones
 * @param {number} openedMs when getUserMedia gave the stream
 */
export function lostAtStartMs(frames, microphones, openedMs) {
  const first = frames.find(({ ranges }) => ranges.length > 0)?.ranges[0];
  if (!first) return Infinity;
  const times = microphones[first.microphone];
  const opened = times.findIndex((timeMs) => timeMs >= openedMs) * QUANTUM;
  return Math.max(0, first.from - Math.max(0, opened)) / SAMPLES_PER_MS;
}
