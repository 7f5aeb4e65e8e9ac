// Tells when a context is held back from sounding: until a click by the autoplay rules, or by the system
// while somebody telephones. Main thread.

/** A context that has not begun to run by then waits for the user. */
const START_MS = 500;

/**
 * @param {AudioContext} context
 * @param {(isInterrupted: boolean) => void} report each change; nothing while all is well
 * @param {AbortSignal} signal
 */
export function watchContext(context, report, signal) {
  let isInterrupted = false;
  const look = () => {
    if (isInterrupted === (context.state !== 'running')) return;
    isInterrupted = !isInterrupted;
    report(isInterrupted);
    // Safari leaves a context suspended after a telephone call; elsewhere the browser says no, or waits.
    if (isInterrupted) context.resume().catch(() => {});
  };
  const timer = setTimeout(() => {
    look();
    context.addEventListener('statechange', look, { signal });
  }, START_MS);
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
}
