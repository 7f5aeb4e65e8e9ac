// Mute and unmute, or hold to talk; shown while there is a call.

import { isConversation } from '../call-facts.js';

/** @typedef {typeof import('./push-to-talk.js').createPushToTalk} PushToTalk */

/**
 * @param {{mute: HTMLButtonElement, muteLabel: HTMLElement}} elements
 * @param {import('./ui-types.js').Texts['muteButton']} texts
 * @param {(muted: boolean) => void} onChange
 * @param {AbortSignal} signal   the button is gone
 */
export function createMuteButton({ mute: button, muteLabel: label }, texts, onChange, signal) {
  let isMuted = false;
  let isPushToTalk = false;
  let hasMicrophone = true;
  /** Whether to unmute once there is a microphone again: to unmute a call without one would open it. */
  let isUnmuteDue = false;
  /** Until that is there, a press is a switch as ever. @type {ReturnType<PushToTalk> | null} */
  let pushToTalk = null;
  button.addEventListener('click', () => {
    isUnmuteDue = false; // whoever presses it decides anew
    if (!isPushToTalk || !pushToTalk) onChange(!isMuted);
  });

  function show() {
    button.dataset.mode = isPushToTalk ? 'hold' : 'switch';
    button.dataset.muted = String(isMuted && hasMicrophone);
    // Muting, the name says what a press does: a pressed "Unmute" would say two things at once. Held, it stays.
    if (isPushToTalk) button.setAttribute('aria-pressed', String(!isMuted));
    else button.removeAttribute('aria-pressed');
    const press = isMuted ? texts.unmute : texts.mute;
    label.textContent = isPushToTalk ? texts.hold : hasMicrophone ? press : texts.talk;
  }

  function unmute() {
    isUnmuteDue = false;
    onChange(false);
  }

  return {
    isPushToTalk: () => isPushToTalk,
    /** @param {boolean} muted @param {boolean} isOpen   whether the call has a microphone */
    showMuted(muted, isOpen) {
      if (muted === isMuted && isOpen === hasMicrophone) return;
      isMuted = muted;
      hasMicrophone = isOpen;
      show();
      if (isUnmuteDue && isOpen) unmute();
    },
    /** @param {import('./ui-types.js').CallState} state */
    showState(state) {
      button.hidden = !isConversation(state);
      pushToTalk?.allow(!button.hidden);
    },
    /** Heard only while the button is held, or always. @param {boolean} isWanted */
    usePushToTalk(isWanted) {
      if (isWanted === isPushToTalk) return;
      isPushToTalk = isWanted;
      pushToTalk?.use(isWanted);
      isUnmuteDue = !isWanted;
      if (isWanted) onChange(true);
      else if (hasMicrophone) unmute();
      show();
    },
    /** What makes a hold of a press has come. @param {PushToTalk} createPushToTalk */
    learnToHold(createPushToTalk) {
      pushToTalk = createPushToTalk(button, (isTalking) => onChange(!isTalking), signal);
      pushToTalk.use(isPushToTalk);
      pushToTalk.allow(!button.hidden);
    },
  };
}
