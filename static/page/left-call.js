// A call that this tab left a moment ago, by a reload or by going back and forth: the page offers to go on
// with it while the client remembers it.

/** How often to look whether the client still remembers it. */
const LOOK_AGAIN_MS = 1_000;

/**
 * @param {{resumable: {turns: readonly import('./page-types.js').Turn[]} | null}} agent
 * @param {{offer: (isLeft: boolean) => void, show: (turns: readonly import('./page-types.js').Turn[]) => void}} on
 *   `show` is given what was said, where the page does not show it any more
 */
export function createLeftCall(agent, on) {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let looking;

  function offer() {
    clearInterval(looking);
    looking = setInterval(() => {
      if (agent.resumable) return;
      clearInterval(looking);
      on.offer(false);
    }, LOOK_AGAIN_MS);
    on.offer(true);
  }

  if (agent.resumable) {
    on.show(agent.resumable.turns);
    offer();
  }
  // Out of the back/forward cache the page comes as it was, with the conversation still on it.
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted && agent.resumable) offer();
  });
}
