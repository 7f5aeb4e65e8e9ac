// What is to be heard, in order, reply by reply. Pure; `render` runs for every quantum and allocates nothing.

import { Envelope } from '../dsp/fade.js';
import { ReplyLine } from './reply-order.js';
import { SampleRing } from '../dsp/ring.js';
import { SegmentReader } from './segment-reader.js';
import { StartMargin } from './playout-delay.js';

/** @typedef {import('../playback-port.js').PlaybackCommand} PlaybackCommand */
/** @typedef {import('../playback-port.js').PlaybackReport} PlaybackReport */
/** @typedef {import('../playback-port.js').FinishedReply} FinishedReply */
/** @typedef {import('./buffered-reply.js').PlaybackReply} PlaybackReply */
/** @typedef {import('./reply-order.js').Segment} Segment */

/** How far reading can go back, to make a pause longer. */
const HISTORY_MS = 100;

export class PlaybackQueue {
  #perMs;
  #ring;
  #line;
  #reader;
  #envelope;
  #margin;
  /** @type {FinishedReply[]} not reported yet */
  #finished = [];
  #isSounding = false;
  #rendered = 0;
  /** Frame at which the reply before was over. */
  #freeSince = 0;
  #waited = 0;
  #underruns = 0;
  #overflow = 0;

  /**
   * @param {object} options
   * @param {number} options.rateHz of the samples pushed and rendered
   * @param {number} [options.capacitySeconds] the service may send a whole reply at once
   * @param {number} [options.leadMs] sound kept ready before the first reply starts
   * @param {number} [options.fadeMs] of every start and cut
   * @param {boolean} [options.catchesUp] whether lateness is given back
   * @param {() => number} [options.nowMs] wall clock; without one the device is taken to lose no time
   */
  constructor({ rateHz, capacitySeconds = 120, leadMs, fadeMs = 5, catchesUp = true, nowMs }) {
    this.#perMs = rateHz / 1000;
    this.#ring = new SampleRing(rateHz * capacitySeconds, Math.round(HISTORY_MS * this.#perMs));
    this.#line = new ReplyLine(rateHz);
    this.#reader = new SegmentReader(this.#ring, { rateHz, catchesUp, nowMs });
    this.#envelope = new Envelope(rateHz, fadeMs);
    this.#margin = new StartMargin(rateHz, leadMs);
  }

  /** The reply that is sounding, or null in silence. */
  get sounding() {
    return this.#isSounding && this.#line.head ? this.#line.head.reply.id : null;
  }

  /** Whether a reply is sounding or waiting. */
  get isBusy() {
    return this.#line.head !== null;
  }

  /** Whether replies are over that were not reported yet. */
  get hasFinished() {
    return this.#finished.length > 0;
  }

  /** Samples waiting. */
  get length() {
    return this.#ring.length;
  }

  /**
   * Everything a report says but for the level; finished replies are reported once.
   * @returns {Omit<PlaybackReport, 'level'>}
   */
  report() {
    const reply = this.#line.head?.reply;
    const finished = this.#finished;
    this.#finished = [];
    return {
      sounding: this.sounding,
      bufferedMs: this.#ring.length / this.#perMs,
      leadMs: this.#margin.frames / this.#perMs,
      waitMs: this.#waited / this.#perMs,
      underruns: this.#underruns,
      lateMs: this.#reader.late / this.#perMs,
      savedMs: this.#reader.saved / this.#perMs,
      overflowMs: this.#overflow / this.#perMs,
      position: reply ? { replyId: reply.id, ms: reply.heard / this.#perMs } : null,
      finished,
    };
  }

  /**
   * @param {string} replyId
   * @param {Float32Array} samples
   * @param {number} count
   * @param {boolean} [continues] whether they came together with those before, as one chunk
   */
  push(replyId, samples, count, continues = false) {
    if (this.#line.isClosed(replyId)) return;
    const segment = this.#line.tail(replyId);
    const { arrivals, hold } = segment.reply;
    if (!continues) {
      arrivals.chunk(this.#rendered);
      hold.chunk(this.#rendered);
    }
    const taken = this.#ring.push(samples, count);
    this.#overflow += count - taken;
    segment.length += taken;
    arrivals.add(taken);
    hold.add(taken);
  }

  /**
   * The reply is complete: it may start however short it is, and runs out without an underrun.
   * @param {string} replyId
   */
  end(replyId) {
    const reply = this.#line.find(replyId);
    if (reply) reply.ended = true;
    else this.#finishUnheard(replyId, false);
    this.#line.close(replyId);
  }

  /**
   * The reply must fall silent: it fades out within the fade's length, whatever is still waiting.
   * @param {string} replyId
   */
  cut(replyId) {
    const reply = this.#line.find(replyId);
    if (reply) this.#cutReply(reply);
    else this.#finishUnheard(replyId, true);
    this.#line.close(replyId);
  }

  /** Every reply must fall silent. */
  cutAll() {
    this.#line.forEach((reply) => {
      this.#cutReply(reply);
      this.#line.close(reply.id);
    });
  }

  /**
   * Make the replies that are there quieter, or as loud as they were; later ones are not concerned.
   * @param {boolean} isOn
   */
  duck(isOn) {
    this.#line.forEach((reply) => {
      reply.ducked = isOn;
    });
    this.#envelope.duck(isOn);
  }

