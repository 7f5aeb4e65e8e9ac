// How long the call may still last, quietly; more visibly in the last minute. Nothing while no limit is known.

import { clock, fill } from './format.js';

const LAST_SECONDS = 60;

/**
 * @param {HTMLElement} element
 * @param {string} template
 */
export function createTimeLeft(element, template) {
  let shown = '';
  return {
    /** @param {number | null} seconds */
    show(seconds) {
      const isKnown = seconds !== null && Number.isFinite(seconds);
      const text = isKnown ? fill(template, { time: clock(Math.ceil(seconds)) }) : '';
      if (text === shown) return;
      shown = text;
      element.textContent = text;
      element.dataset.near = String(isKnown && seconds <= LAST_SECONDS);
    },
  };
}
