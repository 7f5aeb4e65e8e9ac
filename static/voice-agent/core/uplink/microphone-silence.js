// Notices a microphone that gives nothing: switched off in hardware, muted by the system, the wrong one.
// Pure; any thread.

/** About −70 dB below full scale: quieter than any room with a working microphone in it. */
const DEAD_LEVEL = 0.0003;

/** How long it must have been so, the first time. */
const PATIENCE_MS = 3_000;

/** A gate against noise gives nothing between two sentences: each false alarm makes the next one wait twice as long. */
const MAX_PATIENCE_MS = 60_000;

export class MicrophoneSilence {
  #silentMs = 0;
  #isSilent = false;
  #patienceMs = PATIENCE_MS;
  #onChange;

  /** @param {(silent: boolean) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /**
   * A frame was captured.
   * @param {number} level root mean square, 0 to 1
   * @param {number} durationMs
   */
  hear(level, durationMs) {
    this.#silentMs = level < DEAD_LEVEL ? this.#silentMs + durationMs : 0;
    if (this.#silentMs === 0) {
      if (this.#isSilent) this.#patienceMs = Math.min(2 * this.#patienceMs, MAX_PATIENCE_MS);
      this.#change(false);
    } else if (this.#silentMs >= this.#patienceMs) this.#change(true);
  }

  /** Nothing can be known now, and what was known is of another time: it is taken back. */
  reset() {
    this.#silentMs = 0;
    this.#change(false);
  }

  /** @param {boolean} silent */
  #change(silent) {
    if (silent === this.#isSilent) return;
    this.#isSilent = silent;
    this.#onChange(silent);
  }
}
