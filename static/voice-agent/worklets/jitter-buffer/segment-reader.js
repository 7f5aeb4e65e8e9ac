// Reads what is to be heard out of the ring, and catches up on the way. Pure; runs on the audio thread.

import { CatchUp } from './catch-up.js';
import { DeviceStalls, ExcessDelay } from './excess-delay.js';
import { Splicer } from '../dsp/crossfade.js';

/** @typedef {import('./reply-order.js').Segment} Segment */

export class SegmentReader {
  #ring;
  #splicer;
  #catchUp;
  #excess;
  #stalls;
  #nowMs;
  #rendered = 0;
  #late = 0;

  /**
   * @param {import('../dsp/ring.js').SampleRing} ring
   * @param {object} options
   * @param {number} options.rateHz
   * @param {boolean} options.catchesUp whether delay is given back
   * @param {(() => number) | undefined} options.nowMs wall clock
   */
  constructor(ring, { rateHz, catchesUp, nowMs }) {
    this.#ring = ring;
    this.#splicer = new Splicer(ring, rateHz);
    this.#catchUp = catchesUp ? new CatchUp(ring, rateHz, this.#splicer.fadeFrames) : null;
    this.#excess = new ExcessDelay(rateHz);
    this.#stalls = new DeviceStalls(rateHz);
    this.#nowMs = nowMs;
  }

  /** Frames that the sound is late. */
  get late() {
    return Math.max(0, this.#late);
  }

  /** Samples of delay given back so far. */
  get saved() {
    return this.#catchUp?.saved ?? 0;
  }

  /** @param {number} rendered frames before the quantum that begins now */
  tick(rendered) {
    this.#rendered = rendered;
    if (this.#nowMs) this.#stalls.tick(rendered, this.#nowMs());
  }

  /** The first sound of a reply is read next. */
  begin() {
    this.#excess.start(this.#rendered, this.#stalls.frames);
    this.#catchUp?.reset();
  }

  /**
   * Drop what is left of a segment.
   * @param {Segment} segment
   */
  leave(segment) {
    this.#ring.skip(segment.length);
    segment.length = 0;
    this.#splicer.reset();
    this.#late = 0;
  }

  /**
   * @param {Segment} segment
   * @param {Float32Array} target
   * @param {number} at
   * @param {number} count at most the segment's length
   * @returns {number} samples written, at least one
   */
  read(segment, target, at, count) {
    const { reply } = segment;
    if (!reply.flushed && !this.#splicer.isBusy) this.#catchUpWith(segment);
    const before = this.#ring.length;
    const written = this.#splicer.pull(target, at, count);
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
    const delay = this.#rendered - reply.place;
    this.#late = this.#excess.measure(delay, recentWorst, this.#stalls.frames);
    const behind = Math.min(this.#ring.behind, passed);
    const skip = this.#catchUp.choose(this.#late, length, behind);
    if (skip !== 0) this.#splicer.begin(skip);
  }
}
