// What a call was like, in numbers. The parts of the session write on it; the host gets a copy now and then.

import { EventLog } from './event-log.js';
import { Traffic } from './wire-summary.js';

/** Shortest time between two copies. */
const INTERVAL_MS = 1_000;

/** Losses that neither the service nor the browser has told of. */
const UNTOLD = new Set(['half-open', 'no-answer']);

/** Answers that are remembered. */
const REMEMBERED = 20;

/**
 * @typedef {object} FirstSound
 * @property {'greeting' | 'speech' | 'typed'} after what was answered: the start of the call, words, a message
 * @property {number} waitMs since then; after words, since the service told that they were over
 * @property {number | null} sinceVoiceMs since the microphone itself gave nothing but quiet; only after words
 */

/**
 * @typedef {object} PlaybackStats
 * @property {number} playoutDelayMs how much is buffered before a reply starts to sound, at present
 * @property {number} waitMs how long the latest reply waited before its first sound
 * @property {number} bufferedMs
 * @property {number} excessDelayMs how far the sound is behind the earliest it could have been
 * @property {number} savedMs delay that was given back so far
 * @property {number} underruns
 * @property {number} overflowMs
 *
 * @typedef {object} UplinkStats
 * @property {number} queuedMs waiting to be sent
 * @property {number} droppedMs lost to the bound of the queue
 * @property {number} sentFrames
 * @property {number} replayedMs sent again, because a dead connection may have swallowed it
 *
 * @typedef {object} ConnectionStats
 * @property {number} sockets opened
 * @property {number} tokens fetched
 * @property {number} resumes recoveries in the same session
 * @property {number} continues recoveries in a new session
 * @property {number} rollovers changes to a new session without a loss
 * @property {number} livenessFailures losses that only the client itself has noticed
 * @property {Record<string, number>} lossesByCause `close-1006`, `half-open`, …
 *
 * @typedef {object} Stats
 * @property {number} atMs when this copy was made, since the call began
 * @property {string | null} sessionId of the session that is used, or was last
 * @property {PlaybackStats} playback
 * @property {UplinkStats} uplink
 * @property {ConnectionStats} connection
 * @property {import('./wire-summary.js').TrafficStats} traffic messages and bytes, both ways
 * @property {FirstSound[]} firstSounds how long the last answers took to be heard
 *
 * @typedef {{type: 'stats', stats: Stats} | {type: 'debug'} & import('./event-log.js').LogNews} StatsEvent
 */

/** @type {PlaybackStats} */
const NO_PLAYBACK = {
  playoutDelayMs: 0,
  waitMs: 0,
  bufferedMs: 0,
  excessDelayMs: 0,
  savedMs: 0,
  underruns: 0,
  overflowMs: 0,
};

/** @returns {ConnectionStats} */
const noConnection = () => ({
  sockets: 0,
  tokens: 0,
  resumes: 0,
  continues: 0,
  rollovers: 0,
  livenessFailures: 0,
  lossesByCause: {},
});

export class SessionStats {
  #nowMs;
  #emit;
  #shownAtMs = -Infinity;

  /** What happened, line by line. */
  log;
  /** Every message, both ways. */
  traffic;
  firstSounds;
  /** @type {string | null} */
  sessionId = null;
  playback = NO_PLAYBACK;
  /** @type {UplinkStats} */
  uplink = { queuedMs: 0, droppedMs: 0, sentFrames: 0, replayedMs: 0 };
  connection = noConnection();

  /**
   * @param {import('../ports.js').Environment} environment
   * @param {(event: StatsEvent) => void} emit
   */
  constructor(environment, emit) {
    this.#nowMs = environment.nowMs;
    this.#emit = emit;
    this.log = new EventLog(environment, emit);
    this.traffic = new Traffic(this.log);
    this.firstSounds = new FirstSounds(environment.nowMs);
  }

  /** A new call begins; the uplink brings its own numbers. */
  reset() {
    this.playback = NO_PLAYBACK;
    this.connection = noConnection();
    this.sessionId = null;
    this.log.reset();
    this.traffic.reset();
    this.firstSounds.reset();
  }

  /** @param {string} cause */
  countLoss(cause) {
    this.log.note('trouble', 'lost', { cause });
    const { lossesByCause } = this.connection;
    lossesByCause[cause] = (lossesByCause[cause] ?? 0) + 1;
    if (UNTOLD.has(cause)) this.connection.livenessFailures += 1;
  }

  /** Something has changed: hand out a copy, unless there was one a moment ago. */
  offer() {
    if (this.#nowMs() - this.#shownAtMs >= INTERVAL_MS) this.show();
  }

  /** Hand out a copy now. */
  show() {
    this.#shownAtMs = this.#nowMs();
    const { queuedMs, droppedMs, sentFrames, replayedMs } = this.uplink;
    const stats = structuredClone({
      atMs: this.log.atMs,
      sessionId: this.sessionId,
      playback: this.playback,
      uplink: { queuedMs, droppedMs, sentFrames, replayedMs },
      connection: this.connection,
      traffic: this.traffic.flows,
      firstSounds: this.firstSounds.answers,
    });
    this.#emit({ type: 'stats', stats });
  }
}

/**
 * How long the user waits for an answer: from the end of what was asked to the first sound that leaves the audio thread.
 */
class FirstSounds {
  #nowMs;
  /** @type {{after: FirstSound['after'], atMs: number, quietMs: number | null} | null} what waits for its answer */
  #question = null;
  /** @type {FirstSound[]} oldest first */
  answers = [];

  /** @param {() => number} nowMs monotonic */
  constructor(nowMs) {
    this.#nowMs = nowMs;
  }

  /** A call begins. */
  reset() {
    this.answers = [];
    this.asked('greeting');
  }

  /**
   * @param {FirstSound['after']} after
   * @param {number | null} [quietMs] how long the microphone has been quiet by now
   */
  asked(after, quietMs = null) {
    this.#question = { after, atMs: this.#nowMs(), quietMs };
  }

  /** Nobody waits any more: the user goes on talking, or the call is over. */
  forget() {
    this.#question = null;
  }

  /** The agent begins to be heard. */
  heard() {
    if (!this.#question) return;
    const { after, atMs, quietMs } = this.#question;
    const waitMs = Math.round(this.#nowMs() - atMs);
    const sinceVoiceMs = quietMs === null ? null : Math.round(waitMs + quietMs);
    this.#question = null;
    this.answers.push({ after, waitMs, sinceVoiceMs });
    if (this.answers.length > REMEMBERED) this.answers.shift();
  }
}
