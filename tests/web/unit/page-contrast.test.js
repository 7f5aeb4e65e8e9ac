// Whoever can read can read the page: the contrast of the tokens that words and controls are made of.
// Source: WCAG 2.2, success criteria 1.4.3, 1.4.6 and 1.4.11, and its definition of relative luminance.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const CSS = readFileSync(
  new URL('../../../static/voice-agent/ui/styles/tokens.css', import.meta.url),
  'utf8',
).replace(/\/\*.*?\*\//gs, '');
const THEMES = ['light', 'dark'];

/** What lies on what. */
const TEXTS = [
  ...['text', 'text-quiet', 'agent', 'user', 'danger-text'].flatMap((text) =>
    ['ground', 'surface', 'sunken'].map((ground) => [text, ground]),
  ),
  ['on-ink', 'ink'],
  ['on-danger', 'danger'],
  ['ground', 'user'],
  ['surface', 'agent'],
];
const CONTROLS = ['control-line', 'focus', 'agent'].flatMap((line) =>
  ['ground', 'surface', 'sunken'].map((ground) => [line, ground]),
);

/** @param {string} block @returns {Map<string, string>} */
const declared = (block) =>
  new Map([...block.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, value]));

/** @param {string} start what the block begins with */
const blockOf = (start) => {
  const from = CSS.indexOf(start);
  assert.ok(from >= 0, `tokens.css has no ${start}`);
  return CSS.slice(from, CSS.indexOf('}', from));
};

const plain = declared(blockOf(':root,'));
const more = new Map([...plain, ...declared(blockOf('@media (prefers-contrast: more)'))]);

/**
 * @param {Map<string, string>} tokens
 * @param {string} name
 * @param {string} theme
 * @returns {string} as #rrggbb
 */
function colourOf(tokens, name, theme) {
  const written = tokens.get(name) ?? assert.fail(`--${name} is missing`);
  // What an element's page may set instead is its own affair.
  const value = /^var\(--voice-agent-[\w-]+, (.+)\)$/.exec(written)?.[1] ?? written;
  const [, other] = /^var\(--([\w-]+)\)$/.exec(value) ?? [];
  if (other) return colourOf(tokens, other, theme);
  const [, ...both] = /^light-dark\((#\w{6}), (#\w{6})\)$/.exec(value) ?? ['', value, value];
  return both[THEMES.indexOf(theme)];
}

/** @param {string} colour */
function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {string} one @param {string} other */
function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/**
 * @param {Map<string, string>} tokens
 * @param {string} theme
 * @param {string[][]} pairs
 * @param {number} least
 */
function tooWeak(tokens, theme, pairs, least) {
  return pairs
    .map(([front, ground]) => ({
      pair: `${front} on ${ground}`,
      ratio: contrast(colourOf(tokens, front, theme), colourOf(tokens, ground, theme)),
    }))
    .filter(({ ratio }) => !(ratio >= least));
}

test('the measure is the one of WCAG', () => {
  assert.equal(contrast('#ffffff', '#000000'), 21);
  assert.equal(contrast('#777777', '#ffffff').toFixed(2), '4.48');
});

for (const theme of THEMES) {
  test(`every text of the ${theme} theme can be read`, () => {
    assert.deepEqual(tooWeak(plain, theme, TEXTS, 4.5), []);
  });

  test(`every control of the ${theme} theme has an edge that can be seen`, () => {
    assert.deepEqual(tooWeak(plain, theme, CONTROLS, 3), []);
  });

  test(`whoever wants more contrast gets it in the ${theme} theme`, () => {
    const words = TEXTS.filter(([front]) => !front.startsWith('on-') && front !== 'ground');

    assert.deepEqual(tooWeak(more, theme, words, 7), []);
    assert.deepEqual(tooWeak(more, theme, CONTROLS, 4.5), []);
  });
}
