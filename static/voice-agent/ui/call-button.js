// The one big button: starts, cancels, ends, tries again. It stays the same element, so focus never jumps.
// While a wait is prescribed it is there but does nothing, and counts down; not for long, as calls end and minutes come
// back sooner than anybody can promise.

import { clock, fill } from './format.js';

/** Longest time for which it does nothing. */
const LONGEST_LOCK_SECONDS = 10;

/** @typedef {'start' | 'resume' | 'retry' | 'cancel' | 'end'} CallAction */

/** @type {{[state in import('./ui-types.js').CallState]: CallAction}} */
const actions = {
  idle: 'start',
  connecting: 'cancel',
  live: 'end',
  reconnecting: 'end',
  ended: 'start',
  failed: 'retry',
};

/**
 * @param {{call: HTMLButtonElement, callLabel: HTMLElement, callWait: HTMLElement}} elements
 * @param {import('./ui-types.js').Texts['callButton']} texts
 * @param {{intend: (intent: {isPressed: boolean}) => void, start: (how: {resume?: boolean}) => void, stop: () => void,
 *   waiting: (secondsLeft: number) => void}} on   `intend`: a press seems to be coming, or has begun; `waiting`: 0 when it
 *   is over
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
  }

  function endWait() {
    clearInterval(counting);
    counting = undefined;
    wait.textContent = '';
    button.removeAttribute('aria-disabled');
  }

  label.textContent = texts.start; // the markup's own may be another one
  button.addEventListener('click', ({ detail: clicks }) => {
    if (button.ariaDisabled === 'true') return;
    if (clicks > 1) return; // the second half of a double click must not undo the first
    if (action === 'retry')
      on.start({}); // as it was tried
    else if (isStart(action)) on.start({ resume: action === 'resume' });
    else on.stop();
  });
  /** @param {boolean} isPressed */
  const intend = (isPressed) => {
    if (isStart(action) && button.ariaDisabled !== 'true') on.intend({ isPressed });
  };
  for (const sign of ['pointerenter', 'focus']) button.addEventListener(sign, () => intend(false));
  button.addEventListener('pointerdown', () => intend(true));
  button.addEventListener('keydown', ({ key, repeat }) => {
    if (!repeat && (key === 'Enter' || key === ' ')) intend(true);
  });

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
      const startedAt = performance.now();
      const count = () => {
        const waited = (performance.now() - startedAt) / 1000;
        const left = Math.ceil(seconds - waited);
        const isLocked = left > 0 && waited < LONGEST_LOCK_SECONDS;
        wait.textContent = isLocked ? fill(texts.wait, { time: clock(left) }) : '';
        if (!isLocked) button.removeAttribute('aria-disabled');
        if (left <= 0) endWait();
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
