// The turns of a conversation in the order in which they began, those without a word yet among them. Pure.

/** Turns to keep: hours of talk; the bound is there so that memory has one. */
export const MAX_TURNS = 2_000;

/** Half an hour of talk without a pause; the bound is there so that memory has one. */
const MAX_WORDS = 5_000;

/**
 * A word, and the place in the reply's sound where it begins; in the order in which they are spoken. Where the
 * service tells no time, a word has the time of the one before.
 * @typedef {[startMs: number, word: string]} Word
 */

/**
 * One turn of the conversation, as it stands now.
 * @typedef {object} Turn
 * @property {string} id
 * @property {'user' | 'agent'} role
 * @property {string} text what was really said, as far as that is known. A final turn without text was none
 *   after all: a reply that was never spoken
 * @property {boolean} final the service has said its last word on it; only the flush of a reply that still sounds
 *   can shorten it then
 * @property {boolean} interrupted the user interrupted it
 * @property {number} startedAt epoch milliseconds
 * @property {Word[]} words of the agent, for captions that appear as they are heard: each
 *   with the place in the reply's sound where it begins, in milliseconds, as the `playback` event counts them.
 *   Joined with spaces they are the text, but for what the service spells otherwise in the end. Empty where it
 *   tells no words; at most 5,000
 */

/**
 * A turn that has begun; it is shown once it has words.
 * @typedef {object} Entry
 * @property {Turn} turn
 * @property {string | null} key the utterance's or the reply's id; null until it is told
 * @property {boolean} isUnnamed the service gave no id, and the key is ours
 * @property {{interrupted: boolean} | null} over how the reply ended; its words may come later
 * @property {boolean} isShown
 * @property {Word[]} words all that were told, heard or not
 * @property {number | null} heardMs how much of the reply has been heard; null where nobody says
 * @property {number} leadMs silence before the first word, as far as the words' times leave it out
 * @property {string | null} told the text as a whole, as the service told it
 * @property {boolean} isToldShortened that text is what was spoken before an interruption
 */

export class TurnList {
  /** @type {Entry[]} */
  #entries = [];
  #made = 0;

  /** @param {readonly unknown[]} turns of an earlier call */
  constructor(turns) {
    for (const turn of turns.filter(isTurn)) {
      const key = turn.id.slice(turn.id.indexOf('-') + 1);
      const entry = this.begin(turn.role, key, turn.startedAt);
      const interrupted = turn.interrupted === true;
      this.change(entry, { id: turn.id, text: turn.text, final: true, interrupted });
    }
  }

  /** @returns {Turn[]} those that have words */
  get turns() {
    return this.#entries.flatMap(({ isShown, turn }) => (isShown && turn.text !== '' ? turn : []));
  }

  /** @returns {Entry[]} those that have words and may get others */
  get open() {
    return this.#entries.filter(({ isShown, turn }) => isShown && !turn.final);
  }

  /** @param {Turn['role']} role @param {string | null} key @param {number} epochMs */
  begin(role, key, epochMs) {
    const about = { final: false, interrupted: false, startedAt: epochMs, words: [] };
    const turn = { id: `${role}-${key}`, role, text: '', ...about };
    /** @type {Entry} */
    const entry = {
      turn,
      key,
      isUnnamed: false,
      over: null,
      isShown: false,
      words: [],
      heardMs: null,
      leadMs: 0,
      told: null,
      isToldShortened: false,
    };
    this.#entries.push(entry);
    if (this.#entries.length > MAX_TURNS) this.#entries.shift();
    return entry;
  }

  /** @param {Turn['role']} role @param {string} key */
  find(role, key) {
    return this.#entries.findLast((entry) => entry.key === key && entry.turn.role === role);
  }

  /** The user's latest turn, with words or without. */
  findLastUser() {
    return this.#entries.findLast(({ turn }) => turn.role === 'user');
  }

  /**
   * The place of an utterance that is told for the first time: where its sound began, if that was told.
   * @param {string} key
   * @param {number} epochMs
   */
  placeUser(key, epochMs) {
    const blank = this.#entries.find(({ turn, isShown }) => turn.role === 'user' && !isShown);
    if (!blank) return this.begin('user', key, epochMs);
    blank.key = key;
    blank.turn = { ...blank.turn, id: `user-${key}` };
    return blank;
  }

  /** @param {Entry} entry @param {Partial<Turn>} change @returns {Turn} */
  change(entry, change) {
    entry.isShown = true;
    entry.turn = { ...entry.turn, ...change };
    return entry.turn;
  }

  /**
   * Forget those that have got no word; with an entry, those that began before it.
   * @param {Entry} [entry]
   */
  forgetBlank(entry) {
    const end = entry ? this.#entries.indexOf(entry) : Infinity;
    this.#entries = this.#entries.filter(({ isShown }, place) => isShown || place >= end);
  }

  /**
   * A key for what the service gave none.
   * @param {number} epochMs keeps it apart from those of an earlier call
   */
  newKey(epochMs) {
    this.#made += 1;
    return `${epochMs}-${this.#made}`;
  }
}

/**
 * An earlier call's turns come from the page's storage, where another version may have written them.
 * @param {any} turn
 * @returns {turn is Turn}
 */
function isTurn(turn) {
  return (
    ['user', 'agent'].includes(turn?.role) &&
    typeof turn.id === 'string' &&
    typeof turn.text === 'string' &&
    typeof turn.startedAt === 'number'
  );
}

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
