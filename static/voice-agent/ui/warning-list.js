// What is the matter in a call that goes on: several things may be, one is told, the most severe. Pure.

/** @typedef {keyof import('./ui-types.js').Texts['warnings']} Cause */

/**
 * The most severe first: without a line nothing else matters, then without a microphone, then without sound.
 *
 * @type {Cause[]}
 */
export const BY_SEVERITY = [
  'reconnecting-offline',
  'reconnecting-late',
  'reconnecting',
  'idle',
  'microphone-permission-lost',
  'microphone-lost',
  'sound-blocked',
  'microphone-muted',
  'extension-failed',
  'limit-near',
  'microphone-silent',
  'echo',
  'unheard',
  'unheard-hold',
];

export class WarningList {
  /** @type {Set<Cause>} */
  #active = new Set();
  /** Told, and not to be told again before they were over. @type {Set<Cause>} */
  #dismissed = new Set();

  /** @param {Cause} cause @param {boolean} isOn */
  set(cause, isOn) {
    if (isOn) return void this.#active.add(cause);
    this.#active.delete(cause);
    this.#dismissed.delete(cause);
  }

  /** Does not hide any other. @param {Cause} cause */
  dismiss(cause) {
    this.#dismissed.add(cause);
  }

  clear() {
    this.#active.clear();
    this.#dismissed.clear();
  }

  /** The one to tell. @returns {Cause | null} */
  get worst() {
    const isTold = (/** @type {Cause} */ cause) =>
      this.#active.has(cause) && !this.#dismissed.has(cause);
    return BY_SEVERITY.find(isTold) ?? null;
  }
}
