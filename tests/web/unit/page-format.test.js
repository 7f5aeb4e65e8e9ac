// Numbers and templates as people read them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { clock, duration, fill } from '../../../static/voice-agent/ui/format.js';

for (const [seconds, shown] of /** @type {const} */ ([
  [0, '0:00'],
  [7.9, '0:07'],
  [754, '12:34'],
  [3754, '1:02:34'],
  [-5, '0:00'],
])) {
  test(`a clock shows ${seconds} seconds as ${shown}`, () => {
    assert.equal(clock(seconds), shown);
  });
}

for (const [seconds, words] of /** @type {const} */ ([
  [0, '0 seconds'],
  [1, '1 second'],
  [60, '1 minute'],
  [75, '1 minute 15 seconds'],
  [3600, '1 hour'],
  [3601, '1 hour 1 minute'],
  [7199, '2 hours'],
])) {
  test(`${seconds} seconds are told as ${words}`, () => {
    assert.equal(duration(seconds, 'en'), words);
  });
}

test('a duration is told in the language that is asked for', () => {
  assert.equal(duration(3700, 'de'), '1 Stunde 2 Minuten');
});

test('a template gets its values, and keeps what nobody gave', () => {
  assert.equal(fill('{a} and {b}', { a: 1 }), '1 and {b}');
});

test('a value that looks like a template is not filled again', () => {
  assert.equal(fill('{a}', { a: '{b} $&', b: 'x' }), '{b} $&');
});
