// How long the user waits for an answer: from the end of what was asked to the first sound that leaves the audio
// thread. Part of the session core: any thread.

/** Answers that are remembered. */
const REMEMBERED = 20;

/**
 * @typedef {object} FirstSound
 * @property {'greeting' | 'speech' | 'typed'} after what was answered: the start of the call, words, a message
 * @property {number} waitMs since then; after words, since the service told that they were over
 * @property {number | null} sinceVoiceMs since the microphone itself gave nothing but quiet; only after words
 */

export class FirstSounds {
  #nowMs;
  /** @type {{after: FirstSound['after'], atMs: number, quietMs: number | null} | null} what waits for its answer */
  #question = null;
  /** @type {FirstSound[]} */
  #answers = [];

  /** @param {() => number} nowMs monotonic */
  constructor(nowMs) {
    this.#nowMs = nowMs;
  }

  /** A call begins. */
  reset() {
    this.#answers = [];
    this.asked('greeting');
  }

  /**
   * @param {FirstSound['after']} after
   * @param {number | null} [quietMs] how long the microphone has been quiet by now
   */
  asked(after, quietMs = null) {
    this.#question = { after, atMs: this.#nowMs(), quietMs };
  }

  /** Nobody waits any more: the user goes on talking, or the call is over. */
  forget() {
    this.#question = null;
  }

  /** The agent begins to be heard. */
  heard() {
    if (!this.#question) return;
    const { after, atMs, quietMs } = this.#question;
    const waitMs = Math.round(this.#nowMs() - atMs);
    const sinceVoiceMs = quietMs === null ? null : Math.round(waitMs + quietMs);
    this.#question = null;
    this.#answers.push({ after, waitMs, sinceVoiceMs });
    if (this.#answers.length > REMEMBERED) this.#answers.shift();
  }

  /** @returns {FirstSound[]} a copy, oldest first */
  get copy() {
    return this.#answers.map((answer) => ({ ...answer }));
  }
}
