// Keeps a scrolling log at its end, unless the reader scrolled back; then offers the way down.

import { onResize } from './measures.js';

const NEAR_END_PX = 48;

/**
 * @param {HTMLElement} log
 * @param {HTMLButtonElement} latest   shown while there is something newer below
 * @returns {(change: () => void) => void}  runs a change of the log and follows it
 */
export function createFollower(log, latest) {
  let isFollowing = true;
  let isDue = false;

  const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX;
  const toEnd = () => {
    log.scrollTop = log.scrollHeight;
  };
  log.addEventListener(
    'scroll',
    () => {
      if (isDue) return; // rows have come since: this tells of the scrolling before them
      isFollowing = isAtEnd();
      if (isFollowing) latest.hidden = true;
    },
    { passive: true },
  );
  latest.addEventListener('click', () => {
    isFollowing = true;
    latest.hidden = true;
    toEnd();
    log.focus();
  });
  onResize(log, () => isFollowing && toEnd());

  /** Once a frame at most, when the browser lays the page out anyway. */
  const catchUp = () => {
    isDue = false;
    if (isFollowing) toEnd();
    else if (!isAtEnd()) latest.hidden = false;
  };

  return (change) => {
    change();
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(catchUp);
  };
}
