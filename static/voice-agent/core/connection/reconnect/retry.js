// The wait before the next attempt. Part of the session core: any thread.

import { retryDelayMs } from './backoff.js';

export class RetryTimer {
  #environment;
  #onDue;
  /** @type {unknown} */
  #timer = null;
  #wasAskedFor = false;

  /**
   * @param {import('../../ports.js').Environment} environment
   * @param {() => void} onDue
   */
  constructor(environment, onDue) {
    this.#environment = environment;
    this.#onDue = onDue;
  }

  /** Whether an attempt is waiting for its time. */
  get isWaiting() {
    return this.#timer !== null;
  }

  /**
   * @param {object} wait
   * @param {number} wait.attempt
   * @param {boolean} wait.slow
   * @param {number} wait.atLeastMs what the service asked for, 0 when it asked for nothing
   */
  wait({ attempt, slow, atLeastMs }) {
    this.cancel();
    const delayMs = retryDelayMs(attempt, this.#environment.random(), { slow });
    this.#wasAskedFor = atLeastMs > delayMs;
    const due = () => {
      this.#timer = null;
      this.#onDue();
    };
    this.#timer = this.#environment.schedule(due, Math.max(delayMs, atLeastMs));
  }

  /** Things look better: do not wait any longer, unless the service asked for it. */
  hurry() {
    if (!this.isWaiting || this.#wasAskedFor) return;
    this.cancel();
    this.#onDue();
  }

  cancel() {
    this.#environment.cancel(this.#timer);
    this.#timer = null;
  }
}
