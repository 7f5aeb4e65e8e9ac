// Loudness of what is played: fades, ducking, and no clicks. Pure; runs on the audio thread.

/** While the user speaks the agent is this loud: about -12 dB. */
const DUCKED = 0.25;

/** Quick enough not to talk over the user, and slow enough not to jump back at a cough. */
const DUCK_MS = 30;
const RESTORE_MS = 150;

export class Envelope {
  #fadeFrames;
  #duckFrames;
  #restoreFrames;
  #fade = new Ramp(0);
  #duck = new Ramp(1);
  /** Where sound stops at a value, that value goes to zero in a straight line: a jump would click. */
  #glide = new Ramp(0);
  #last = 0;

  /**
   * @param {number} rateHz
   * @param {number} fadeMs of every start and flush: short enough to seem instant, long enough not to click
   */
  constructor(rateHz, fadeMs) {
    this.#fadeFrames = Math.round((rateHz * fadeMs) / 1000);
    this.#duckFrames = Math.round((rateHz * DUCK_MS) / 1000);
    this.#restoreFrames = Math.round((rateHz * RESTORE_MS) / 1000);
  }

  /** Samples until a fade-out is done. */
  get fadeLeft() {
    return this.#fade.left;
  }

  /** @param {boolean} isDucked of sound that begins, or goes on after a gap */
  start(isDucked) {
    this.#duck.set(isDucked ? DUCKED : 1);
    this.#fade.set(0);
    this.#fade.aim(1, this.#fadeFrames);
  }

  /** Sound is to be gone soon: `fadeLeft` more samples of it are needed. */
  fadeOut() {
    this.#fade.aim(0, this.#fadeFrames);
  }

  /** There are no samples to go on with. */
  stop() {
    this.#glide.set(this.#last);
    this.#glide.aim(0, this.#fadeFrames);
  }

  /** @param {boolean} isDucked */
  duck(isDucked) {
    if (isDucked) this.#duck.aim(DUCKED, this.#duckFrames);
    else this.#duck.aim(1, this.#restoreFrames);
  }

  /**
   * Shape samples in place.
   * @param {Float32Array} target
   * @param {number} at
   * @param {number} count
   */
  apply(target, at, count) {
    for (let i = at; i < at + count; i += 1) {
      target[i] = target[i] * this.#fade.next() * this.#duck.next() + this.#glide.next();
    }
    if (count > 0) this.#last = target[at + count - 1];
  }

  /**
   * Write silence, after what has to glide there.
   * @param {Float32Array} target
   * @param {number} at from here to its end
   */
  rest(target, at) {
    for (let i = at; i < target.length; i += 1) target[i] = this.#glide.next();
    if (at < target.length) this.#last = target[target.length - 1];
  }
}

/** A value that goes to its goal in a straight line, one step a sample. */
class Ramp {
  #value;
  #goal;
  #step = 0;

  /** Samples until the goal is reached. */
  left = 0;

  /** @param {number} value where it begins */
  constructor(value) {
    this.#value = this.#goal = value;
  }

  /** @param {number} value to be at, at once */
  set(value) {
    this.#value = this.#goal = value;
    this.left = 0;
  }

  /**
   * Set off from where it is now.
   * @param {number} goal
   * @param {number} samples until it is there; 0 is one
   */
  aim(goal, samples) {
    this.#goal = goal;
    this.left = Math.max(1, samples);
    this.#step = (goal - this.#value) / this.left;
  }

  /** @returns {number} the value for the next sample */
  next() {
    if (this.left > 0) {
      this.left -= 1;
      this.#value = this.left === 0 ? this.#goal : this.#value + this.#step;
    }
    return this.#value;
  }
}
