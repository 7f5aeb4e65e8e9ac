// Turns a button and the space bar into what is held to talk. Whatever goes wrong with the hold closes it.

/** Where the space bar has work of its own. */
const OWN_KEYS =
  'a[href], button, input, select, textarea, summary, [contenteditable], dialog:modal';

/**
 * @param {HTMLButtonElement} button
 * @param {(isTalking: boolean) => void} onChange
 * @param {AbortSignal} signal   the button is gone
 */
export function createPushToTalk(button, onChange, signal) {
  const hold = new Hold(onChange);
  let isOn = false;
  let isPossible = false;
  const isActive = () => isOn && isPossible;

  /** Whether a key on this element means talking. @param {KeyboardEvent} event */
  function isTalkKey(event) {
    const { code, key, altKey, ctrlKey, metaKey } = event;
    if (!isActive() || altKey || ctrlKey || metaKey) return false;
    const [target] = event.composedPath(); // inside a shadow root, too
    if (target === button) return code === 'Space' || key === 'Enter';
    return code === 'Space' && !(target instanceof Element && target.closest(OWN_KEYS));
  }

  button.addEventListener('pointerdown', (event) => {
    if (!isActive() || event.button !== 0) return;
    button.setPointerCapture(event.pointerId); // a finger that slides off still talks
    hold.press('pointer');
  });
  button.addEventListener('pointerup', () => hold.release('pointer', { mayKeep: true }));
  for (const loss of ['pointercancel', 'lostpointercapture']) {
    button.addEventListener(loss, () => hold.drop());
  }
  button.addEventListener('contextmenu', (event) => isOn && event.preventDefault());
  button.addEventListener('click', ({ detail }) => {
    if (isActive() && detail === 0) hold.toggle(); // by assistive technology: pointer and keys were seen already
  });
  /** @param {KeyboardEvent} event */
  function press(event) {
    if (!isTalkKey(event)) return;
    event.preventDefault(); // neither a click nor scrolling
    if (!event.repeat) hold.press(event.code);
  }

  /** @param {KeyboardEvent} event */
  function release(event) {
    if (isTalkKey(event)) event.preventDefault(); // Firefox clicks now
    hold.release(event.code, { mayKeep: event.composedPath()[0] === button });
  }

  document.addEventListener('keydown', press, { signal });
  document.addEventListener('keyup', release, { signal });
  window.addEventListener('blur', () => hold.drop(), { signal });
  document.addEventListener('visibilitychange', () => document.hidden && hold.end(), { signal });
  signal.addEventListener('abort', () => hold.end(), { once: true });

  return {
    /** @param {boolean} isWanted */
    use(isWanted) {
      isOn = isWanted;
      hold.end();
    },
    /** Whether there is somebody to talk to. @param {boolean} isCall */
    allow(isCall) {
      if (isPossible && !isCall) hold.end();
      isPossible = isCall;
    },
  };
}

// When somebody who holds something to talk is heard; the clock and the timer come from outside.

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
