// The agent speaks more quietly while the user may be about to interrupt: not every sound is an interruption,
// and the service takes a second or two to tell. Part of the session core: any thread.

/** Without a word from the service the sound comes back. Source: an interruption follows within 2 s, live. */
const LONGEST_MS = 2_000;

export class Ducking {
  #environment;
  #setDucked;
  #isOn = false;
  /** @type {unknown} */
  #timer;

  /**
   * @param {import('../ports.js').Environment} environment
   * @param {(on: boolean) => void} setDucked
   */
  constructor(environment, setDucked) {
    this.#environment = environment;
    this.#setDucked = setDucked;
  }

  /** The user makes a sound. */
  begin() {
    this.#environment.cancel(this.#timer);
    this.#timer = this.#environment.schedule(() => this.end(), LONGEST_MS);
    this.#set(true);
  }

  /** It was none that matters, or it is over. */
  end() {
    this.#environment.cancel(this.#timer);
    this.#set(false);
  }

  /** @param {boolean} isOn */
  #set(isOn) {
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    this.#setDucked(isOn);
  }
}
