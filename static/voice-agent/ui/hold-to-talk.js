// When somebody who holds something to talk is heard. Pure; the clock and the timer come from outside.

/** Kept open after the release: the last syllable often comes later than the finger goes. */
const TAIL_MS = 250;

/** Pressed for a shorter time it was no hold, but a press: for people and devices that cannot hold. */
const PRESS_MS = 300;

/**
 * @typedef {object} HoldPlatform
 * @property {() => number} nowMs
 * @property {(run: () => void, delayMs: number) => () => void} after   gives a function that calls it off
 */

/** @type {HoldPlatform} */
const BROWSER = {
  nowMs: () => performance.now(),
  after: (run, delayMs) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

export class Hold {
  #onChange;
  #platform;
  /** What is held down: pointer, keys. @type {Set<string>} */
  #held = new Set();
  /** Opened by a short press, until the next one. */
  #isKept = false;
  #isOpen = false;
  #wasOpen = false;
  #pressedAtMs = 0;
  #callOff = () => {};

  /** @param {(isOpen: boolean) => void} onChange @param {HoldPlatform} [platform] */
  constructor(onChange, platform = BROWSER) {
    this.#onChange = onChange;
    this.#platform = platform;
  }

  /** @param {string} source */
  press(source) {
    if (this.#held.has(source)) return;
    if (this.#held.size === 0) {
      this.#wasOpen = this.#isKept;
      this.#pressedAtMs = this.#platform.nowMs();
    }
    this.#held.add(source);
    this.#isKept = false;
    this.#show(true);
  }

  /** @param {string} source @param {{mayKeep?: boolean}} [how]   whether a short press keeps it open */
  release(source, { mayKeep = false } = {}) {
    if (!this.#held.delete(source) || this.#held.size > 0) return;
    const isShort = this.#platform.nowMs() - this.#pressedAtMs < PRESS_MS;
    if (mayKeep && isShort && !this.#wasOpen) this.#isKept = true;
    else this.#closeSoon();
  }

  /** Whatever is held slips away: nobody will tell us of its release. */
  drop() {
    if (this.#held.size === 0) return;
    this.#held.clear();
    this.#closeSoon();
  }

  /** A press without length, as a switch or a screen reader makes it. */
  toggle() {
    this.#isKept = !this.#isKept;
    if (this.#isKept) this.#show(true);
    else this.#closeSoon();
  }

  /** Closed, at once. */
  end() {
    this.#held.clear();
    this.#isKept = false;
    this.#show(false);
  }

  #closeSoon() {
    this.#callOff();
    this.#callOff = this.#platform.after(() => this.#show(false), TAIL_MS);
  }

  /** @param {boolean} isOpen */
  #show(isOpen) {
    this.#callOff();
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    this.#onChange(isOpen);
  }
}
