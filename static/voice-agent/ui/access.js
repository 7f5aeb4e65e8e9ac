// Whether this page may start calls, asked of the service. The page itself remembers nothing: what a right code earns
// is a cookie that no script can read.

/** Timeout of each request. */
const TIMEOUT_MS = 10_000;

/**
 * What came of a code: `limited` with the time to wait; `unreachable` without an answer; `failed` with an odd one.
 *
 * @typedef {{outcome: 'granted' | 'wrong' | 'limited' | 'unreachable' | 'failed', waitSeconds: number}} Entry
 */

/** @type {Map<number, Entry['outcome']>} */
const OUTCOMES = new Map([
  [204, 'granted'],
  [401, 'wrong'],
  [422, 'wrong'],
  [429, 'limited'],
]);

/** @param {URL} url */
export function createAccess(url) {
  /** @type {{mode: string, granted: boolean} | null} */
  let known = null;

  return {
    /** @returns {string | null} open, code or jwt; null while that is not known */
    get mode() {
      return known?.mode ?? null;
    },
    /** Whether the service is known to say no. */
    get isDenied() {
      return known?.granted === false;
    },
    get needsCode() {
      return known?.mode === 'code' && !known.granted;
    },
    /** Asks anew. Without an answer all stays as it was: the token route has the last word anyway. */
    async ask() {
      try {
        const answer = await request(url, {});
        const body = answer.ok ? await answer.json() : null;
        if (typeof body?.mode === 'string') known = { mode: body.mode, granted: !!body.granted };
      } catch {
        // as before
      }
    },
    /** @param {string} code @returns {Promise<Entry>} */
    async enter(code) {
      try {
        const headers = { 'Content-Type': 'application/json' };
        const body = JSON.stringify({ code });
        const answer = await request(url, { method: 'POST', headers, body });
        const outcome = OUTCOMES.get(answer.status) ?? 'failed';
        if (outcome === 'granted') known = { mode: 'code', granted: true };
        return { outcome, waitSeconds: Number(answer.headers.get('Retry-After')) || 0 };
      } catch {
        return { outcome: 'unreachable', waitSeconds: 0 };
      }
    },
  };
}

/** @param {URL} url @param {RequestInit} options */
function request(url, options) {
  return fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS), ...options });
}
