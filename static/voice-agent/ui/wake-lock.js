// Keeps the screen on while a call is live: a phone that goes dark would let go of the microphone. Where a browser
// cannot, or will not with a low battery, nothing is said: the call goes on all the same.

import { isConversation } from '../call-facts.js';

/**
 * @param {WakeLock | undefined} wakeLock   of the navigator
 * @param {AbortSignal} [signal]   the call's owner is gone
 */
export function createWakeLock(wakeLock, signal) {
  let isWanted = false;
  /** @type {WakeLockSentinel | null} */
  let held = null;
  let isAsking = false;

  async function look() {
    if (!wakeLock || isAsking || document.hidden || isWanted === (held !== null)) return;
    isAsking = true;
    try {
      if (isWanted) held = await wakeLock.request('screen');
      else await letGo();
      // The browser takes it back from a page that is hidden.
      held?.addEventListener('release', () => (held = null), { once: true });
    } catch {
      isAsking = false;
      return; // refused: not asked again before the page is looked at anew
    }
    isAsking = false;
    await look(); // wanted otherwise by now
  }

  async function letGo() {
    const lock = held;
    held = null;
    await lock?.release();
  }

  document.addEventListener('visibilitychange', () => void look(), { signal });

  return {
    /** @param {import('./ui-types.js').CallState} state */
    showState(state) {
      isWanted = isConversation(state);
      void look();
    },
  };
}
