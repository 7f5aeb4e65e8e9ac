// The element's styles in its shadow root: a sheet made of the text in this file's bundle, or, in the files as they are
// written, a link to the sheet beside them.

import { STYLES } from './built-in.js';
import { tellDeveloper } from './developer-hints.js';
import { node } from './dom-node.js';

const FILE = new URL('../../element.css', import.meta.url);

/** One for all elements of a document: those of a picture-in-picture window need their own. @type {WeakMap<Document, CSSStyleSheet>} */
const sheets = new WeakMap();

/** Show nothing else, and nothing before its styles are there. @param {ShadowRoot} shadow @param {HTMLElement} content */
export function showStyled(shadow, content) {
  if (STYLES) {
    shadow.adoptedStyleSheets = [sheetIn(shadow.ownerDocument)];
    shadow.replaceChildren(content);
    return;
  }
  const link = node('link', { rel: 'stylesheet', href: FILE.href });
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
  if (!sheets.has(page)) sheet.replaceSync(STYLES);
  sheets.set(page, sheet);
  return sheet;
}
