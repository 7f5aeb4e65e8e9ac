// The call as headset keys, lock screens and small windows know it: pause holds it, play goes on, hang up, microphone.
// Browsers offer it as far as they take a page's sound for media: those that look for a media element show nothing.

/**
 * @param {object} on
 * @param {() => void} on.hold
 * @param {() => void} on.unhold
 * @param {() => void} on.stop
 * @param {() => void} on.toggleMicrophone
 * @param {MediaSession | undefined} [session]   of the navigator
 */
export function createMediaSession(on, session = navigator.mediaSession) {
  const actions = /** @type {[any, () => void][]} */ ([
    ['pause', on.hold],
    ['play', on.unhold],
    ['stop', on.stop],
    ['hangup', on.stop],
    ['togglemicrophone', on.toggleMicrophone],
  ]);
  let isOurs = false;

  /** @param {boolean} isCall @param {string} title */
  function take(isCall, title) {
    if (!session || isCall === isOurs) return;
    isOurs = isCall;
    session.metadata =
      isCall && 'MediaMetadata' in globalThis ? new MediaMetadata({ title }) : null;
    for (const [action, run] of actions) {
      try {
        session.setActionHandler(action, isCall ? run : null);
      } catch {
        // this browser does not know it
      }
    }
  }

  return {
    /** @param {{isCall: boolean, title: string, isOnHold: boolean, isMuted: boolean}} call */
    show({ isCall, title, isOnHold, isMuted }) {
      const wasOurs = isOurs;
      take(isCall, title);
      if (!session || !(isCall || wasOurs)) return; // the page around may have media of its own
      session.playbackState = !isCall ? 'none' : isOnHold ? 'paused' : 'playing';
      const { setMicrophoneActive } = /** @type {any} */ (session);
      void setMicrophoneActive?.call(session, isCall && !isMuted && !isOnHold)?.catch?.(() => {});
    },
  };
}
