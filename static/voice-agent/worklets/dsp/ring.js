// A ring of samples with a fixed size. Pure; allocates in the constructor only.

export class SampleRing {
  #samples;
  #history;
  #read = 0;
  /** Samples waiting to be read. */
  length = 0;
  /** Samples that reading can go back. */
  behind = 0;

  /**
   * @param {number} capacity in samples
   * @param {number} [history] samples already read that stay readable, so that reading can go back
   */
  constructor(capacity, history = 0) {
    this.#samples = new Float32Array(capacity + history);
    this.#history = history;
  }

  /** Samples that still fit. */
  get space() {
    return Math.max(0, this.#samples.length - this.#history - this.length);
  }

  /**
   * @param {Float32Array} source
   * @param {number} count
   * @returns {number} samples taken; fewer than `count` when the ring is full
   */
  push(source, count) {
    const taken = Math.min(count, this.space);
    const start = this.#index(this.length);
    const first = Math.min(taken, this.#samples.length - start);
    this.#samples.set(source.subarray(0, first), start);
    this.#samples.set(source.subarray(first, taken), 0);
    this.length += taken;
    return taken;
  }

  /**
   * @param {Float32Array} target
   * @param {number} at first index written
   * @param {number} count
   * @returns {number} samples given; fewer than `count` when the ring runs dry
   */
  pull(target, at, count) {
    const given = Math.min(count, this.length);
    this.copy(0, target, at, given);
    this.skip(given);
    return given;
  }

  /**
   * Look at samples without reading them.
   * @param {number} offset of the first one from the read position; -behind to length
   * @param {Float32Array} target
   * @param {number} at first index written
   * @param {number} count
   */
  copy(offset, target, at, count) {
    const capacity = this.#samples.length;
    let from = this.#index(offset); // a loop, not a view: this runs for every quantum of sound
    for (let i = 0; i < count; i += 1) {
      target[at + i] = this.#samples[from];
      from = from + 1 === capacity ? 0 : from + 1;
    }
  }

  /**
   * @param {number} offset from the read position; -behind to length - 1
   * @returns {number}
   */
  at(offset) {
    return this.#samples[this.#index(offset)];
  }

  /**
   * Move the read position.
   * @param {number} count -behind to length; the samples passed are dropped, or come again
   */
  skip(count) {
    this.#read = this.#index(count);
    this.length -= count;
    this.behind = Math.min(this.#history, this.behind + count);
  }

  /** @param {number} offset from the read position */
  #index(offset) {
    const capacity = this.#samples.length;
    return (this.#read + offset + capacity) % capacity;
  }
}
