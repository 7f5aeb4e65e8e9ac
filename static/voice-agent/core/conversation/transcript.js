// Puts the conversation together from the wire's events: one turn an utterance, in the order in which they began, in
// whatever order the events come. Pure.

import { joinWords, TurnList, withWord, wordsUntil, wordsWithin } from './turn-list.js';

/** @typedef {import('./turn-list.js').Turn} Turn */
/** @typedef {import('../connection/protocol.js').ServerMessage} ServerMessage */
/** @typedef {import('./turn-list.js').Entry} Entry */

/**
 * How much of a reply has been heard.
 * @typedef {object} Playback
 * @property {string} replyId
 * @property {number} ms of its content
 * @property {number | null} [onsetMs] where in its content the first word begins; null where that is not known
 * @property {boolean} done it is over for the ear
 * @property {boolean} flushed the rest of it never will be heard
 * @property {boolean} [silent] it is over and nothing of it was to be heard
 */

/** How a word ends that ends a sentence, in the scripts that the service speaks. */
const SENTENCE_END = /[.?!…。！？؟।]["'”’»)\]]*$/u;

export class Transcript {
  #list;
  /** @type {Entry | null} the reply under way */
  #reply = null;
  /** @type {Entry | null} the latest one that is over: its text may still come */
  #overReply = null;
  /** @type {Entry | null} what the user was saying when the socket was lost: it may be heard once more, and whole */
  #unfinished = null;
  /** Whether that is said again, whatever it is then taken for. */
  #isRepeated = false;
  /** Whether this session's replies come with sound; one that does not was never spoken then. */
  #hasSound = false;

  /** Whether any sound of this call was heard; where it is blocked, all replies count as said. */
  #isHeard = false;

  /** @param {readonly unknown[]} [turns] of the call that this one goes on with */
  constructor(turns = []) {
    this.#list = new TurnList(turns);
  }

  /** @returns {readonly Turn[]} those that have words, oldest first */
  get turns() {
    return this.#list.turns;
  }

  /** @returns {readonly Turn[]} those that a new session must be told of; it hears the others itself */
  get turnsToTell() {
    const heardAgain = this.#isRepeated ? this.#unfinished?.turn : null;
    return this.turns.filter((turn) => turn !== heardAgain);
  }

  /**
   * Words the user typed instead of saying them.
   * @param {string} text
   * @param {number} epochMs
   * @returns {Turn}
   */
  addTyped(text, epochMs) {
    const entry = this.#list.begin('user', `typed-${this.#list.newKey(epochMs)}`, epochMs);
    return this.#list.change(entry, { text, final: true });
  }

  /**
   * Take one event of the wire in.
   * @param {ServerMessage} message
   * @param {number} epochMs
   * @param {number} [receivedMs] how much sound of that reply has arrived, for `reply-done`
   * @returns {Turn[]} those that have changed
   */
  apply(message, epochMs, receivedMs = Infinity) {
    switch (message.type) {
      case 'speech-started': {
        // The user's words come after the sound, sometimes even after the reply's: their place is here.
        const last = this.#list.findLastUser();
        if (!last || last.turn.final) this.#list.begin('user', null, epochMs);
        return [];
      }
      case 'reply-started':
        this.#reply = this.#replyOf(message.replyId || this.#list.newKey(epochMs), epochMs);
        return [];
      case 'user-text':
        return this.#takeUserText(message, epochMs);
      case 'reply-word':
        return this.#takeWord(message, epochMs);
      case 'reply-text':
        return this.#takeText(message, epochMs);
      case 'reply-done':
        return this.#finishReply(message, receivedMs);
      default:
        return [];
    }
  }

  /**
   * How much of a reply has been heard.
   * @param {Playback} playback
   * @returns {Turn[]} those that have changed
   */
  heard({ replyId, ms, onsetMs = null, done, flushed, silent = false }) {
    const entry = this.#list.find('agent', replyId);
    this.#isHeard ||= ms > 0;
    if (!entry || !this.#isHeard) return [];
    entry.heardMs = ms;
    entry.leadMs = Math.max(0, (onsetMs ?? 0) - (entry.words[0]?.[0] ?? 0));
    if (!done || !entry.isShown) return [];
    if (flushed) return this.#shorten(entry, ms, entry.turn.interrupted);
    return silent ? [this.#withdraw(entry)] : [];
  }

  /**
   * What was heard of a reply that the user has interrupted, and what was not. By our own count: the service knows what
   * it has sent, and that is ahead of the loudspeaker.
   * @param {string} replyId
   * @returns {{heard: string, unheard: string} | null} null where all was heard, or nobody can tell
   */
  interruption(replyId) {
    const entry = this.#list.find('agent', replyId);
    if (!entry?.over?.interrupted || entry.heardMs === null) return null;
    const heard = wordsUntil(entry.words, entry.heardMs - entry.leadMs);
    const unheard = entry.words.slice(heard.length);
    if (unheard.length === 0) return null;
    return { heard: joinWords(heard), unheard: joinWords(unheard) };
  }

  /**
   * Where in its sound the sentence begins that is being said at a place of a reply.
   * @param {string} replyId
   * @param {number} ms
   * @returns {number} that place itself where its words tell no times
   */
  sentenceAt(replyId, ms) {
    const { words = [], leadMs = 0 } = this.#list.find('agent', replyId) ?? {};
    const begun = wordsUntil(words, ms - leadMs);
    const isTimed = words.some(([atMs]) => atMs !== words[0][0]);
    if (begun.length === 0 || !isTimed) return ms;
    const first = begun.slice(0, -1).findLastIndex(([, word]) => SENTENCE_END.test(word)) + 1;
    return begun[first][0] + leadMs;
  }

  /**
   * The socket is gone: no turn that is still open will get its end from it.
   * @param {boolean} [isRepeated] what the user was saying is said again, as a whole
   * @returns {Turn[]} those that have changed
   */
  settle(isRepeated = false) {
    this.#list.forgetBlank();
    this.#reply = this.#overReply = null;
    this.#hasSound = false;
    const unfinished = this.#list.open.findLast(({ turn }) => turn.role === 'user');
    this.#unfinished = unfinished ?? (isRepeated ? this.#unfinished : null); // or lost for the second time
    this.#isRepeated = isRepeated;
    return this.#list.open.map((entry) => {
      if (entry.turn.role === 'agent') this.#shorten(entry, entry.heardMs ?? Infinity, true);
      return this.#list.change(entry, { final: true });
    });
  }

  /**
   * The whole utterance so far; without an id it is the one under way. What an older one lacks never comes.
   * @param {Extract<ServerMessage, {type: 'user-text'}>} message
   * @param {number} epochMs
   */
  #takeUserText({ itemId, text, final }, epochMs) {
    const openTurns = this.#list.open.filter(({ turn }) => turn.role === 'user');
    const repeatable = this.#isRepeated && text !== '' ? this.#unfinished : null;
    const known =
      (itemId === null
        ? openTurns.at(-1)
        : (this.#list.find('user', itemId) ?? openTurns.find(({ isUnnamed }) => isUnnamed))) ??
      repeatable;
    if (!known && text === '') return [];
    if (known?.turn.final && !final && known !== this.#unfinished) return []; // told late
    const entry = known ?? this.#list.placeUser(itemId ?? this.#list.newKey(epochMs), epochMs);
    if (!known) entry.isUnnamed = itemId === null;
    else if (itemId !== null) Object.assign(entry, { key: itemId, isUnnamed: false });
    const older = openTurns.filter((other) => other !== entry);
    const before = this.#unfinished === entry ? null : this.#unfinished;
    const repeated = before && plain(text).startsWith(plain(before.turn.text)) ? [before] : [];
    if (final || repeated.length > 0 || this.#unfinished === entry) this.#unfinished = null;
    return [
      ...repeated.map((other) => this.#list.change(other, { text: '' })),
      ...older.map((other) => this.#list.change(other, { final: true })),
      this.#list.change(entry, { text: text || entry.turn.text, final }),
    ];
  }

  /** @param {Extract<ServerMessage, {type: 'reply-word'}>} message @param {number} epochMs */
  #takeWord({ replyId, ...told }, epochMs) {
    const entry = this.#replyOf(replyId, epochMs);
    const words = withWord(entry.words, told);
    if (words === entry.words || entry.turn.interrupted) return [];
    entry.words = words;
    const final = entry.turn.final || entry.over !== null;
    return [this.#list.change(entry, { text: entry.told ?? joinWords(words), words, final })];
  }

  /**
   * The service's own text of a whole reply, or of what was spoken of it: it knows better than our count.
   * @param {Extract<ServerMessage, {type: 'reply-text'}>} message
   * @param {number} epochMs
   */
  #takeText({ replyId, text, interrupted }, epochMs) {
    const isLate = replyId === null && !this.#reply && this.#overReply?.told === null;
    const entry = isLate && this.#overReply ? this.#overReply : this.#replyOf(replyId, epochMs);
    if (interrupted ? !entry.isShown && text === '' : text === '' || entry.turn.interrupted)
      return [];
    entry.told = text;
    entry.isToldShortened = interrupted;
    const words = interrupted ? wordsWithin(entry.words, text) : entry.words;
    const about = { interrupted: interrupted || entry.over?.interrupted === true };
    const final = entry.turn.final || entry.over !== null;
    return [this.#list.change(entry, { text, words, final, ...about })];
  }

  /** @param {Extract<ServerMessage, {type: 'reply-done'}>} message @param {number} receivedMs */
  #finishReply({ replyId, interrupted }, receivedMs) {
    const entry = replyId === null ? this.#reply : this.#list.find('agent', replyId);
    if (!entry) return [];
    if (entry === this.#reply) this.#reply = null;
    this.#unfinished = null; // who was answered was heard
    entry.over = { interrupted };
    this.#overReply = entry;
    this.#list.forgetBlank(entry); // what has got no word by the end of a later reply never will
    if (receivedMs > 0 && receivedMs < Infinity) this.#hasSound = true;
    if (!entry.isShown || entry.turn.final) return [];
    if (interrupted) this.#shorten(entry, entry.heardMs ?? receivedMs, true);
    else if (receivedMs === 0 && this.#hasSound) return [this.#withdraw(entry)];
    return [this.#list.change(entry, { final: true })];
  }

  /**
   * Leave of a reply what was heard. Without the words' times it stays whole, and is marked.
   * @param {Entry} entry
   * @param {number} ms
   * @param {boolean} isInterrupted whether the service has interrupted it as well
   */
  #shorten(entry, ms, isInterrupted) {
    if (entry.isToldShortened) return [];
    const words = wordsUntil(entry.words, ms - entry.leadMs);
    const isWhole = words.length === entry.words.length;
    if (isWhole && words.length > 0 && !isInterrupted) return []; // only its last silence was flushed
    const text = isWhole && entry.told !== null ? entry.told : joinWords(words);
    return [this.#list.change(entry, { text, words, interrupted: true })];
  }

  /**
   * A reply that was never spoken: the user went on, and the service told its text all the same (seen live).
   * @param {Entry} entry
   */
  #withdraw(entry) {
    return this.#list.change(entry, { text: '', words: [], interrupted: true, final: true });
  }

  /**
   * @param {string | null} replyId null: the reply under way
   * @param {number} epochMs
   */
  #replyOf(replyId, epochMs) {
    if (replyId === null && this.#reply) return this.#reply;
    const key = replyId ?? this.#list.newKey(epochMs);
    const entry = this.#list.find('agent', key) ?? this.#list.begin('agent', key, epochMs);
    if (replyId === null) this.#reply = entry;
    return entry;
  }
}

/**
 * A text without what two transcriptions of the same words may differ in.
 * @param {string} text
 */
const plain = (text) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
