// A time without a microphone: the call goes on in silence, looks for one now and then, and gives up at last.
// Main thread.

/** How often to look for a microphone although nothing was said to have changed. */
const RETRY_MS = 5_000;

/** How long a call that hears nobody may go on, and be paid for. */
const LIMIT_MS = 60_000;

export class Outage {
  #retries;
  #limit;

  /**
   * @param {import('../../errors.js').VoiceAgentError} error why there is none
   * @param {{onRetry: () => void, onOver: (error: import('../../errors.js').VoiceAgentError) => void}} calls
   *   `onOver` is called once, unless `end` comes before
   */
  constructor(error, { onRetry, onOver }) {
    /** The latest reason. */
    this.error = error;
    this.#retries = setInterval(onRetry, RETRY_MS);
    this.#limit = setTimeout(() => {
      this.end();
      onOver(this.error);
    }, LIMIT_MS);
  }

  end() {
    clearInterval(this.#retries);
    clearTimeout(this.#limit);
  }
}
