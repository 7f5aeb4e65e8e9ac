// 16-bit samples and floats. Pure; runs on the audio thread too, so nothing here allocates per sample.

/** The wire's only rate for `audio/pcm`. Source: documents, "audio-format". */
export const WIRE_RATE_HZ = 24_000;

export const WIRE_BYTES_PER_MS = (WIRE_RATE_HZ * 2) / 1000;

/**
 * @param {ArrayLike<number>} floats full scale 1
 * @param {number} from first index read
 * @param {Int16Array} target
 * @param {number} at first index written
 * @param {number} count
 */
export function writeInt16(floats, from, target, at, count) {
  for (let i = 0; i < count; i += 1) {
    const scaled = Math.round(floats[from + i] * 32_768);
    target[at + i] = scaled > 32_767 ? 32_767 : scaled < -32_768 ? -32_768 : scaled;
  }
}

/** @param {Int16Array} samples @param {Float32Array} target at least as long */
export function readInt16(samples, target) {
  for (let i = 0; i < samples.length; i += 1) target[i] = samples[i] / 32_768;
}

/**
 * Turns chunks of bytes into whole samples: a chunk may end in the middle of one.
 * Not documented, but nothing promises otherwise either.
 */
export class SampleJoiner {
  /** @type {number | null} */
  #oddByte = null;

  /**
   * @param {Uint8Array<ArrayBuffer>} bytes little-endian
   * @returns {Int16Array<ArrayBuffer>} a copy of its own, fit to be transferred
   */
  join(bytes) {
    if (bytes.length === 0) return new Int16Array(0);
    const carried = this.#oddByte === null ? 0 : 1;
    const total = bytes.length + carried;
    const joined = new Uint8Array(total - (total % 2));
    if (this.#oddByte !== null) joined[0] = this.#oddByte;
    this.#oddByte = total % 2 === 1 ? bytes[bytes.length - 1] : null;
    joined.set(bytes.subarray(0, joined.length - carried), carried);
    return new Int16Array(joined.buffer); // every browser runs on little-endian machines
  }

  /** A new reply starts at a whole sample. */
  reset() {
    this.#oddByte = null;
  }
}
