// How the page looks, in the side panel: theme, size of the captions, language. The service renders the page in the theme
// and language that were chosen, which it knows by cookies, so that the first paint is right.

import { byId } from './find.js';
import { lasting } from './preferences.js';

const YEAR_SECONDS = 31_536_000;
const THEME_COOKIE = 'voicegate-theme';
const LANGUAGE_COOKIE = 'voicegate-language';
const SYSTEM = 'system';

const CAPTIONS = 'captions';
const SIZES = /** @type {const} */ (['normal', 'large', 'huge']);

/** @param {import('./page-types.js').VoiceAgent} element */
export function createDisplaySettings(element) {
  const path = String(element.getAttribute('gate')).replace(/\/+$/, '') || '/';

  /** @param {string} name @param {string | null} value   a plain word; null forgets it */
  function writeCookie(name, value) {
    const age = value === null ? 0 : YEAR_SECONDS;
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    document.cookie = `${name}=${value ?? ''}; Path=${path}; Max-Age=${age}; SameSite=Lax${secure}`;
  }

  createThemeField(element, (theme) => writeCookie(THEME_COOKIE, theme));
  createCaptionsField();
  return createLanguageField(element, (language) => writeCookie(LANGUAGE_COOKIE, language));
}

/**
 * @param {HTMLElement} element
 * @param {(theme: string | null) => void} remember
 */
function createThemeField(element, remember) {
  const root = document.documentElement;
  const bars = /** @type {NodeListOf<HTMLMetaElement>} */ (
    document.querySelectorAll('meta[name="theme-color"]')
  );
  const show = createChoice('theme', (theme) => {
    remember(theme === SYSTEM ? null : theme);
    if (theme === SYSTEM) delete root.dataset.theme;
    else root.dataset.theme = theme;
    element.setAttribute('theme', theme);
    for (const bar of bars) bar.media = mediaOf(bar.dataset.theme ?? '', theme);
  });
  show(root.dataset.theme ?? SYSTEM);
}

/** When the browser's bar has the colour of `own`. @param {string} own @param {string} chosen */
function mediaOf(own, chosen) {
  if (chosen === SYSTEM) return `(prefers-color-scheme: ${own})`;
  return own === chosen ? 'all' : 'not all';
}

/** The size is an attribute of the page that the style sheets read. */
function createCaptionsField() {
  const root = document.documentElement;
  const show = createChoice('captions', (size) => {
    root.dataset.captions = size;
    lasting.write(CAPTIONS, size === SIZES[0] ? null : size);
  });
  root.dataset.captions = lasting.readOneOf(CAPTIONS, SIZES);
  show(root.dataset.captions);
}

/**
 * A few values of which one holds: a row of radio buttons.
 *
 * @param {string} id
 * @param {(value: string) => void} onChange
 * @returns {(value: string) => void}   shows which one it is
 */
function createChoice(id, onChange) {
  const group = byId(id);
  const options = [...group.querySelectorAll('input')];
  group.addEventListener('change', () => {
    const chosen = options.find(({ checked }) => checked);
    if (chosen) onChange(chosen.value);
  });
  return (value) => {
    for (const option of options) option.checked = option.value === value;
  };
}

/**
 * A new language needs the page anew; a call or a conversation that is on the page is not thrown away for that.
 *
 * @param {import('./page-types.js').VoiceAgent} element
 * @param {(language: string) => void} remember
 */
function createLanguageField(element, remember) {
  const field = byId('language', HTMLSelectElement);
  const note = byId('language-note');
  const reloadButton = byId('language-reload', HTMLButtonElement);
  const shown = field.value;

  function showState() {
    const isWaiting = field.value !== shown;
    note.hidden = !isWaiting;
    reloadButton.hidden = !isWaiting || element.isActive;
  }

  field.addEventListener('change', () => {
    remember(field.value);
    const isAtStake = element.isActive || element.turns.length > 0;
    if (field.value !== shown && !isAtStake) reload();
    else showState();
  });
  reloadButton.addEventListener('click', reload);

  return {
    /** A call began or ended. */
    showState,
  };
}

function reload() {
  const address = new URL(location.href);
  if (!address.searchParams.has('lang')) return location.reload();
  address.searchParams.delete('lang'); // it would win over what was chosen
  location.replace(address);
}
