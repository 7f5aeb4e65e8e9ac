// What is the matter while a lost connection is being recovered, and for how long that may still take.

/** A loss that is made good sooner is only shown by the state: a panel would flash. */
const PATIENCE_MS = 1_000;

/** As long as the service keeps the session of a lost connection. Source: documents, "session.resume". */
const GRACE_SECONDS = 30;

/** As long as the client tries to go on, in a new session in the end. */
const BUDGET_SECONDS = 120;

/** The client keeps so much of what is said meanwhile. */
export const KEPT_SPEECH_SECONDS = 20;

/** @typedef {'reconnecting' | 'reconnecting-offline' | 'reconnecting-late'} Phase */

/**
 * How far a recovery is.
 *
 * @param {number} goneSeconds   since the loss
 * @param {boolean} isOnline
 * @returns {{phase: Phase, secondsLeft: number, share: number}}   share: of the present phase, 0 to 1, still to come
 */
export function recoveryProgress(goneSeconds, isOnline) {
  const isLate = goneSeconds >= GRACE_SECONDS;
  const end = isLate ? BUDGET_SECONDS : GRACE_SECONDS;
  const span = isLate ? BUDGET_SECONDS - GRACE_SECONDS : GRACE_SECONDS;
  const secondsLeft = Math.max(0, end - goneSeconds);
  const phase = isLate ? 'reconnecting-late' : isOnline ? 'reconnecting' : 'reconnecting-offline';
  return { phase, secondsLeft, share: Math.min(1, secondsLeft / span) };
}

/** @param {(isDue: boolean) => void} onDue   whether a panel has something to say, now and at each change */
export function createReconnecting(onDue) {
  let lostAtMs = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;

  return {
    get progress() {
      return recoveryProgress((performance.now() - lostAtMs) / 1000, navigator.onLine !== false);
    },
    /** @param {import('./ui-types.js').CallState} state */
    showState(state) {
      const isLost = state === 'reconnecting';
      if (isLost === (waiting !== undefined)) return;
      clearTimeout(waiting);
      waiting = undefined;
      if (!isLost) return onDue(false);
      lostAtMs = performance.now();
      waiting = setTimeout(() => onDue(true), PATIENCE_MS);
    },
  };
}
