// Whether the microphone hears the loudspeaker, and the agent therefore interrupts itself. How loud each of them is, 100
// times a second, is compared at every lag: an echo is the same curve, later and weaker. Knows levels only. Pure.

import { LEVEL_MS } from '../../worklets/dsp/level.js';

/** So much of both is remembered. */
const MEMORY_LEVELS = 512;

/** The latest of it is looked at: the service tells of speech up to 2 s after it began. Source: live, September 2026. */
const WINDOW_LEVELS = 300;

/** From the audio thread by loudspeaker and room back to it. Bluetooth alone takes some 300 ms. */
const LONGEST_LAG_LEVELS = 80;

/** Reports of what is played come 15 times a second: the latest of it is not known yet. */
const REPORT_LEVELS = 8;

/** Words, not the silence between them. */
const WORD_LEVEL = 0.003;

/** Less of the agent's words than this says nothing. */
const MIN_WORD_LEVELS = 40;

/**
 * Correlation from which it is an echo. Measured with synthetic speech of two voices: of 378 interruptions half were alike
 * by less than 0.07 and one in a hundred by 0.60; of 90 echoes, half of them in a room that answers for 0.6 s, one in
 * twenty by less than 0.58, half by more than 0.9. It takes two, at one lag.
 */
const ALIKE = 0.55;

/** Softer than the loudest by so much is silence: where both are silent they are alike, whatever was said. */
const SILENT_SHARE = 0.1;

/** Echoes of one loudspeaker are at most so far apart. */
const SAME_LAG_LEVELS = 3;

/** The second echo counts for so long after the first one. */
const FORGET_MS = 60_000;

/** An echo is gone that is 12 dB weaker than it was found, in several replies one after the other. */
const GONE_SHARE = 0.25;
const GONE_REPLIES = 3;

/** A room answers for so long after the last word. */
const REVERBERATION_MS = 300;

/** Times of the audio thread come in its quanta. */
const TIME_TOLERANCE_MS = 15;

/**
 * @typedef {object} Echo
 * @property {number} lag in levels
 * @property {number} likeness correlation, -1 to 1
 * @property {number} gain of the microphone over the loudspeaker
 */

/** Makes the call half duplex at the second reply that was stopped by its own echo, and full duplex once that is gone. */
export class EchoMonitor {
  #onChange;
  #played = new LevelHistory();
  #captured = new LevelHistory();
  #capturedMs = 0;
  /** @type {Echo | null} that the agent took for somebody */
  #echo = null;
  #echoAtMs = -Infinity;
  /** Whether the reply that is heard, or was heard last, has been stopped by its echo. */
  #isCounted = false;
  #repliesWithout = 0;

  /** Whether the microphone is to give nothing while the agent is heard. */
  isOn = false;

  /** @param {(isOn: boolean, lagMs: number) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** How long after the agent's last sound its echo is over. */
  get tailMs() {
    return this.#lagMs + REVERBERATION_MS;
  }

  /** @param {ArrayLike<number>} levels of what is played @param {number} endMs of the last, by the audio thread's clock */
  played(levels, endMs) {
    this.#played.write(levels, Math.round(endMs / LEVEL_MS));
  }

