// Backoff: how long to wait before the next attempt.

/**
 * Delays before attempts 0, 1, 2, …; the last one repeats. They grow, as every attempt takes a token: a service grants
 * ten a minute by default, and one that is away does not come back for being asked.
 */
const STEPS_MS = [0, 250, 500, 1_000, 2_000, 4_000, 8_000];

/** Part of a delay by which it varies either way, so that a crowd does not come back in step. */
const JITTER = 0.25;

/**
 * @param {number} attempt 0 for the first one after a loss
 * @param {number} random uniform in [0, 1)
 * @returns {number} milliseconds
 */
export function retryDelayMs(attempt, random) {
  const step = STEPS_MS[Math.min(attempt, STEPS_MS.length - 1)];
  return step * (1 + JITTER * (2 * random - 1));
}

/** The wait itself. */
export class RetryTimer {
  #environment;
  #onDue;
  /** @type {unknown} */
  #timer = null;
  #wasAskedFor = false;

  /** @param {import('../../ports.js').Environment} environment @param {() => void} onDue */
  constructor(environment, onDue) {
    this.#environment = environment;
    this.#onDue = onDue;
  }

  /**
   * @param {object} wait
   * @param {number} wait.attempt
   * @param {number} wait.atLeastMs what the service asked for, 0 when it asked for nothing
   * @returns {number} how long it is, in milliseconds
   */
  wait({ attempt, atLeastMs }) {
    this.cancel();
    const backoffMs = retryDelayMs(attempt, this.#environment.random());
    const delayMs = Math.max(backoffMs, atLeastMs);
    this.#wasAskedFor = atLeastMs > backoffMs;
    const due = () => {
      this.#timer = null;
      this.#onDue();
    };
    this.#timer = this.#environment.schedule(due, delayMs);
    return delayMs;
  }

  /** Things look better: do not wait any longer, unless the service asked for it. */
  hurry() {
    if (this.#timer === null || this.#wasAskedFor) return;
    this.cancel();
    this.#onDue();
  }

  cancel() {
    this.#environment.cancel(this.#timer);
    this.#timer = null;
  }
}
