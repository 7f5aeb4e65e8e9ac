// The words of a reply and where in its sound they begin. Pure; any thread.

/** Half an hour of talk without a pause; the bound is there so that memory has one. */
const MAX_WORDS = 5_000;

/**
 * A word, and the place in the reply's sound where it begins; in the order in which they are spoken. Where the
 * service tells no time, a word has the time of the one before.
 * @typedef {[startMs: number, word: string]} Word
 */

/**
 * The words with one more; the same array where it adds nothing (blank, or told twice).
 * @param {Word[]} words
 * @param {{word: string, startMs: number | null, endMs: number | null}} told
 * @returns {Word[]}
 */
export function withWord(words, { word, startMs, endMs }) {
  const text = word.trim();
  if (text === '' || words.length >= MAX_WORDS) return words;
  const isTimed = startMs !== null && endMs !== null && endMs > startMs;
  const isSame = (/** @type {Word} */ [at, known]) => at === startMs && known === text;
  if (isTimed && words.some(isSame)) return words;
  const atMs = startMs ?? words.at(-1)?.[0] ?? 0;
  return words.toSpliced(words.findLastIndex(([at]) => at <= atMs) + 1, 0, [atMs, text]);
}

/** @param {Word[]} words @param {number} ms @returns {Word[]} those that have begun by then */
export function wordsUntil(words, ms) {
  return words.filter(([startMs]) => startMs < ms);
}

/**
 * @param {Word[]} words
 * @param {string} text the beginning of what they say
 * @returns {Word[]} those that make up that text
 */
export function wordsWithin(words, text) {
  let length = -1;
  return words.filter(([, word]) => (length += 1 + word.length) <= text.length);
}

/**
 * Some words are told with a space and some without (seen live): there is one between any two.
 * @param {Word[]} words
 */
export function joinWords(words) {
  return words.map(([, word]) => word).join(' ');
}