  /**
   * @param {Int16Array} samples of what the microphone gives
   * @param {number} durationMs
   * @param {number} endMs by the audio thread's clock
   */
  captured(samples, durationMs, endMs) {
    const countedMs = this.#capturedMs + durationMs;
    const isOnTime = Math.abs(countedMs - endMs) < TIME_TOLERANCE_MS;
    this.#capturedMs = isOnTime ? countedMs : endMs;
    const end = Math.round(this.#capturedMs / LEVEL_MS);
    const count = isOnTime ? end - this.#captured.end : Math.round(durationMs / LEVEL_MS);
    this.#captured.write(levelsOf(samples, count), end);
  }

  /** The agent is heard from now on. */
  agentStarted() {
    this.#isCounted = false;
  }

  /** It is not heard any more. */
  agentStopped() {
    if (!this.isOn || this.#echo === null) return;
    const { lag } = this.#echo;
    const echo = this.#find(lag - SAME_LAG_LEVELS, lag + SAME_LAG_LEVELS);
    if (echo === null) return; // it said too little
    const isWithout = echo.gain < this.#echo.gain * GONE_SHARE;
    this.#repliesWithout = isWithout ? this.#repliesWithout + 1 : 0;
    if (this.#repliesWithout === GONE_REPLIES) this.#set(false);
  }

  /** @param {number} nowMs when the service heard somebody begin to speak */
  speechStarted(nowMs) {
    const echo = this.isOn || this.#isCounted ? null : this.#find();
    if (echo === null || echo.likeness < ALIKE) return;
    const isSame = this.#echo && Math.abs(echo.lag - this.#echo.lag) <= SAME_LAG_LEVELS;
    const isSecond = isSame && nowMs - this.#echoAtMs < FORGET_MS;
    this.#isCounted = true;
    this.#echo = echo;
    this.#echoAtMs = nowMs;
    if (isSecond) this.#set(true);
  }

  /** Another audio system: its clock and its lag are its own. */
  forget() {
    this.#played = new LevelHistory();
    this.#captured = new LevelHistory();
    this.#capturedMs = 0;
  }

  /** Another call. */
  reset() {
    this.forget();
    this.#set(false);
  }

  get #lagMs() {
    return (this.#echo?.lag ?? 0) * LEVEL_MS;
  }

  /** @param {boolean} isOn */
  #set(isOn) {
    const isNews = isOn !== this.isOn;
    this.isOn = isOn;
    this.#repliesWithout = 0;
    if (isNews) this.#onChange(isOn, this.#lagMs);
    if (!isOn) this.#echo = null;
  }

  /**
   * The likeliest echo.
   * @param {number} [from] shortest lag
   * @param {number} [to] longest lag
   * @returns {Echo | null} null where too little was said
   */
  #find(from = 0, to = LONGEST_LAG_LEVELS) {
    const end = this.#captured.end - REPORT_LEVELS;
    const captured = this.#captured.before(end, WINDOW_LEVELS);
    const played = this.#played.before(end, WINDOW_LEVELS + LONGEST_LAG_LEVELS);
    const words = played.filter((level) => level > WORD_LEVEL).length;
    if (words < MIN_WORD_LEVELS) return null;
    /** @type {Echo} */
    let best = { lag: 0, likeness: -1, gain: 0 };
    for (let lag = Math.max(0, from); lag <= Math.min(to, LONGEST_LAG_LEVELS); lag += 1) {
      const start = LONGEST_LAG_LEVELS - lag;
      const echo = compare(captured, played.subarray(start, start + WINDOW_LEVELS));
      if (echo.likeness > best.likeness) best = { lag, ...echo };
    }
    return best;
  }
}

/** The latest levels of one sound, each with its place in time; what is not known is silence. */
class LevelHistory {
  #levels = new Float32Array(MEMORY_LEVELS);
  /** Place of the level that comes next. */
  end = 0;

  /** @param {ArrayLike<number>} levels @param {number} end place after the last of them */
  write(levels, end) {
    const from = end - levels.length;
    for (let at = Math.max(this.end, from - MEMORY_LEVELS); at < from; at += 1) this.#set(at, 0);
    for (let i = 0; i < levels.length; i += 1) this.#set(from + i, levels[i]);
    this.end = end;
  }

  /** @param {number} end @param {number} count at most what is remembered @returns {Float32Array} levels before a place */
  before(end, count) {
    return Float32Array.from({ length: count }, (_, i) => {
      const at = end - count + i;
      const isKnown = at >= Math.max(0, this.end - MEMORY_LEVELS) && at < this.end;
      return isKnown ? this.#levels[at % MEMORY_LEVELS] : 0;
    });
  }

  /** @param {number} at @param {number} level */
  #set(at, level) {
    this.#levels[at % MEMORY_LEVELS] = level;
  }
}

/**
 * How far one curve is the other one, scaled; where either of them has sound. What both rest on does not count, such as
 * the noise of the room.
 * @param {Float32Array} curve
 * @param {Float32Array} model as long
 * @returns {{likeness: number, gain: number}}
 */
function compare(curve, model) {
  const [silentX, silentY] = [model, curve].map((levels) => SILENT_SHARE * Math.max(...levels));
  let [count, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < curve.length; i += 1) {
    if (model[i] <= silentX && curve[i] <= silentY) continue;
    count += 1;
    x += model[i];
    y += curve[i];
    xx += model[i] * model[i];
    yy += curve[i] * curve[i];
    xy += model[i] * curve[i];
  }
  const shared = xy - (x * y) / count;
  const [spreadX, spreadY] = [xx - (x * x) / count, yy - (y * y) / count];
  if (!(spreadX > 0 && spreadY > 0)) return { likeness: 0, gain: 0 }; // silence, or a tone
  return { likeness: shared / Math.sqrt(spreadX * spreadY), gain: shared / spreadX };
}

/** @param {Int16Array} samples @param {number} count @returns {Float32Array} their levels, in so many equal parts */
function levelsOf(samples, count) {
  return Float32Array.from({ length: count }, (_, part) => {
    const from = Math.round((samples.length * part) / count);
    const to = Math.round((samples.length * (part + 1)) / count);
    let sum = 0;
    for (let i = from; i < to; i += 1) sum += samples[i] * samples[i];
    return Math.sqrt(sum / (to - from)) / 32_768;
  });
}
