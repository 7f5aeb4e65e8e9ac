// Finds a moment of a conversation in which a change of session goes unnoticed. Pure; any thread.

/** The microphone has been quiet for so long, or a word may have begun that the service has not noticed. */
const QUIET_MS = 300;

/** Where the room is never quiet: the service has heard nobody for so long. */
const CALM_MS = 3_000;

/** After the user has spoken, or a tool has answered, a reply is on its way for so long. Source: 2 to 6 s until it is heard, live. */
const ANSWER_MS = 6_000;

export class Pause {
  #calmSinceMs = Infinity;
  #answerUntilMs = -Infinity;

  /**
   * Somebody has finished, and a reply will follow.
   * @param {number} nowMs monotonic
   */
  expectAnswer(nowMs) {
    this.#answerUntilMs = nowMs + ANSWER_MS;
  }

  /** The answer is over, or another conversation begins. */
  expectNothing() {
    this.#answerUntilMs = -Infinity;
  }

  /**
   * Whether it is such a moment. To be asked again and again: how long it has been calm counts.
   * @param {number} nowMs monotonic
   * @param {object} sound
   * @param {boolean} sound.isAnyoneSpeaking
   * @param {number} sound.quietMs how long the microphone has been quiet
   */
  isNow(nowMs, { isAnyoneSpeaking, quietMs }) {
    if (isAnyoneSpeaking || nowMs < this.#answerUntilMs) this.#calmSinceMs = Infinity;
    else this.#calmSinceMs = Math.min(this.#calmSinceMs, nowMs);
    const calmMs = nowMs - this.#calmSinceMs; // −Infinity while it is not calm
    return calmMs >= 0 && (quietMs >= QUIET_MS || calmMs >= CALM_MS);
  }
}
