// Every language says everything.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LANGUAGES, textsIn } from './page-texts.js';

/**
 * @param {unknown} value
 * @param {string} path
 * @returns {[string, string][]} each text with its place
 */
function leaves(value, path = '') {
  if (typeof value === 'string') return [[path, value]];
  assert.ok(value !== null && typeof value === 'object', `${path} is neither text nor group`);
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, `${path}/${name}`));
}

/** @param {string} text */
const valuesIn = (text) => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();

const english = new Map(leaves(textsIn('en')));

test('there is more than one language', () => {
  assert.ok(LANGUAGES.length > 1);
});

for (const language of LANGUAGES.filter((code) => code !== 'en')) {
  const texts = new Map(leaves(textsIn(language)));

  test(`${language} has a text wherever English has one, and no other`, () => {
    assert.deepEqual([...texts.keys()].sort(), [...english.keys()].sort());
    for (const [path, text] of texts) assert.equal(text === '', english.get(path) === '', path);
  });

  test(`${language} leaves the same places for values`, () => {
    for (const [path, text] of texts)
      assert.deepEqual(valuesIn(text), valuesIn(english.get(path) ?? ''), path);
  });

  test(`${language} repeats no sentence in English`, () => {
    const isSentence = (/** @type {string} */ text) => / .*[.]$/.test(text);
    const untranslated = [...texts].filter(([path, text]) => text === english.get(path));
    assert.deepEqual(
      untranslated.map(([path]) => path).filter((path) => isSentence(english.get(path) ?? '')),
      [],
    );
  });
}

test('no text is in two minds about its quotation marks or dots', () => {
  for (const language of LANGUAGES)
    for (const [path, text] of leaves(textsIn(language)))
      assert.doesNotMatch(text, /\.\.\.|  /, path);
});
