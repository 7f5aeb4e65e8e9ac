// What the levels of the microphone's frames tell: speech, a room without it, a microphone that gives nothing. Knows
// levels only; no sound leaves because of it. Pure.

/** What is quieter than this is quiet in any room (full scale 1, root mean square). */
const QUIET_LEVEL = 0.004;

/** What is louder than this is never taken for a room, however even it is. */
const LOUD_LEVEL = 0.02;

/** Speech stands out by more than this; the noise of a room varies by less. */
const HEADROOM = 2;

/** Growth of the floor a second: gaps between words come sooner than it takes to reach the words. */
const RISE_PER_SECOND = 1.3;

/** From about −40 dB below full scale somebody may be speaking. */
export const SPEECH_LEVEL = 0.01;

/** So much unheard speech is told: more than a cough, less than a sentence. */
const SPEECH_MS = 1_000;

/** Silence takes away from it at this rate, so that gaps between words do not count and single noises do not add up. */
const DECAY = 0.25;

/** Unheard speech is over when nothing more is said for so long. */
const OVER_MS = 8_000;

/** Who has been told, and stays muted, knows it: told again no sooner than this. */
const REST_MS = 60_000;

/** About −70 dB below full scale: quieter than any room with a working microphone in it. */
const DEAD_LEVEL = 0.0003;

/** How long a microphone must have been so, the first time. */
const DEAD_PATIENCE_MS = 3_000;

/** A gate against noise gives nothing between two sentences: each false alarm makes the next one wait twice as long. */
const MAX_DEAD_PATIENCE_MS = 60_000;

/** Tells speech from what a room sounds like without it. */
export class NoiseFloor {
  #level = QUIET_LEVEL / HEADROOM;

  /**
   * Whether a frame is part of the room.
   * @param {number} level root mean square, 0 to 1
   * @param {number} durationMs
   */
  isQuiet(level, durationMs) {
    const risen = this.#level * RISE_PER_SECOND ** (durationMs / 1000);
    this.#level = Math.max(QUIET_LEVEL / HEADROOM, Math.min(risen, level));
    return level < Math.min(LOUD_LEVEL, this.#level * HEADROOM);
  }
}

/** Notices that the user speaks although the microphone is muted, so that they can be told that nobody hears it. */
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

/** Notices a microphone that gives nothing: switched off in hardware, muted by the system, the wrong one. */
export class MicrophoneSilence {
  #silentMs = 0;
  #isSilent = false;
  #patienceMs = DEAD_PATIENCE_MS;
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
      if (this.#isSilent) this.#patienceMs = Math.min(2 * this.#patienceMs, MAX_DEAD_PATIENCE_MS);
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
