// Finds out that a connection is dead although nobody has said so: the browser was seen to call such a socket
// open for 75 s and more. What piles up in it gives it away, once the buffers of browser and system are full:
// they were seen to swallow from 2.7 s of speech to many times that. Part of the session core: any thread.

/**
 * How often to look. Nothing shows here before the buffers behind are full, seconds after the line went dead: there
 * is no reason to take one's time then.
 */
const CHECK_INTERVAL_MS = 150;

/** More than this must be waiting in the socket: a sixth of a second of speech in 20 ms frames. */
const SUSPECT_BYTES = 10_000;

/** Checks in a row at which nothing had moved. */
const STRIKES = 3;

/**
 * @typedef {object} Flow
 * @property {number} sentBytes handed to the socket since it was opened
 * @property {number} bufferedBytes of them, what has not left it
 */

export class HalfOpenWatch {
  #environment;
  #readFlow;
  #onDead;
  #strikes = 0;
  #lastLeftBytes = 0;
  /** @type {unknown} */
  #timer;

  /**
   * @param {import('../ports.js').Environment} environment
   * @param {object} options
   * @param {() => Flow} options.readFlow
   * @param {() => void} options.onDead once
   */
  constructor(environment, { readFlow, onDead }) {
    this.#environment = environment;
    this.#readFlow = readFlow;
    this.#onDead = onDead;
  }

  start() {
    this.#timer = this.#environment.schedule(() => {
      this.start();
      this.#check();
    }, CHECK_INTERVAL_MS);
  }

  stop() {
    this.#environment.cancel(this.#timer);
  }

  /** A slow connection piles up too, but something leaves it from check to check: it is not dead. */
  #check() {
    const { sentBytes, bufferedBytes } = this.#readFlow();
    const leftBytes = sentBytes - bufferedBytes;
    const isStuck = bufferedBytes > SUSPECT_BYTES && leftBytes <= this.#lastLeftBytes;
    this.#lastLeftBytes = leftBytes;
    this.#strikes = isStuck ? this.#strikes + 1 : 0;
    if (this.#strikes < STRIKES) return;
    this.stop();
    this.#onDead();
  }
}
