// What is remembered is believed only as far as the page could have written it.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { lasting } from '../../../static/page/preferences.js';

const VOLUME = { least: 0, most: 100, otherwise: 100 };

const JUNK = ['', ' ', 'null', 'NaN', '-1', '101', '1e999', '{"a":1}', '<b>', 'x'.repeat(100_000)];

/** @type {Map<string, string>} */
let stored;
beforeEach(() => {
  stored = new Map();
  use({
    getItem: (/** @type {string} */ name) => stored.get(name) ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ value) => stored.set(name, value),
    removeItem: (/** @type {string} */ name) => stored.delete(name),
  });
});
afterEach(() => use(undefined));

/** @param {unknown} storage */
const use = (storage) =>
  Object.defineProperty(globalThis, 'localStorage', { value: storage, configurable: true });

test('what was chosen comes back', () => {
  lasting.write('volume', '35');
  lasting.write('microphone', 'abc123');
  lasting.write('captions', 'huge');

  assert.equal(lasting.readNumber('volume', VOLUME), 35);
  assert.equal(lasting.readWord('microphone'), 'abc123');
  assert.equal(lasting.readOneOf('captions', ['normal', 'large', 'huge']), 'huge');
});

test('what was forgotten is gone', () => {
  lasting.write('microphone', 'abc123');
  lasting.write('microphone', null);

  assert.equal(lasting.readWord('microphone'), null);
  assert.equal(stored.size, 0);
});

for (const junk of JUNK) {
  test(`${JSON.stringify(junk.slice(0, 12))} in the storage breaks nothing`, () => {
    for (const name of ['volume', 'captions']) stored.set(`voicegate:${name}`, junk);

    assert.equal(lasting.readNumber('volume', VOLUME), 100);
    assert.equal(lasting.readOneOf('captions', ['normal', 'large']), 'normal');
  });
}

test('a name that no device could have is no name', () => {
  for (const junk of ['', '   ', 'x'.repeat(100_000)]) {
    stored.set('voicegate:speaker', junk);

    assert.equal(lasting.readWord('speaker'), null);
  }
});

test('a storage that is closed to us holds nothing and complains of nothing', () => {
  use({
    getItem: () => {
      throw new Error('denied');
    },
    setItem: () => {
      throw new Error('full');
    },
  });

  lasting.write('volume', '20');
  assert.equal(lasting.readNumber('volume', VOLUME), 100);
  assert.equal(lasting.readWord('microphone'), null);
});
