// A gain or a level that moves without a step. Pure; runs on the audio thread.

/** A value that goes to its goal in a straight line, one step a sample. */
export class Ramp {
  #value;
  #goal;
  #step = 0;
  #left = 0;

  /** @param {number} value where it begins */
  constructor(value) {
    this.#value = value;
    this.#goal = value;
  }

  /** Samples until the goal is reached. */
  get left() {
    return this.#left;
  }

  /**
   * Be there at once.
   * @param {number} value
   */
  set(value) {
    this.#value = value;
    this.#goal = value;
    this.#left = 0;
  }

  /**
   * Set off from where it is now.
   * @param {number} goal
   * @param {number} samples until it is there; 0 is one
   */
  aim(goal, samples) {
    this.#goal = goal;
    this.#left = Math.max(1, samples);
    this.#step = (goal - this.#value) / this.#left;
  }

  /** @returns {number} the value for the next sample */
  next() {
    if (this.#left > 0) {
      this.#left -= 1;
      this.#value = this.#left === 0 ? this.#goal : this.#value + this.#step;
    }
    return this.#value;
  }
}
