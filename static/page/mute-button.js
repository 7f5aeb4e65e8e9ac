// Mute and unmute; shown while there is a call.

/**
 * @param {{mute: HTMLButtonElement, muteLabel: HTMLElement}} elements
 * @param {import('./types.js').Texts['muteButton']} texts
 * @param {(muted: boolean) => void} onChange
 */
export function createMuteButton({ mute: button, muteLabel: label }, texts, onChange) {
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
