// Mute and unmute; shown while there is a call.

import { muteButton as texts } from './messages.js';

/**
 * @param {{mute: HTMLButtonElement, muteLabel: HTMLElement}} elements
 * @param {(muted: boolean) => void} onChange
 */
export function createMuteButton({ mute: button, muteLabel: label }, onChange) {
  let isMuted = false;
  button.addEventListener('click', () => onChange(!isMuted));

  return {
    /** @param {boolean} muted */
    showMuted(muted) {
      if (muted === isMuted) return;
      isMuted = muted;
      // The name says what a press does; a pressed "Unmute" would say two things at once.
      button.dataset.muted = String(muted);
      label.textContent = muted ? texts.unmute : texts.mute;
    },
    /** @param {import('./types.js').CallState} state */
    showState(state) {
      button.hidden = state !== 'live' && state !== 'reconnecting';
    },
  };
}
