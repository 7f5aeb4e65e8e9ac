// What is to be heard, in order, reply by reply. Pure; `render` runs for every quantum and allocates nothing.

import { SampleRing } from './ring.js';

/**
 * What the session sends to the playback worklet.
 * @typedef {{type: 'audio', replyId: string, pcm: ArrayBuffer} | {type: 'end', replyId: string}
 *   | {type: 'cut', replyId: string} | {type: 'cut-all'}} PlaybackCommand
 */

/**
 * What the playback worklet tells the session.
 * @typedef {object} PlaybackReport
 * @property {string | null} sounding the reply that is heard
 * @property {number} level root mean square since the last report
 * @property {number} bufferedMs
 * @property {number} underruns
 */

/**
 * Samples of one reply that follow each other in the ring.
 * @typedef {object} Segment
 * @property {string} replyId
 * @property {number} length samples still in the ring
 * @property {boolean} ended no more will come
 * @property {boolean} cut must not sound any more
 */

/** How far the lead may grow on a network that keeps being late. */
const MAX_LEAD_MS = 320;

/** What a reply that ran dry and one that did not make of the lead. */
const GROWTH = 2;
const SHRINKAGE = 0.8;

export class PlaybackQueue {
  #ring;
  /** @type {Segment[]} */
  #segments = [];
  #leadSamples;
  #minLeadSamples;
  #maxLeadSamples;
  #fadeSamples;
  #ranDry = false;
  /** Holding back until enough is there to play without a gap. */
  #isHolding = true;
  /** Samples of the fade-in that are done; equals the fade's length while sound is at full strength. */
  #fadedIn = 0;
  /** Samples of the fade-out that are left; 0 while nothing fades out. */
  #fadeOutLeft = 0;
  #lastSample = 0;

  /** How often sound ran out in the middle of a reply. */
  underruns = 0;
  /** Samples that did not fit. */
  overflow = 0;

  /**
   * @param {object} options
   * @param {number} options.rateHz of the samples pushed and rendered
   * @param {number} [options.capacitySeconds] the service may send a whole reply at once
   * @param {number} [options.leadMs] sound kept ready before a reply starts; more after one that ran dry
   * @param {number} [options.fadeMs] of every start and cut: short enough to seem instant, long enough not to click
   */
  constructor({ rateHz, capacitySeconds = 60, leadMs = 40, fadeMs = 5 }) {
    this.#ring = new SampleRing(rateHz * capacitySeconds);
    this.#minLeadSamples = Math.round((rateHz * leadMs) / 1000);
    this.#maxLeadSamples = Math.round((rateHz * MAX_LEAD_MS) / 1000);
    this.#leadSamples = this.#minLeadSamples;
    this.#fadeSamples = Math.round((rateHz * fadeMs) / 1000);
  }

  /** The reply that is sounding, or null in silence. */
  get sounding() {
    return this.#isHolding || this.#segments.length === 0 ? null : this.#segments[0].replyId;
  }

  /** Samples waiting. */
  get length() {
    return this.#ring.length;
  }

  /**
   * @param {string} replyId
   * @param {Float32Array} samples
   * @param {number} count
   */
  push(replyId, samples, count) {
    const taken = this.#ring.push(samples, count);
    this.overflow += count - taken;
    const last = this.#segments.at(-1);
    if (last?.replyId === replyId) last.length += taken;
    else this.#segments.push({ replyId, length: taken, ended: false, cut: false });
  }

  /**
   * The reply is complete: it may start however short it is, and runs out without an underrun.
   * @param {string} replyId
   */
  end(replyId) {
    for (const segment of this.#segments) if (segment.replyId === replyId) segment.ended = true;
  }

  /**
   * The reply must fall silent: it fades out within the fade's length, whatever is still waiting.
   * @param {string} replyId
   */
  cut(replyId) {
    for (const segment of this.#segments) if (segment.replyId === replyId) segment.cut = true;
  }

  /** Every reply must fall silent. */
  cutAll() {
    for (const segment of this.#segments) segment.cut = true;
  }

  /**
   * Write the next samples: sound, or silence where there is none.
   * @param {Float32Array} target filled completely
   */
  render(target) {
    let at = 0;
    while (at < target.length) {
      const segment = this.#playable();
      const count = segment ? this.#renderSegment(segment, target, at) : 0;
      if (count === 0) break;
      at += count;
    }
    this.#renderTail(target, at);
  }

  /**
   * The segment to go on with; null when there is nothing to play now.
   * @returns {Segment | null}
   */
  #playable() {
    while (this.#segments.length > 0) {
      const segment = this.#segments[0];
      if (segment.cut && !this.#isFadingOut(segment)) {
        this.#ring.skip(segment.length);
        this.#leave();
      } else if (segment.length === 0 && segment.ended) {
        this.#leave();
      } else if (segment.length === 0) {
        this.#runDry();
        return null;
      } else if (this.#isHolding && !segment.ended && segment.length < this.#leadSamples) {
        return null;
      } else {
        this.#isHolding = false;
        return segment;
      }
    }
    return null;
  }

  /** @param {Segment} segment one that is cut */
  #isFadingOut(segment) {
    if (this.#isHolding || segment.length === 0) return false;
    if (this.#fadeOutLeft === 0) this.#fadeOutLeft = this.#fadeSamples + 1; // the 1 marks its end
    return this.#fadeOutLeft > 1;
  }

  #leave() {
    const calmer = Math.max(this.#minLeadSamples, this.#leadSamples * SHRINKAGE);
    if (!this.#ranDry) this.#leadSamples = calmer;
    this.#ranDry = false;
    this.#segments.shift();
    this.#isHolding = true;
    this.#fadeOutLeft = 0;
    this.#fadedIn = 0;
  }

  #runDry() {
    if (!this.#isHolding) {
      this.underruns += 1;
      this.#ranDry = true;
      this.#leadSamples = Math.min(this.#maxLeadSamples, this.#leadSamples * GROWTH);
    }
    this.#isHolding = true;
    this.#fadedIn = 0;
  }

  /**
   * @param {Segment} segment
   * @param {Float32Array} target
   * @param {number} at
   * @returns {number} samples written
   */
  #renderSegment(segment, target, at) {
    const limit = this.#fadeOutLeft > 0 ? this.#fadeOutLeft - 1 : segment.length;
    const count = this.#ring.pull(target, at, Math.min(target.length - at, segment.length, limit));
    segment.length -= count;
    for (let i = at; i < at + count; i += 1) target[i] *= this.#nextGain();
    this.#lastSample = target[at + count - 1];
    return count;
  }

  /** @returns {number} 0 to 1 */
  #nextGain() {
    let gain = 1;
    if (this.#fadedIn < this.#fadeSamples) {
      this.#fadedIn += 1;
      gain = this.#fadedIn / this.#fadeSamples;
    }
    if (this.#fadeOutLeft > 1) {
      this.#fadeOutLeft -= 1;
      gain *= this.#fadeOutLeft / (this.#fadeSamples + 1);
    }
    return gain;
  }

  /**
   * Where sound stops, let its last value glide to zero: a jump would click.
   * @param {Float32Array} target
   * @param {number} at
   */
  #renderTail(target, at) {
    const step = 1 - 1 / Math.max(1, this.#fadeSamples / 5);
    for (let i = at; i < target.length; i += 1) {
      this.#lastSample = Math.abs(this.#lastSample) < 1e-4 ? 0 : this.#lastSample * step;
      target[i] = this.#lastSample;
    }
  }
}
