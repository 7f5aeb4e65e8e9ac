// How long to wait before the next attempt. Pure; any thread.

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
