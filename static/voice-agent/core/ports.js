// The seams to the platform: everything the session core takes from outside. Tests hand in their own.

/**
 * @typedef {object} Environment
 * @property {typeof globalThis.fetch} fetch
 * @property {(url: string) => WebSocket} openWebSocket
 * @property {() => number} nowMs monotonic
 * @property {() => number} epochMs wall clock
 * @property {(task: () => void, delayMs: number) => unknown} schedule
 * @property {(handle: unknown) => void} cancel
 * @property {() => number} random uniform in [0, 1)
 */

/**
 * The platform's own, in a page or a Worker alike.
 * @returns {Environment}
 */
export function platformEnvironment() {
  return {
    fetch: (...request) => globalThis.fetch(...request),
    openWebSocket: (url) => new WebSocket(url),
    nowMs: () => performance.now(),
    epochMs: () => Date.now(),
    schedule: (task, delayMs) => setTimeout(task, delayMs),
    cancel: (handle) => clearTimeout(/** @type {number} */ (handle)),
    random: () => Math.random(),
  };
}
