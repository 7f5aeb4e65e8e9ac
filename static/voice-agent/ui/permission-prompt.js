// While the browser asks for the microphone: says so, and points to where it asks. Watches the user's word on it too,
// so that a page that was refused knows when it is not any more.

import { asksAtTopLeft, thisBrowser } from './browser-hints.js';

/** Some browsers ask nobody and answer within this time. */
const PATIENCE_MS = 300;

/**
 * @param {HTMLElement} pointer   decorative: the same is said in words elsewhere
 * @param {(isAsking: boolean) => void} onAsking
 */
export function createPermissionPrompt(pointer, onAsking) {
  const isAtTopLeft = asksAtTopLeft(thisBrowser());
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  let isShown = false;

  /** @param {boolean} isAsking */
  function show(isAsking) {
    if (isAsking === isShown) return;
    isShown = isAsking;
    pointer.hidden = !(isAsking && isAtTopLeft);
    onAsking(isAsking);
  }

  return {
    /** @param {boolean} isAsking */
    showAsking(isAsking) {
      clearTimeout(waiting);
      if (isAsking) waiting = setTimeout(() => show(true), PATIENCE_MS);
      else show(false);
    },
  };
}
