// The microphone's way to the socket: kept while there is none, paced when it comes back, and sent again when a dead
// connection has swallowed it. Pure.

import { KEEP_SPEECH_SECONDS } from '../../call-facts.js';
import { NoiseFloor } from './level-watch.js';

/**
 * How far sending may run ahead of the clock. Source: documents, "audio-format": about one second of audio per
 * second of wall time is accepted; faster may be dropped. The network bunches what left at an even pace, so a
 * part of that second stays unused.
 */
const BURST_MS = 800;

/** Silence that always stays, so that the end of a sentence is still heard as one. */
const KEPT_SILENCE_MS = 1_200;

/** Sound that goes before the first word when something is said again. */
const RUN_UP_MS = 300;

/** Wire text that is remembered after it was sent, in case a dead connection has swallowed it: ten seconds. */
const REMEMBERED_BYTES = 700_000;

/** A turn of the user is told of so long after its first sound, at most. Source: 0.6 s, live. */
const NOTICED_MS = 900;

/** Who has been quiet for so long is in the middle of no turn, whatever was told. */
const TURN_OVER_MS = 3_000;

/**
 * One frame of the microphone, as it goes on the wire.
 * @typedef {object} Frame
 * @property {string} text the encoded message; plain ASCII, so that its length is its bytes
 * @property {number} durationMs
 * @property {boolean} isQuiet nobody speaks in it
 */

/** A bounded queue of captured frames, sent in order and no faster than the service takes them. */
export class Uplink {
  #waiting = new FrameQueue();
  #sent = new FrameQueue();
  #noise = new NoiseFloor();
  #silenceMs = 0;
  #capacityMs;
  #creditMs = BURST_MS;
  #creditAtMs = 0;
  /** How much was sent of the user's turn under way; null: there is none. @type {number | null} */
  #turnMs = null;
  /** Whether that turn is being said again, and the service has not told of it yet. */
  #isSayingAgain = false;

  /** How long the microphone has been quiet, in milliseconds of captured sound. */
  quietMs = 0;

  /** Speech that the bound has cost, in milliseconds. */
  droppedMs = 0;

  /** Speech that was put back to be sent again, in milliseconds. */
  replayedMs = 0;

  sentFrames = 0;

  /** @param {{capacityMs?: number}} [options] how much may wait; the oldest frames go first when there is more */
  constructor({ capacityMs = KEEP_SPEECH_SECONDS * 1000 } = {}) {
    this.#capacityMs = capacityMs;
  }

  /** How much is waiting, in milliseconds. */
  get queuedMs() {
    return this.#waiting.durationMs;
  }

  /** @param {{text: string, durationMs: number, level: number}} frame `level`: root mean square, 0 to 1 */
  push({ text, durationMs, level }) {
    const isQuiet = this.#noise.isQuiet(level, durationMs);
    this.quietMs = isQuiet ? this.quietMs + durationMs : 0;
    this.#waiting.push({ text, durationMs, isQuiet });
    this.#keepBound();
  }

  /** Forget everything that is waiting. */
  clear() {
    this.#waiting = new FrameQueue();
  }

  /** Another socket is used from now on: what went through the one before is its business. */
  forgetSent() {
    this.#sent = new FrameQueue();
    this.#silenceMs = 0;
  }

