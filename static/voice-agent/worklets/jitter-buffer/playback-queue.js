// What is to be heard, in order, reply by reply. Pure; `render` runs for every quantum and allocates nothing.

import { Envelope } from '../dsp/fade.js';
import { LONGEST_SKIP_MS } from './catch-up.js';
import { ReplyOrder } from './reply-order.js';
import { SampleRing } from '../dsp/ring.js';
import { SegmentReader } from './segment-reader.js';
import { PlayoutDelay } from './playout-delay.js';

/** @typedef {import('./playback-port.js').PlaybackCommand} PlaybackCommand */
/** @typedef {import('./playback-port.js').PlaybackReport} PlaybackReport */
/** @typedef {import('./playback-port.js').FinishedReply} FinishedReply */
/** @typedef {import('./reply-order.js').BufferedReply} BufferedReply */
/** @typedef {import('./reply-order.js').Segment} Segment */

export class PlaybackQueue {
  #perMs;
  #ring;
  #order;
  #reader;
  #envelope;
  #delay;
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
   * @param {number} [options.playoutDelayMs] sound kept ready before the first reply starts
   * @param {number} [options.fadeMs] of every start and flush
   * @param {boolean} [options.catchesUp] whether delay is given back
   * @param {() => number} [options.nowMs] wall clock; without one the device is taken to lose no time
   */
  constructor({
    rateHz,
    capacitySeconds = 120,
    playoutDelayMs,
    fadeMs = 5,
    catchesUp = true,
    nowMs,
  }) {
    this.#perMs = rateHz / 1000;
    this.#ring = new SampleRing(
      rateHz * capacitySeconds,
      Math.round(LONGEST_SKIP_MS * this.#perMs),
    );
    this.#order = new ReplyOrder(rateHz);
    this.#reader = new SegmentReader(this.#ring, { rateHz, catchesUp, nowMs });
    this.#envelope = new Envelope(rateHz, fadeMs);
    this.#delay = new PlayoutDelay(rateHz, playoutDelayMs);
  }

  /** The reply that is sounding, or null in silence. */
  get sounding() {
    return this.#isSounding && this.#order.head ? this.#order.head.reply.id : null;
  }

  /** Whether a reply is sounding or waiting. */
  get isBusy() {
    return this.#order.head !== null;
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
    const reply = this.#order.head?.reply;
    const finished = this.#finished;
    this.#finished = [];
    return {
      sounding: this.sounding,
      bufferedMs: this.#ring.length / this.#perMs,
      playoutDelayMs: this.#delay.frames / this.#perMs,
      waitMs: this.#waited / this.#perMs,
      underruns: this.#underruns,
      excessDelayMs: this.#reader.late / this.#perMs,
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
    if (this.#order.isClosed(replyId)) return;
    const segment = this.#order.tail(replyId);
    const { arrivals, gate } = segment.reply;
    if (!continues) {
      arrivals.chunk(this.#rendered);
      gate.chunk(this.#rendered);
    }
    const taken = this.#ring.push(samples, count);
    this.#overflow += count - taken;
    segment.length += taken;
    arrivals.add(taken);
    gate.add(taken);
  }

  /**
   * The reply is complete: it may start however short it is, and runs out without an underrun.
   * @param {string} replyId
   */
  end(replyId) {
    const reply = this.#order.find(replyId);
    if (reply) reply.ended = true;
    else this.#finishUnheard(replyId, false);
    this.#order.close(replyId);
  }

  /**
   * The reply must fall silent: it fades out within the fade's length, whatever is still waiting.
   * @param {string} replyId
   */
  flush(replyId) {
    const reply = this.#order.find(replyId);
    if (reply) this.#flushReply(reply);
    else this.#finishUnheard(replyId, true);
    this.#order.close(replyId);
  }

  /** Every reply must fall silent. */
  flushAll() {
    this.#order.forEach((reply) => {
      this.#flushReply(reply);
      this.#order.close(reply.id);
    });
  }

  /**
   * Make the replies that are there quieter, or as loud as they were; later ones are not concerned.
   * @param {boolean} isOn
   */
  duck(isOn) {
    this.#order.forEach((reply) => {
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
    for (let segment = this.#order.head; segment !== null; segment = this.#order.head) {
      if (this.#isSilenced(segment.reply)) this.#leave(segment);
      else if (segment.length > 0) return this.#isSounding || this.#start(segment) ? segment : null;
      else if (this.#order.isHeadComplete) this.#leave(segment);
      else return this.#runDry(segment);
    }
    return null;
  }

  /**
   * Whether a reply is flushed and its fade done.
   * @param {BufferedReply} reply
   */
  #isSilenced(reply) {
    return reply.flushed && !(this.#isSounding && this.#envelope.fadeLeft > 0);
  }

  /**
   * Begin to sound, unless it is better to wait.
   * @param {Segment} segment
   */
  #start({ reply, length }) {
    const delay = reply.ranDry ? this.#delay.framesAfterGap(reply.arrivals) : this.#delay.frames;
    const mayStart = this.#order.isHeadComplete || reply.gate.isOpen(this.#rendered, length, delay);
    if (!mayStart) return false;
    if (reply.ranDry) this.#countUnderrun(reply);
    if (!reply.hasSounded) this.#begin(reply);
    this.#isSounding = true;
    this.#envelope.start(reply.ducked);
    return true;
  }

  /** @param {BufferedReply} reply that sounds for the first time */
  #begin(reply) {
    reply.hasSounded = true;
    this.#waited = this.#rendered - Math.max(reply.gate.since, this.#freeSince);
    this.#reader.begin();
  }

  /** @param {BufferedReply} reply that goes on after a gap: only now is it known to be one, not the end */
  #countUnderrun(reply) {
    reply.ranDry = false;
    this.#underruns += 1;
    this.#delay.grow(reply.arrivals);
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
      reply.gate.close();
    }
    this.#isSounding = false;
    return null;
  }

  /** @param {Segment} segment at the head; what is left of it is dropped */
  #leave(segment) {
    const { reply } = segment;
    if (this.#isSounding) this.#envelope.stop();
    this.#isSounding = false;
    this.#reader.leave(segment);
    this.#freeSince = this.#rendered;
    if (!this.#order.advance()) return;
    this.#delay.learn(reply.arrivals);
    this.#finished.push({
      replyId: reply.id,
      heardMs: reply.heard / this.#perMs,
      flushed: reply.flushed,
    });
  }

  /**
   * @param {Segment} segment
   * @param {Float32Array} target
   * @param {number} at
   * @returns {number} samples written, at least one
   */
  #renderSegment(segment, target, at) {
    const playable = segment.reply.flushed ? this.#envelope.fadeLeft : segment.length;
    const limit = Math.min(target.length - at, segment.length, playable);
    const count = this.#reader.read(segment, target, at, limit);
    this.#envelope.apply(target, at, count);
    return count;
  }

  /** @param {BufferedReply} reply */
  #flushReply(reply) {
    if (reply.flushed) return;
    reply.flushed = true;
    if (this.#isSounding && this.#order.head?.reply === reply) this.#envelope.fadeOut();
  }

  /**
   * A reply is over of which nothing came.
   * @param {string} replyId
   * @param {boolean} flushed
   */
  #finishUnheard(replyId, flushed) {
    if (!this.#order.isClosed(replyId)) this.#finished.push({ replyId, heardMs: 0, flushed });
  }
}
