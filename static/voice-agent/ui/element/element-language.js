// Which language the element speaks, and its texts.

/** @typedef {typeof import('../../texts/en.json')} AllTexts */

/** Each as an address that a bundler finds. @type {{[code: string]: URL}} */
const FILES = {
  en: new URL('../../texts/en.json', import.meta.url),
  de: new URL('../../texts/de.json', import.meta.url),
};

/** @type {Map<string, AllTexts | Promise<AllTexts>>} */
const loaded = new Map();

/** Texts that need not be loaded. @param {AllTexts} texts */
export function addTexts(texts) {
  loaded.set(texts.call.language, texts);
}

/**
 * The language of an element: its own, that of what it stands in, or the browser's.
 *
 * @param {Element} element
 * @returns {string} a code that there are texts in
 */
export function languageOf(element) {
  const wishes = [...languagesAround(element), ...navigator.languages];
  const codes = wishes.map((wish) => wish.toLowerCase().split('-')[0]);
  return codes.find((code) => Object.hasOwn(FILES, code)) ?? 'en';
}

/** Innermost first, out of shadow roots too. @param {Element} element @returns {string[]} */
function languagesAround(element) {
  const nearest = element.closest('[lang]')?.getAttribute('lang');
  if (nearest) return [nearest];
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? languagesAround(root.host) : [];
}

/**
 * @param {string} code
 * @returns {Promise<AllTexts>} in English where that language cannot be had
 */
export async function textsIn(code) {
  const texts = loaded.get(code) ?? load(code);
  loaded.set(code, texts);
  try {
    return await texts;
  } catch (error) {
    loaded.delete(code); // asked for again by the next
    if (code === 'en') throw error;
    return textsIn('en');
  }
}

/** @param {string} code */
async function load(code) {
  const answer = await fetch(FILES[code], { credentials: 'omit' });
  if (!answer.ok) throw new Error(`${FILES[code]} answered ${answer.status}`);
  return answer.json();
}