  /** The service tells that the user has begun to speak. */
  turnBegan() {
    if (!this.#isSayingAgain) this.#turnMs = Math.min(NOTICED_MS, this.#sent.durationMs);
    this.#isSayingAgain = false;
  }

  /** It has taken in what the user said. */
  turnOver() {
    this.#turnMs = null;
    this.#isSayingAgain = false;
  }

  /**
   * A socket is gone with its last frames in it: they are sent again, before everything that waits, from the
   * first word in them on; and with them the whole turn that it was in the middle of, which no service finishes.
   * @param {number} bytes of wire text, counted from the newest
   * @returns {boolean} whether a turn is said again as a whole
   */
  putBack(bytes) {
    const turnMs = this.quietMs < TURN_OVER_MS ? this.#turnMs : null;
    const isWhole = turnMs !== null && turnMs <= this.#sent.durationMs; // else its beginning is forgotten
    /** @type {Frame[]} */
    const lost = [];
    let leftBytes = bytes;
    let leftMs = isWhole ? turnMs : 0;
    while (!this.#sent.isEmpty && (leftBytes > 0 || leftMs > 0)) {
      const frame = this.#sent.pop();
      leftBytes -= frame.text.length;
      leftMs -= frame.durationMs;
      lost.unshift(frame);
    }
    const said = fromFirstWord(lost);
    for (const { durationMs } of said) this.replayedMs += durationMs;
    this.#waiting.putBack(said);
    this.#keepBound();
    this.#turnMs = isWhole ? 0 : null;
    this.#isSayingAgain = isWhole;
    return isWhole;
  }

  /**
   * Send what may be sent now.
   * @param {number} nowMs monotonic
   * @param {(text: string) => boolean} send false when it was not taken; the frame then stays
   */
  drain(nowMs, send) {
    this.#creditMs = Math.min(BURST_MS, this.#creditMs + nowMs - this.#creditAtMs);
    this.#creditAtMs = nowMs;
    while (!this.#waiting.isEmpty) {
      const frame = this.#waiting.first;
      const isBehind = this.queuedMs > frame.durationMs * 2;
      const isSpare = isBehind && frame.isQuiet && this.#silenceMs >= KEPT_SILENCE_MS;
      if (!isSpare && (this.#creditMs < frame.durationMs || !send(frame.text))) return;
      this.#waiting.shift();
      if (!isSpare) this.#noteSent(frame);
    }
  }

  /** @param {Frame} frame */
  #noteSent(frame) {
    this.#silenceMs = frame.isQuiet ? this.#silenceMs + frame.durationMs : 0;
    this.#creditMs -= frame.durationMs;
    if (this.#turnMs !== null) this.#turnMs += frame.durationMs;
    this.sentFrames += 1;
    this.#sent.push(frame);
    while (this.#sent.bytes > REMEMBERED_BYTES) this.#sent.shift();
  }

  #keepBound() {
    while (this.queuedMs > this.#capacityMs) this.droppedMs += this.#waiting.shift().durationMs;
  }
}

/**
 * Frames, oldest first, with their sums. An array moves up at each `shift`: a microsecond for the thousand frames that
 * there are at most.
 */
export class FrameQueue {
  /** @type {Frame[]} */
  #frames = [];
  durationMs = 0;
  /** How much wire text it holds. */
  bytes = 0;

  get isEmpty() {
    return this.#frames.length === 0;
  }

  /** The oldest frame; the queue must not be empty. */
  get first() {
    return this.#frames[0];
  }

  /** @param {Frame} frame */
  push(frame) {
    this.#frames.push(this.#count(frame, 1));
  }

  /** Take the oldest frame out; the queue must not be empty. */
  shift() {
    return this.#count(/** @type {Frame} */ (this.#frames.shift()), -1);
  }

  /** Take the newest frame out; the queue must not be empty. */
  pop() {
    return this.#count(/** @type {Frame} */ (this.#frames.pop()), -1);
  }

  /** @param {Frame[]} frames older than what is in here, oldest first */
  putBack(frames) {
    this.#frames.unshift(...frames.map((frame) => this.#count(frame, 1)));
  }

  /** @param {Frame} frame @param {1 | -1} sign */
  #count(frame, sign) {
    this.durationMs += sign * frame.durationMs;
    this.bytes += sign * frame.text.length;
    return frame;
  }
}

/**
 * @param {Frame[]} frames oldest first
 * @returns {Frame[]} without the silence at the beginning
 */
function fromFirstWord(frames) {
  const word = frames.findIndex(({ isQuiet }) => !isQuiet);
  if (word === -1) return [];
  const runUp = Math.ceil(RUN_UP_MS / frames[word].durationMs);
  return frames.slice(Math.max(0, word - runUp));
}
