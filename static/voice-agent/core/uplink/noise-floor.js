// Tells speech from what a room sounds like without it. Pure; any thread.

/** What is quieter than this is quiet in any room (full scale 1, root mean square). */
const QUIET_LEVEL = 0.004;

/** What is louder than this is never taken for a room, however even it is. */
const LOUD_LEVEL = 0.02;

/** Speech stands out by more than this; the noise of a room varies by less. */
const HEADROOM = 2;

/** Growth of the floor a second: gaps between words come sooner than it takes to reach the words. */
const RISE_PER_SECOND = 1.3;

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
