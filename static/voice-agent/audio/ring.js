// A ring of samples with a fixed size. Pure; allocates in the constructor only.

export class SampleRing {
  #samples;
  #read = 0;
  #length = 0;

  /** @param {number} capacity in samples */
  constructor(capacity) {
    this.#samples = new Float32Array(capacity);
  }

  /** Samples waiting to be read. */
  get length() {
    return this.#length;
  }

  /** Samples that still fit. */
  get space() {
    return this.#samples.length - this.#length;
  }

  /**
   * @param {Float32Array} source
   * @param {number} count
   * @returns {number} samples taken; fewer than `count` when the ring is full
   */
  push(source, count) {
    const taken = Math.min(count, this.space);
    const start = (this.#read + this.#length) % this.#samples.length;
    const first = Math.min(taken, this.#samples.length - start);
    this.#samples.set(source.subarray(0, first), start);
    this.#samples.set(source.subarray(first, taken), 0);
    this.#length += taken;
    return taken;
  }

  /**
   * @param {Float32Array} target
   * @param {number} at first index written
   * @param {number} count
   * @returns {number} samples given; fewer than `count` when the ring runs dry
   */
  pull(target, at, count) {
    const given = Math.min(count, this.#length);
    const capacity = this.#samples.length;
    let from = this.#read; // a loop, not a view: this runs for every quantum of sound
    for (let i = 0; i < given; i += 1) {
      target[at + i] = this.#samples[from];
      from = from + 1 === capacity ? 0 : from + 1;
    }
    this.skip(given);
    return given;
  }

  /**
   * Drop the oldest samples.
   * @param {number} count at most `length`
   */
  skip(count) {
    this.#read = (this.#read + count) % this.#samples.length;
    this.#length -= count;
  }
}
