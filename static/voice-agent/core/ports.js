// The seams of the session core as interfaces, below all of it: what it takes from outside, and what its parts see of
// each other. Tests hand in their own.

/**
 * What the session core takes from the platform.
 * @typedef {object} Environment
 * @property {typeof globalThis.fetch} fetch
 * @property {(url: string) => WebSocket} openWebSocket
 * @property {(url: string, tell: () => void, signal: AbortSignal) => void} onForbidden the page's policy does not let it
 *   connect to this one: Chromium then opens no socket, and closes none either
 * @property {() => number} nowMs monotonic
 * @property {() => number} epochMs wall clock
 * @property {(task: () => void, delayMs: number) => unknown} schedule
 * @property {(handle: unknown) => void} cancel
 * @property {() => number} random uniform in [0, 1)
 *
 * The way to the agent: open while a session is ready.
 * @typedef {object} Line
 * @property {() => boolean} isOpen
 * @property {(text: string) => boolean} send an encoded message; false when it could not be sent
 *
 * The same as the microphone sees it. `hasBackpressure`: more is in the socket than the network takes. `listen`: the
 * microphone goes on, with so much that sounds like speech.
 * @typedef {Line & {hasBackpressure: () => boolean, listen: (speechMs: number) => void}} AudioLine
 *
 * What the connection writes down of itself, see `SessionStats`.
 * @typedef {object} Telemetry
 * @property {{sockets: number, tokens: number, rollovers: number}} connection
 * @property {{note(group: 'connection' | 'trouble', name: string, detail?: Record<string, unknown>): void}} log
 * @property {{sent(text: string): void,
 *   received(message: import('./connection/protocol.js').ServerMessage, data: unknown): void}} traffic
 */

/**
 * The platform's own, in a page or a Worker alike.
 * @returns {Environment}
 */
export function platformEnvironment() {
  return {
    fetch: (...request) => globalThis.fetch(...request),
    openWebSocket: (url) => new WebSocket(url),
    onForbidden: (url, tell, signal) => {
      const judge = (/** @type {any} */ { blockedURI, disposition }) => {
        const [blocked] = blockedURI.split('?'); // the whole of it, or its origin
        if (disposition === 'enforce' && blocked && url.startsWith(blocked)) tell();
      };
      globalThis.addEventListener?.('securitypolicyviolation', judge, { signal });
    },
    nowMs: () => performance.now(),
    epochMs: () => Date.now(),
    schedule: (task, delayMs) => setTimeout(task, delayMs),
    cancel: (handle) => clearTimeout(/** @type {number} */ (handle)),
    random: () => Math.random(),
  };
}