  /**
   * Write the next samples: sound, or silence where there is none.
   * @param {Float32Array} target filled completely
   */
  render(target) {
    this.#reader.tick(this.#rendered);
    let at = 0;
    while (at < target.length) {
      const segment = this.#playable();
      if (segment === null) break;
      at += this.#renderSegment(segment, target, at);
    }
    this.#envelope.rest(target, at);
    this.#rendered += target.length;
  }

  /**
   * The segment to go on with; null when there is nothing to play now.
   * @returns {Segment | null}
   */
  #playable() {
    for (let segment = this.#line.head; segment !== null; segment = this.#line.head) {
      if (this.#isSilenced(segment.reply)) this.#leave(segment);
      else if (segment.length > 0) return this.#isSounding || this.#start(segment) ? segment : null;
      else if (this.#line.isHeadComplete) this.#leave(segment);
      else return this.#runDry(segment);
    }
    return null;
  }

  /**
   * Whether a reply is cut and its fade done.
   * @param {PlaybackReply} reply
   */
  #isSilenced(reply) {
    return reply.cut && !(this.#isSounding && this.#envelope.fadeLeft > 0);
  }

  /**
   * Begin to sound, unless it is better to wait.
   * @param {Segment} segment
   */
  #start({ reply, length }) {
    const margin = reply.ranDry ? this.#margin.framesAfterGap(reply.arrivals) : this.#margin.frames;
    const mayStart = this.#line.isHeadComplete || reply.hold.isOver(this.#rendered, length, margin);
    if (!mayStart) return false;
    if (reply.ranDry) this.#countUnderrun(reply);
    if (!reply.hasSounded) this.#begin(reply);
    this.#isSounding = true;
    this.#envelope.start(reply.ducked);
    return true;
  }

  /** @param {PlaybackReply} reply that sounds for the first time */
  #begin(reply) {
    reply.hasSounded = true;
    this.#waited = this.#rendered - Math.max(reply.hold.since, this.#freeSince);
    this.#reader.begin();
  }

  /** @param {PlaybackReply} reply that goes on after a gap: only now is it known to be one, not the end */
  #countUnderrun(reply) {
    reply.ranDry = false;
    this.#underruns += 1;
    this.#margin.grow(reply.arrivals);
  }

  /**
   * Sound is missing, or the reply's end is told late.
   * @param {Segment} segment
   * @returns {null}
   */
  #runDry({ reply }) {
    if (this.#isSounding) {
      this.#envelope.stop();
      reply.ranDry = true;
      reply.hold.begin();
    }
    this.#isSounding = false;
    return null;
  }

  /** @param {Segment} segment at the head of the line; what is left of it is dropped */
  #leave(segment) {
    const { reply } = segment;
    if (this.#isSounding) this.#envelope.stop();
    this.#isSounding = false;
    this.#reader.leave(segment);
    this.#freeSince = this.#rendered;
    if (!this.#line.advance()) return;
    this.#margin.learn(reply.arrivals);
    this.#finished.push({ replyId: reply.id, heardMs: reply.heard / this.#perMs, cut: reply.cut });
  }

  /**
   * @param {Segment} segment
   * @param {Float32Array} target
   * @param {number} at
   * @returns {number} samples written, at least one
   */
  #renderSegment(segment, target, at) {
    const playable = segment.reply.cut ? this.#envelope.fadeLeft : segment.length;
    const limit = Math.min(target.length - at, segment.length, playable);
    const count = this.#reader.read(segment, target, at, limit);
    this.#envelope.apply(target, at, count);
    return count;
  }

  /** @param {PlaybackReply} reply */
  #cutReply(reply) {
    if (reply.cut) return;
    reply.cut = true;
    if (this.#isSounding && this.#line.head?.reply === reply) this.#envelope.fadeOut();
  }

  /**
   * A reply is over of which nothing came.
   * @param {string} replyId
   * @param {boolean} cut
   */
  #finishUnheard(replyId, cut) {
    if (!this.#line.isClosed(replyId)) this.#finished.push({ replyId, heardMs: 0, cut });
  }
}
