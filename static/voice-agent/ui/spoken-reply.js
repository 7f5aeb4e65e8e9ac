// One reply of the agent: what was told of it, and how much of that has been heard. Pure.

/** A turn that is complete is shown at the latest so long after the last sign of any sound: nothing is ever lost. */
const PATIENCE_MS = 1_500;

/** What a flush has left of a turn is told right after the flush itself. */
const FLUSH_PATIENCE_MS = 150;

/** The first sound is told of by a report for every 66 ms: it began half of that before, on average. */
const ONSET_DELAY_MS = 33;

/** @typedef {import('./ui-types.js').Turn} Turn */

export class SpokenReply {
  /** The latest that was told of it. @type {Turn | null} */
  turn = null;
  /** Characters of it that are shown: what has been heard stays. */
  shownLength = 0;
  /** Shown for good. */
  isSettled = false;
  #line = new PlaybackLine();
  /** Where in it the first sound was heard. @type {number | null} */
  #onsetMs = null;
  #finalAtMs = Infinity;
  /** When its sound was over, and what a flush left of it told. @type {number | null} */
  #overAtMs = null;

  /** @param {Turn} turn @param {number} nowMs */
  tell(turn, nowMs) {
    this.turn = turn;
    if (turn.final) this.#finalAtMs = Math.min(this.#finalAtMs, nowMs);
  }

  /** @param {import('./ui-types.js').Playback} playback @param {number} nowMs */
  report({ positionMs, done, flushed }, nowMs) {
    this.#line.report(positionMs, nowMs);
    if (done) this.#overAtMs = nowMs + (flushed ? FLUSH_PATIENCE_MS : 0);
  }

  /** There is sound of it now, for the first time. @param {number} nowMs */
  markOnset(nowMs) {
    this.#onsetMs ??= Math.max(0, this.#line.at(nowMs) - ONSET_DELAY_MS);
  }

  /** It follows on another one without a pause: nobody can tell where its own sound begins. */
  markSeamless() {
    this.#onsetMs ??= 0;
  }

  /**
   * @param {number} nowMs
   * @param {number} reportedAtMs   when there was the last sign of any sound
   * @returns {number} how long until it is shown as a whole, heard or not; Infinity while it is not complete
   */
  delayUntilWhole(nowMs, reportedAtMs) {
    if (!this.turn?.final) return Infinity;
    if (this.turn.interrupted || !isTimed(this.turn)) return 0;
    const atMs = this.#overAtMs ?? Math.max(this.#finalAtMs, reportedAtMs) + PATIENCE_MS;
    return Math.max(0, atMs - nowMs);
  }

  /**
   * @param {number} nowMs
   * @returns {{text: string, delayMs: number}} what has been heard, and how long until the next word
   */
  heard(nowMs) {
    const { turn } = this;
    if (!turn || this.#onsetMs === null || !isTimed(turn)) return { text: '', delayMs: Infinity };
    const shiftMs = shiftOf(turn.words, this.#onsetMs);
    const count = countUntil(turn.words, this.#line.at(nowMs) - shiftMs);
    const next = turn.words[count];
    return {
      text: textUntil(turn, count),
      delayMs: next ? this.#line.delayUntil(next[0] + shiftMs, nowMs) : Infinity,
    };
  }
}

// Where in a reply's sound the listener is, between two reports of it.

/** How long to go on by the clock alone: reports come every 70 ms while there is sound. */
const MAX_BLIND_MS = 200;

/** Reports come late by anything up to this. One that is further back tells of sound that was missing. */
const MAX_REPORT_DELAY_MS = 120;

/** A straight line through the promptest of the reports. */
class PlaybackLine {
  #positionMs = 0;
  #atMs = -Infinity;
  #reportedAtMs = -Infinity;

  /**
   * @param {number} positionMs
   * @param {number} nowMs
   */
  report(positionMs, nowMs) {
    const expectedMs = this.at(nowMs);
    this.#reportedAtMs = nowMs;
    if (positionMs < expectedMs && expectedMs - positionMs < MAX_REPORT_DELAY_MS) return;
    this.#positionMs = positionMs;
    this.#atMs = nowMs;
  }

  /** @param {number} nowMs @returns {number} milliseconds of the reply's sound */
  at(nowMs) {
    const untilMs = Math.min(nowMs, this.#reportedAtMs + MAX_BLIND_MS);
    return this.#atMs === -Infinity ? 0 : this.#positionMs + untilMs - this.#atMs;
  }

  /**
   * @param {number} positionMs
   * @param {number} nowMs
   * @returns {number} how long until it is heard; Infinity where a report will come before that can be said
   */
  delayUntil(positionMs, nowMs) {
    const delayMs = Math.max(0, positionMs - this.at(nowMs));
    return nowMs + delayMs <= this.#reportedAtMs + MAX_BLIND_MS ? delayMs : Infinity;
  }
}

// Which words of a reply have been heard.

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
function shiftOf(words, onsetMs) {
  return Math.max(0, onsetMs - (words[0]?.[0] ?? 0));
}

/**
 * @param {import('./ui-types.js').Word[]} words   in the order of their times
 * @param {number} positionMs
 */
function countUntil(words, positionMs) {
  const next = words.findIndex(([startMs]) => startMs > positionMs);
  return next < 0 ? words.length : next;
}

/**
 * The text up to a word, in the spelling of the whole text where that is made of the same words.
 *
 * @param {import('./ui-types.js').Turn} turn
 * @param {number} count
 */
function textUntil({ words, text }, count) {
  if (count === words.length) return text;
  return words
    .slice(0, count)
    .map(([, word]) => word)
    .join(' ');
}
