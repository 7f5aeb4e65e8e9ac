// Which words of a reply have been heard. Pure.

/**
 * Whether the words' times can pace them: some services tell none, or the same for all.
 *
 * @param {import('./ui-types.js').Turn} turn
 */
export function isTimed({ words }) {
  return words.length === 1 || words.some(([startMs]) => startMs !== words[0][0]);
}

/**
 * Replies begin with silence, and the words' times are told from its end: by how much they are late in the sound.
 *
 * @param {import('./ui-types.js').Word[]} words
 * @param {number} onsetMs   where the first sound was heard
 */
export function shiftOf(words, onsetMs) {
  return Math.max(0, onsetMs - (words[0]?.[0] ?? 0));
}

/**
 * @param {import('./ui-types.js').Word[]} words   in the order of their times
 * @param {number} positionMs
 */
export function countUntil(words, positionMs) {
  const next = words.findIndex(([startMs]) => startMs > positionMs);
  return next < 0 ? words.length : next;
}

/**
 * The text up to a word, in the spelling of the whole text where that is made of the same words.
 *
 * @param {import('./ui-types.js').Turn} turn
 * @param {number} count
 */
export function textUntil({ words, text }, count) {
  if (count === words.length) return text;
  return words
    .slice(0, count)
    .map(([, word]) => word)
    .join(' ');
}
