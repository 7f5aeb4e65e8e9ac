// The element's styles in its shadow root: the sheet that the page brought there, or one made of the text in this file's
// bundle, or, in the files as they are written, a link to the sheet beside them.

import { tellDeveloper } from './developer-hints.js';

const FILE = new URL('../../element.css', import.meta.url);

let styles = '';

/** One for all elements of a document: those of a picture-in-picture window need their own. @type {WeakMap<Document, CSSStyleSheet>} */
const sheets = new WeakMap();

/** Styles that need not be loaded. @param {string} text */
export function useStyles(text) {
  styles = text;
}

/** Show nothing else, and nothing before its styles are there. @param {ShadowRoot} shadow @param {HTMLElement} content */
export function showStyled(shadow, content) {
  const served = shadow.querySelector('link');
  if (served) {
    for (const node of [...shadow.childNodes])
      if (node !== served && node !== content) node.remove();
    if (content.parentNode !== shadow) shadow.append(content);
    return;
  }
  if (styles) {
    // jsdom 26, which jest has, knows none, and draws nothing anyway.
    if ('adoptedStyleSheets' in shadow) shadow.adoptedStyleSheets = [sheetIn(shadow.ownerDocument)];
    shadow.replaceChildren(content);
    return;
  }
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = FILE.href;
  content.hidden = true;
  link.addEventListener('load', () => (content.hidden = false));
  link.addEventListener('error', () => {
    content.hidden = false;
    tellDeveloper(
      `its style sheet could not be loaded. style-src in the page's Content-Security-Policy must name ${FILE.origin}.`,
    );
  });
  shadow.replaceChildren(link, content);
}

/** @param {Document} page */
function sheetIn(page) {
  const sheet = sheets.get(page) ?? new (page.defaultView ?? window).CSSStyleSheet();
  if (!sheets.has(page)) sheet.replaceSync(styles);
  sheets.set(page, sheet);
  return sheet;
}
