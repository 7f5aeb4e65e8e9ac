// A call that this tab left a moment ago, by a reload or by going back and forth: the gate's own page offers to go on
// with it while the client remembers it.

/** How often to look whether the client still remembers it. */
const LOOK_AGAIN_MS = 1_000;

/**
 * @param {{resumable: {turns: readonly import('./ui-types.js').Turn[]} | null}} call
 * @param {{offer: (isLeft: boolean) => void, show: (turns: readonly import('./ui-types.js').Turn[]) => void}} on
 *   `show` is given what was said, where the page does not show it any more
 * @param {AbortSignal} signal   whoever offers it is gone
 */
export function createLeftCall(call, on, signal) {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let looking;

  function offer() {
    clearInterval(looking);
    looking = setInterval(() => {
      if (call.resumable) return;
      clearInterval(looking);
      on.offer(false);
    }, LOOK_AGAIN_MS);
    on.offer(true);
  }

  if (call.resumable) {
    on.show(call.resumable.turns);
    offer();
  }
  // Out of the back/forward cache the page comes as it was, with the conversation still on it.
  /** @param {PageTransitionEvent} event */
  const back = ({ persisted }) => persisted && call.resumable && offer();
  window.addEventListener('pageshow', back, { signal });
  signal.addEventListener('abort', () => clearInterval(looking), { once: true });
}
