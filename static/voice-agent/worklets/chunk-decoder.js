// Chunks from the wire, as samples at the device's rate. Pure; runs on the audio thread.

import { readInt16, WIRE_RATE_HZ } from './dsp/pcm.js';
import { MAX_BLOCK, Resampler } from './dsp/resample.js';

/**
 * Takes converted samples, in parts.
 * @callback Take
 * @param {string} replyId
 * @param {Float32Array} samples
 * @param {number} count
 * @param {boolean} continues whether they came together with the part before, as one chunk
 */

/** Each reply is converted by itself: nothing of one rings on in another, and no end is missing. */
export class ChunkDecoder {
  #take;
  #perWireSample;
  #resampler;
  #block = new Float32Array(MAX_BLOCK);
  #converted;
  #delay;
  /** @type {string | null} the reply under way */
  #replyId = null;
  #received = 0;
  #skipped = 0;
  #given = 0;

  /**
   * @param {number} rateHz of the device
   * @param {Take} take
   */
  constructor(rateHz, take) {
    this.#take = take;
    this.#perWireSample = rateHz / WIRE_RATE_HZ;
    this.#resampler = new Resampler(WIRE_RATE_HZ, rateHz);
    this.#converted = new Float32Array(this.#resampler.maxOutput);
    this.#delay = this.#measureDelay();
  }

  /** @param {string} replyId @param {Int16Array} samples one chunk */
  decode(replyId, samples) {
    if (replyId !== this.#replyId) {
      if (this.#replyId !== null) this.end(this.#replyId);
      this.#resampler.reset();
      this.#replyId = replyId;
      this.#received = this.#skipped = this.#given = 0;
    }
    this.#received += samples.length;
    for (let at = 0; at < samples.length; at += MAX_BLOCK) {
      const part = samples.subarray(at, at + MAX_BLOCK);
      readInt16(part, this.#block);
      this.#convert(replyId, part.length, at > 0);
    }
  }

  /** @param {string} replyId of one that is complete: what the filter still holds is given */
  end(replyId) {
    if (replyId !== this.#replyId) return;
    this.#block.fill(0);
    while (this.#given < this.#owed) this.#convert(replyId, MAX_BLOCK, true);
    this.#replyId = null;
  }

  /** Samples that the chunks so far amount to. */
  get #owed() {
    return Math.round(this.#received * this.#perWireSample);
  }

  /**
   * @param {string} replyId
   * @param {number} count samples in the block
   * @param {boolean} continues
   */
  #convert(replyId, count, continues) {
    const converted = this.#resampler.process(this.#block, count, this.#converted);
    const skip = Math.min(this.#delay - this.#skipped, converted);
    this.#skipped += skip;
    if (skip > 0) this.#converted.copyWithin(0, skip, converted);
    const given = Math.min(converted - skip, this.#owed - this.#given);
    this.#given += given;
    this.#take(replyId, this.#converted, given, continues);
  }

  /** The filter answers a click with its greatest value so many samples later. */
  #measureDelay() {
    this.#block[0] = 1;
    const count = this.#resampler.process(this.#block, MAX_BLOCK, this.#converted);
    let delay = 0;
    for (let i = 1; i < count; i += 1) if (this.#converted[i] > this.#converted[delay]) delay = i;
    return delay;
  }
}
