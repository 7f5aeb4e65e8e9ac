// The page's texts, for tests that run without a page.

import { readdirSync, readFileSync } from 'node:fs';

/** The page's own, and those of the parts that it shares with the element. */
const FOLDERS = ['page', 'voice-agent'].map(
  (name) => new URL(`../../../static/${name}/texts/`, import.meta.url),
);

/** Codes of all languages that there are texts in. */
export const LANGUAGES = readdirSync(FOLDERS[0]).map((name) => name.replace('.json', ''));

/**
 * @param {string} language
 * @returns {any} every text of that language, as the service puts them together
 */
export function textsIn(language) {
  const [page, parts] = FOLDERS.map((folder) =>
    JSON.parse(readFileSync(new URL(`${language}.json`, folder), 'utf8')),
  );
  return {
    ...page,
    ...parts,
    templates: { ...page.templates, ...parts.templates },
    call: { ...page.call, ...parts.call },
  };
}

/** @type {import('../../../static/page/page-types.js').Texts} */
export const texts = textsIn('en').call;
