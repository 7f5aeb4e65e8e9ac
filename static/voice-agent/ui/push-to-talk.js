// Turns a button and the space bar into what is held to talk. Whatever goes wrong with the hold closes it.

import { Hold } from './hold-to-talk.js';

/** Where the space bar has work of its own. */
const OWN_KEYS =
  'a[href], button, input, select, textarea, summary, [contenteditable], dialog:modal';

/**
 * @param {HTMLButtonElement} button
 * @param {(isTalking: boolean) => void} onChange
 * @param {AbortSignal} signal   the button is gone
 */
export function createPushToTalk(button, onChange, signal) {
  const hold = new Hold(onChange);
  let isOn = false;
  let isPossible = false;
  const isActive = () => isOn && isPossible;

  /** Whether a key on this element means talking. @param {KeyboardEvent} event */
  function isTalkKey(event) {
    const { code, key, altKey, ctrlKey, metaKey } = event;
    if (!isActive() || altKey || ctrlKey || metaKey) return false;
    const [target] = event.composedPath(); // inside a shadow root, too
    if (target === button) return code === 'Space' || key === 'Enter';
    return code === 'Space' && !(target instanceof Element && target.closest(OWN_KEYS));
  }

  button.addEventListener('pointerdown', (event) => {
    if (!isActive() || event.button !== 0) return;
    button.setPointerCapture(event.pointerId); // a finger that slides off still talks
    hold.press('pointer');
  });
  button.addEventListener('pointerup', () => hold.release('pointer', { mayKeep: true }));
  for (const loss of ['pointercancel', 'lostpointercapture']) {
    button.addEventListener(loss, () => hold.drop());
  }
  button.addEventListener('contextmenu', (event) => isOn && event.preventDefault());
  button.addEventListener('click', ({ detail }) => {
    if (isActive() && detail === 0) hold.toggle(); // by assistive technology: pointer and keys were seen already
  });
  /** @param {KeyboardEvent} event */
  function press(event) {
    if (!isTalkKey(event)) return;
    event.preventDefault(); // neither a click nor scrolling
    if (!event.repeat) hold.press(event.code);
  }

  /** @param {KeyboardEvent} event */
  function release(event) {
    if (isTalkKey(event)) event.preventDefault(); // Firefox clicks now
    hold.release(event.code, { mayKeep: event.composedPath()[0] === button });
  }

  document.addEventListener('keydown', press, { signal });
  document.addEventListener('keyup', release, { signal });
  window.addEventListener('blur', () => hold.drop(), { signal });
  document.addEventListener('visibilitychange', () => document.hidden && hold.end(), { signal });
  signal.addEventListener('abort', () => hold.end(), { once: true });

  return {
    /** @param {boolean} isWanted */
    use(isWanted) {
      isOn = isWanted;
      hold.end();
    },
    /** Whether there is somebody to talk to. @param {boolean} isCall */
    allow(isCall) {
      if (isPossible && !isCall) hold.end();
      isPossible = isCall;
    },
  };
}
