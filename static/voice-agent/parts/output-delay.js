// What is told of the sound is true where the audio thread hands it on. At the ear it is true a moment later: over
// Bluetooth, a fifth of a second. No DOM; works by the clock it is given.

/** No device takes longer; a browser that says so is wrong. */
const MAX_LATENCY_MS = 500;

const PLATFORM = {
  schedule: (/** @type {() => void} */ run, /** @type {number} */ delayMs) =>
    setTimeout(run, delayMs),
  cancel: (/** @type {any} */ timer) => clearTimeout(timer),
};

/**
 * @param {() => number | null | undefined} latencyMs   from the audio thread to the loudspeaker, as of now; what is
 *   unknown counts as none
 * @param {Pick<import('./captions.js').Clock, 'schedule' | 'cancel'>} [clock]
 */
export function createOutputDelay(latencyMs, clock = PLATFORM) {
  /** @type {Set<unknown>} */
  const timers = new Set();

  return {
    /** Run this when what has just been handed on is heard. @param {() => void} run */
    whenHeard(run) {
      const delayMs = Math.min(latencyMs() ?? 0, MAX_LATENCY_MS);
      if (delayMs <= 0) return run();
      const timer = clock.schedule(() => {
        timers.delete(timer);
        run();
      }, delayMs);
      timers.add(timer);
    },
    /** Nothing more will be heard. */
    clear() {
      for (const timer of timers) clock.cancel(timer);
      timers.clear();
    },
  };
}
