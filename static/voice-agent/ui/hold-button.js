// Puts the call on hold, and goes on with it; shown while there is a call.

import { isConversation } from '../call-facts.js';

/**
 * @param {{hold: HTMLButtonElement, holdLabel: HTMLElement}} elements
 * @param {import('./ui-types.js').Texts['holdButton']} texts
 * @param {() => void} onPress
 */
export function createHoldButton({ hold: button, holdLabel: label }, texts, onPress) {
  button.addEventListener('click', onPress);

  return {
    /** @param {import('./ui-types.js').CallState} state */
    showState(state) {
      button.hidden = !isConversation(state);
    },
    /** @param {boolean} isOnHold */
    showOnHold(isOnHold) {
      button.dataset.held = String(isOnHold);
      // The name says what a press does, as with muting.
      label.textContent = button.title = isOnHold ? texts.unhold : texts.hold;
    },
  };
}
