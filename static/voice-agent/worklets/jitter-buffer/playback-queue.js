// What is to be heard, in order, reply by reply. Pure; `render` runs for every quantum and allocates nothing.

import { CatchUp, LONGEST_SKIP_MS } from './catch-up.js';
import { Splicer } from '../dsp/crossfade.js';
import { ExcessDelay } from './excess-delay.js';
import { Envelope } from '../dsp/fade.js';
import { PlayoutDelay } from './playout-delay.js';
import { ReplyOrder } from './reply-order.js';
import { SampleRing } from '../dsp/ring.js';

/**
 * What the session sends over the port to the playback worklet. A reply id names one reply for good: once it is ended
 * or flushed, nothing of it sounds that comes later.
 * - `audio`: 16-bit little-endian samples at the wire's rate, transferred
 * - `end`: the reply is complete
 * - `flush`, `flush-all`: fall silent within a fade
 * - `duck`: the replies that are there become quieter, or as loud as before; later ones are not concerned
 * @typedef {{type: 'audio', replyId: string, pcm: ArrayBuffer} | {type: 'end', replyId: string}
 *   | {type: 'flush', replyId: string} | {type: 'flush-all'} | {type: 'duck', on: boolean}} PlaybackCommand
 *
 * A reply that is over. What was heard is counted in the reply's own time: silence and sound that were left
 * out to catch up count as heard. Of a flushed reply it is what was heard until its last fade began.
 * @typedef {{replyId: string, heardMs: number, flushed: boolean}} FinishedReply
 *
 * What the worklet tells the session.
 * @typedef {object} PlaybackReport
 * @property {string | null} sounding the reply that is heard
 * @property {number} level root mean square since the last report
 * @property {Float32Array} levels the same of each hundredth of a second, the latest last
 * @property {number} levelsEndMs when the last of them was rendered, by the audio context's clock
 * @property {number} bufferedMs sound waiting
 * @property {number} playoutDelayMs sound kept ready before a reply starts, at present
 * @property {number} waitMs how long the last reply was held back before its first sound
 * @property {number} underruns how often sound was missing in the middle of a reply
 * @property {number} excessDelayMs how far the sound is behind the earliest it could have been
 * @property {number} savedMs delay given back so far
 * @property {number} overflowMs sound that did not fit
 * @property {{replyId: string, ms: number} | null} position how much of the present reply has been heard
 * @property {FinishedReply[]} finished replies that are over since the last report
 *
 * @typedef {import('./reply-order.js').BufferedReply} BufferedReply
 * @typedef {import('./reply-order.js').Segment} Segment
 */

