// The one big button: starts, cancels, ends, tries again. It stays the same element, so focus never jumps.
// While a wait is prescribed it is there but does nothing, and counts down.

import { clock, fill } from './format.js';

/** @typedef {'start' | 'resume' | 'retry' | 'cancel' | 'end' | 'ending'} CallAction */

/** @type {{[state in import('./ui-types.js').CallState]: CallAction}} */
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
 * @param {import('./ui-types.js').Texts['callButton']} texts
 * @param {{intend: () => void, start: (how: {resume: boolean}) => void, stop: () => void,
 *   waiting: (secondsLeft: number) => void}} on   `intend`: a press seems to be coming; `waiting`: 0 when it is over
 */
export function createCallButton({ call: button, callLabel: label, callWait: wait }, texts, on) {
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

  button.addEventListener('click', ({ detail: clicks }) => {
    if (button.ariaDisabled === 'true') return;
    if (clicks > 1) return; // the second half of a double click must not undo the first
    if (isStart(action)) on.start({ resume: action === 'resume' });
    else on.stop();
  });
  for (const sign of ['pointerenter', 'focus', 'pointerdown']) {
    button.addEventListener(sign, () => {
      if (isStart(action) && button.ariaDisabled !== 'true') on.intend();
    });
  }

  return {
    /** @param {import('./ui-types.js').CallState} state */
    showState(state) {
      become(actions[state]);
    },
    /** A call was left a moment ago: offer to go on with it. @param {boolean} isLeft */
    offerResume(isLeft) {
      if (isLeft && action === 'start') become('resume');
      if (!isLeft && action === 'resume') become('start');
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
        else endWait();
        on.waiting(Math.max(0, left));
      };
      endWait();
      button.setAttribute('aria-disabled', 'true');
      counting = setInterval(count, 250);
      count();
    },
  };
}

/** @param {CallAction} action */
function isStart(action) {
  return action === 'start' || action === 'resume' || action === 'retry';
}
