// What `make build` puts into the element's file, so that it is drawn without asking for anything else. Empty in the
// files as they are written: there it comes from beside them.

/** The text of element.css with all that it imports. */
export const STYLES = '';

/** By language. @type {{[code: string]: import('./element-language.js').AllTexts}} */
export const TEXTS = {};