export class PlaybackQueue {
  #perMs;
  #ring;
  #order;
  #splicer;
  #catchUp;
  #envelope;
  #delay;
  #excess;
  /** Frames that the sound is late; negative when less is ready than may be needed. */
  #late = 0;
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
    const history = Math.round(LONGEST_SKIP_MS * this.#perMs);
    this.#ring = new SampleRing(rateHz * capacitySeconds, history);
    this.#order = new ReplyOrder(rateHz);
    this.#splicer = new Splicer(this.#ring, rateHz);
    this.#catchUp = catchesUp ? new CatchUp(this.#ring, rateHz, this.#splicer.fadeFrames) : null;
    this.#envelope = new Envelope(rateHz, fadeMs);
    this.#delay = new PlayoutDelay(rateHz, playoutDelayMs);
    this.#excess = new ExcessDelay(rateHz, nowMs);
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
   * Everything a report says but for the levels; finished replies are reported once.
   * @returns {Omit<PlaybackReport, 'level' | 'levels' | 'levelsEndMs'>}
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
      excessDelayMs: Math.max(0, this.#late) / this.#perMs,
      savedMs: (this.#catchUp?.saved ?? 0) / this.#perMs,
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
    const { arrivals } = segment.reply;
    if (!continues) arrivals.chunk(this.#rendered);
    const taken = this.#ring.push(samples, count);
    this.#overflow += count - taken;
    segment.length += taken;
    arrivals.add(taken);
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

  /** @param {Float32Array} target filled completely: with sound, or silence where there is none */
  render(target) {
    this.#excess.tick(this.#rendered);
    let at = 0;
    while (at < target.length) {
      const segment = this.#playable();
      if (segment === null) break;
      const count = this.#read(segment, target, at);
      this.#envelope.apply(target, at, count);
      at += count;
    }
    this.#envelope.rest(target, at);
    this.#rendered += target.length;
  }

  /** @returns {Segment | null} the one to go on with; null when there is nothing to play now */
  #playable() {
    for (let segment = this.#order.head; segment !== null; segment = this.#order.head) {
      const isFading = this.#isSounding && this.#envelope.fadeLeft > 0;
      if (segment.reply.flushed && !isFading) this.#leave(segment);
      else if (segment.length > 0) return this.#isSounding || this.#start(segment) ? segment : null;
      else if (this.#order.isHeadComplete) this.#leave(segment);
      else return this.#runDry(segment);
    }
    return null;
  }

  /** @param {Segment} segment to begin with, unless it is better to wait */
  #start({ reply, length }) {
    const { arrivals, ranDry } = reply;
    const delay = ranDry ? this.#delay.framesAfterGap(arrivals) : this.#delay.frames;
    const mayStart = this.#order.isHeadComplete || arrivals.mayStart(this.#rendered, length, delay);
    if (!mayStart) return false;
    if (ranDry) {
      reply.ranDry = false; // only now is it known to be a gap, not the end
      this.#underruns += 1;
      this.#delay.grow(arrivals);
    }
    if (!reply.hasSounded) {
      reply.hasSounded = true;
      this.#waited = this.#rendered - Math.max(arrivals.waitingSince, this.#freeSince);
      this.#excess.start(this.#rendered);
      this.#catchUp?.reset();
    }
    this.#isSounding = true;
    this.#envelope.start(reply.ducked);
    return true;
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
      reply.arrivals.runDry();
    }
    this.#isSounding = false;
    return null;
  }

  /** @param {Segment} segment at the head; what is left of it is dropped */
  #leave(segment) {
    const { reply } = segment;
    if (this.#isSounding) this.#envelope.stop();
    this.#isSounding = false;
    this.#ring.skip(segment.length);
    this.#splicer.reset();
    this.#late = 0;
    this.#freeSince = this.#rendered;
    if (!this.#order.advance()) return;
    this.#delay.learn(reply.arrivals);
    const heardMs = reply.heard / this.#perMs;
    this.#finished.push({ replyId: reply.id, heardMs, flushed: reply.flushed });
  }

  /**
   * @param {Segment} segment
   * @param {Float32Array} target
   * @param {number} at
   * @returns {number} samples written, at least one
   */
  #read(segment, target, at) {
    const { reply } = segment;
    const playable = reply.flushed ? this.#envelope.fadeLeft : segment.length;
    const limit = Math.min(target.length - at, segment.length, playable);
    if (!reply.flushed && !this.#splicer.isBusy) this.#catchUpWith(segment);
    const before = this.#ring.length;
    const written = this.#splicer.pull(target, at, limit);
    const passed = before - this.#ring.length;
    segment.length -= passed;
    segment.passed += passed;
    if (!reply.flushed) reply.pass(passed);
    this.#catchUp?.hear(target, at, written);
    return written;
  }

  /** @param {Segment} segment */
  #catchUpWith({ reply, length, passed }) {
    if (this.#catchUp === null) return;
    const recentWorst = reply.ended ? -Infinity : reply.arrivals.recentWorst(this.#rendered);
    this.#late = this.#excess.measure(this.#rendered - reply.place, recentWorst);
    const behind = Math.min(this.#ring.behind, passed);
    const skip = this.#catchUp.choose(this.#late, length, behind);
    if (skip !== 0) this.#splicer.begin(skip);
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
