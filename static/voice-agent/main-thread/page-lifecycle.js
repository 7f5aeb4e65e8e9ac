// What the page's own life means for a call. Main thread.

/**
 * @typedef {object} PageLife
 * @property {() => void} onLeave the page goes away, or into the back/forward cache: end the call now
 * @property {() => void} onReturn the user looks at the page again, it runs again after a freeze, or there
 *   is a network again or another one: whatever was going on should be looked at now
 */

/**
 * Watch the page until `signal` aborts.
 * @param {PageLife} life
 * @param {AbortSignal} signal
 */
export function watchPage({ onLeave, onReturn }, signal) {
  if (!globalThis.window) return; // pages are made here, and shown elsewhere
  const network = /** @type {{connection?: EventTarget}} */ (navigator).connection; // not everywhere
  window.addEventListener('pagehide', onLeave, { signal });
  window.addEventListener('online', onReturn, { signal });
  network?.addEventListener('change', onReturn, { signal });
  document.addEventListener('resume', onReturn, { signal });
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') onReturn();
    },
    { signal },
  );
}
