// Mute and unmute, or hold to talk; shown while there is a call.

import { createPushToTalk } from './push-to-talk.js';

/**
 * @param {{mute: HTMLButtonElement, muteLabel: HTMLElement}} elements
 * @param {import('./ui-types.js').Texts['muteButton']} texts
 * @param {(muted: boolean) => void} onChange
 * @param {AbortSignal} signal   the button is gone
 */
export function createMuteButton({ mute: button, muteLabel: label }, texts, onChange, signal) {
  let isMuted = false;
  let isHeld = false;
  const pushToTalk = createPushToTalk(button, (isTalking) => onChange(!isTalking), signal);
  button.addEventListener('click', () => {
    if (!isHeld) onChange(!isMuted);
  });

  function show() {
    button.dataset.mode = isHeld ? 'hold' : 'switch';
    button.dataset.muted = String(isMuted);
    // Muting, the name says what a press does: a pressed "Unmute" would say two things at once. Held, it stays.
    if (isHeld) button.setAttribute('aria-pressed', String(!isMuted));
    else button.removeAttribute('aria-pressed');
    label.textContent = isHeld ? texts.hold : isMuted ? texts.unmute : texts.mute;
  }

  return {
    isHeldToTalk: () => isHeld,
    /** @param {boolean} muted */
    showMuted(muted) {
      if (muted === isMuted) return;
      isMuted = muted;
      show();
    },
    /** @param {import('./ui-types.js').CallState} state */
    showState(state) {
      button.hidden = state !== 'live' && state !== 'reconnecting';
      pushToTalk.allow(!button.hidden);
    },
    /** Heard only while the button is held, or always. @param {boolean} isWanted */
    usePushToTalk(isWanted) {
      if (isWanted === isHeld) return;
      isHeld = isWanted;
      pushToTalk.use(isWanted);
      onChange(isWanted);
      show();
    },
  };
}
