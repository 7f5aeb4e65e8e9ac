// Everything about looks in the side panel: theme, size of the captions, language.

import { createCaptionsSize } from './captions-size.js';
import { createCookies } from './cookies.js';
import { createLanguageField } from './language-field.js';
import { createThemeField } from './theme.js';

/**
 * @param {object} elements
 * @param {HTMLElement} elements.theme
 * @param {HTMLElement} elements.captions
 * @param {HTMLSelectElement} elements.language
 * @param {HTMLElement} elements.languageNote
 * @param {HTMLButtonElement} elements.languageReload
 * @param {object} page
 * @param {string} page.root   path that the service is mounted at
 * @param {() => 'call' | 'conversation' | 'nothing'} page.atStake   what a reload would end or lose
 */
export function createDisplaySettings(elements, { root, atStake }) {
  const cookies = createCookies(root);
  createThemeField(elements.theme, cookies);
  createCaptionsSize(elements.captions);
  const language = createLanguageField(elements, { cookies, atStake });

  return {
    /** A call began or ended. */
    showState: language.showWaiting,
  };
}
