// Tells the system what a page's sound is for, where a page may: else iOS finds out when the microphone opens, and
// changes the route and the loudness of what sounds already. Main thread.
// Source: W3C Audio Session, `navigator.audioSession.type`; in Safari.

/** @typedef {{type: string}} AudioSession */

/** What it was before the calls under way. */
let before = 'auto';

let claims = 0;

/**
 * A call begins: it speaks and listens.
 * @param {AbortSignal} signal the call is over
 */
export function claimAudioSession(signal) {
  const { audioSession } = /** @type {{audioSession?: AudioSession}} */ (globalThis.navigator);
  if (!audioSession) return;
  if (claims === 0) before = audioSession.type;
  claims += 1;
  audioSession.type = 'play-and-record';
  const release = () => {
    claims -= 1;
    if (claims === 0) audioSession.type = before;
  };
  signal.addEventListener('abort', release, { once: true });
}
