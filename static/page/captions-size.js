// How large the words of the conversation are: an attribute of the page that the style sheets read.

import { createChoice } from './choice.js';
import { lasting } from './preferences.js';

const MEMORY = 'captions';
const SIZES = /** @type {const} */ (['normal', 'large', 'huge']);

/** @param {HTMLElement} group   radio buttons, one a size */
export function createCaptionsSize(group) {
  const root = document.documentElement;

  const choice = createChoice(group, (size) => {
    root.dataset.captions = size;
    lasting.write(MEMORY, size === SIZES[0] ? null : size);
  });
  root.dataset.captions = lasting.readOneOf(MEMORY, SIZES);
  choice.show(root.dataset.captions);
}
