// The one big button: starts, cancels, ends, tries again. It stays the same element, so focus never jumps.
// While a wait is prescribed it is there but does nothing, and counts down.

import { callButton as texts } from './messages.js';
import { clock, fill } from './format.js';

/** @typedef {'start' | 'retry' | 'cancel' | 'end' | 'ending'} CallAction */

/** @type {{[state in import('./types.js').CallState]: CallAction}} */
const actions = {
  idle: 'start',
  connecting: 'cancel',
  live: 'end',
  reconnecting: 'end',
  ending: 'ending',
  ended: 'start',
  failed: 'retry',
};

/**
 * @param {{call: HTMLButtonElement, callLabel: HTMLElement, callWait: HTMLElement}} elements
 * @param {{start: () => void, stop: () => void, waited: () => void}} on
 */
export function createCallButton({ call: button, callLabel: label, callWait: wait }, on) {
  /** @type {CallAction} */
  let action = 'start';
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let counting;

  /** @param {CallAction} next */
  function become(next) {
    endWait();
    action = next;
    button.dataset.action = next;
    if (label.textContent !== texts[next]) label.textContent = texts[next];
    // Not `disabled`: that would take the focus away from whoever ends a call by keyboard.
    if (next === 'ending') button.setAttribute('aria-disabled', 'true');
  }

  function endWait() {
    clearInterval(counting);
    counting = undefined;
    wait.textContent = '';
    button.removeAttribute('aria-disabled');
  }

  button.addEventListener('click', () => {
    if (button.ariaDisabled === 'true') return;
    if (action === 'start' || action === 'retry') on.start();
    else on.stop();
  });

  return {
    /** @param {import('./types.js').CallState} state */
    showState(state) {
      become(actions[state]);
    },
    /** The trouble was dismissed or its cause changed: offer a plain start. */
    offerStart() {
      if (action === 'retry') become('start');
    },
    /** @param {number} seconds */
    waitFor(seconds) {
      const until = performance.now() + seconds * 1000;
      const count = () => {
        const left = Math.ceil((until - performance.now()) / 1000);
        if (left > 0) wait.textContent = fill(texts.wait, { time: clock(left) });
        else {
          endWait();
          on.waited();
        }
      };
      endWait();
      button.setAttribute('aria-disabled', 'true');
      counting = setInterval(count, 250);
      count();
    },
  };
}
