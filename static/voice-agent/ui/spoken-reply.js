// One reply of the agent: what was told of it, and how much of that has been heard. Pure.

import { PlaybackLine } from './playback-line.js';
import { countUntil, isTimed, shiftOf, textUntil } from './spoken-words.js';

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
