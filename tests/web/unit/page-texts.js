// The page's texts, for tests that run without a page.

import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../../static/page/texts/', import.meta.url);

/** Codes of all languages that there are texts in. */
export const LANGUAGES = readdirSync(FOLDER).map((name) => name.replace('.json', ''));

/**
 * @param {string} language
 * @returns {any} every text of that language
 */
export const textsIn = (language) =>
  JSON.parse(readFileSync(new URL(`${language}.json`, FOLDER), 'utf8'));

/** @type {import('../../../static/page/types.js').Texts} */
export const texts = textsIn('en').call;
