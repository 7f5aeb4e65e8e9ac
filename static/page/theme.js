// Light, dark, or as the system says. The service renders what was chosen, so that the first paint is right.

import { createChoice } from './choice.js';

const COOKIE = 'voicegate-theme';
const SYSTEM = 'system';

/**
 * @param {HTMLElement} group   radio buttons: system, light, dark
 * @param {import('./cookies.js').Cookies} cookies
 */
export function createThemeField(group, cookies) {
  const root = document.documentElement;
  const bars = /** @type {NodeListOf<HTMLMetaElement>} */ (
    document.querySelectorAll('meta[name="theme-color"]')
  );

  /** @param {string} theme */
  function show(theme) {
    if (theme === SYSTEM) delete root.dataset.theme;
    else root.dataset.theme = theme;
    for (const bar of bars) bar.media = mediaOf(bar.dataset.theme ?? '', theme);
  }

  createChoice(group, (theme) => {
    cookies.write(COOKIE, theme === SYSTEM ? null : theme);
    show(theme);
  }).show(root.dataset.theme ?? SYSTEM);
}

/** When the browser's bar has the colour of `own`. @param {string} own @param {string} chosen */
function mediaOf(own, chosen) {
  if (chosen === SYSTEM) return `(prefers-color-scheme: ${own})`;
  return own === chosen ? 'all' : 'not all';
}
