// Backoff: how long to wait before the next attempt.

/** Delays before attempts 0, 1, 2, …; the last one repeats. Source: audio-path measurements (cap 0.5 s). */
const STEPS_MS = [0, 250, 500];

/** After the grace window nothing hurries any more: the service is away, not the network. */
const SLOW_STEP_MS = 5_000;

/** Part of a delay by which it varies either way, so that a crowd does not come back in step. */
const JITTER = 0.25;

/**
 * @param {number} attempt 0 for the first one after a loss
 * @param {number} random uniform in [0, 1)
 * @param {{slow?: boolean}} [options] `slow` once the grace window is over
 * @returns {number} milliseconds
 */
export function retryDelayMs(attempt, random, { slow = false } = {}) {
  const step = slow ? SLOW_STEP_MS : STEPS_MS[Math.min(attempt, STEPS_MS.length - 1)];
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
    if (this.#timer === null || this.#wasAskedFor) return;
    this.cancel();
    this.#onDue();
  }

  cancel() {
    this.#environment.cancel(this.#timer);
    this.#timer = null;
  }
}
