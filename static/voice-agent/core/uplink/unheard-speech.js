// Notices that the user speaks although the microphone is muted, so that they can be told that nobody hears it.
// Knows levels only; no sound leaves because of it. Pure; any thread.

import { NoiseFloor } from './noise-floor.js';

/** From about −40 dB below full scale somebody may be speaking. */
const SPEECH_LEVEL = 0.01;

/** How much speech it takes: more than a cough, less than a sentence. */
const SPEECH_MS = 1_000;

/** Silence takes away from it at this rate, so that gaps between words do not count and single noises do not add up. */
const DECAY = 0.25;

/** It is over when nothing more is said for so long. */
const OVER_MS = 8_000;

/** Who has been told, and stays muted, knows it: told again no sooner than this. */
const REST_MS = 60_000;

export class UnheardSpeech {
  #onChange;
  #noise = new NoiseFloor();
  #speechMs = 0;
  #quietMs = 0;
  #isTold = false;
  /** Captured time until it may be told again. */
  #restMs = 0;

  /** @param {(speaking: boolean) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /**
   * A frame was captured. What a room sounds like is learnt from all of them.
   * @param {number} level root mean square, 0 to 1
   * @param {number} durationMs
   * @param {boolean} isUnheard nobody else hears it, and it is not the loudspeaker
   */
  hear(level, durationMs, isUnheard) {
    const isSpeech = !this.#noise.isQuiet(level, durationMs) && level >= SPEECH_LEVEL;
    if (!isUnheard) return;
    this.#speechMs = Math.max(0, this.#speechMs + (isSpeech ? 1 : -DECAY) * durationMs);
    this.#quietMs = isSpeech ? 0 : this.#quietMs + durationMs;
    this.#restMs -= durationMs;
    if (this.#quietMs >= OVER_MS) this.#tell(false);
    else if (this.#speechMs >= SPEECH_MS && this.#restMs <= 0) this.#tell(true);
    if (this.#speechMs > SPEECH_MS) this.#speechMs = SPEECH_MS;
  }

  /** The microphone is heard again, or the call is another one. */
  reset() {
    this.#speechMs = 0;
    this.#restMs = 0;
    this.#tell(false);
  }

  /** @param {boolean} speaking */
  #tell(speaking) {
    if (speaking === this.#isTold) return;
    this.#isTold = speaking;
    this.#restMs = speaking ? REST_MS : this.#restMs;
    this.#onChange(speaking);
  }
}
