// What the page's own life means for a call. Main thread.

/**
 * @typedef {object} PageLife
 * @property {() => void} onLeave the page goes away: end the call now
 * @property {() => void} onOnline the browser has a network again
 * @property {() => void} onVisible the user looks at the page again
 */

/**
 * Watch the page until `signal` aborts.
 * @param {PageLife} life
 * @param {AbortSignal} signal
 */
export function watchPage({ onLeave, onOnline, onVisible }, signal) {
  window.addEventListener('pagehide', onLeave, { signal });
  window.addEventListener('online', onOnline, { signal });
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') onVisible();
    },
    { signal },
  );
}
