// The ring of levels: what is remembered and where it is shown.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LevelHistory, ringTicks, tickLevel } from '../../../static/voice-agent/ui/visualiser.js';

test('a history gives the newest level first and forgets the oldest', () => {
  const history = new LevelHistory(3);
  for (const level of [0.25, 0.5, 0.75, 1]) history.push(level);

  assert.deepEqual([history.at(0), history.at(1), history.at(2)], [1, 0.75, 0.5]);
});

test('levels outside 0 to 1 and no numbers at all do no harm', () => {
  const history = new LevelHistory(3);
  for (const level of [7, -1, NaN]) history.push(level);

  assert.deepEqual([history.at(0), history.at(1), history.at(2)], [0, 0, 1]);
});

test('a cleared history is silent', () => {
  const history = new LevelHistory(2);
  history.push(1);
  history.clear();

  assert.equal(history.isSilent(), true);
});

test('a history is steady when all of it is as loud as now', () => {
  const history = new LevelHistory(2);
  history.push(0.5);
  assert.equal(history.isSteady(), false);
  history.push(0.5);

  assert.equal(history.isSteady(), true);
});

test('each voice has its half of the ring, mirrored, and no two ticks share a place', () => {
  const ticks = ringTicks(5);
  const places = new Set(ticks.map(({ angle }) => Math.sin(angle).toFixed(6) + Math.cos(angle)));

  assert.equal(ticks.length, 20);
  assert.equal(places.size, 20);
  for (const { voice, angle } of ticks) assert.equal(Math.sin(angle) > 0, voice === 'user');
});

test('older sound shows fainter than the same sound now', () => {
  const history = new LevelHistory(4);
  for (let i = 0; i < 4; i += 1) history.push(1);

  assert.ok(tickLevel(history, 3, false) < tickLevel(history, 0, false));
});

test('without motion the ring is a gauge of the present level only', () => {
  const history = new LevelHistory(4);
  history.push(1);
  history.push(0.5);

  const lit = [0, 1, 2, 3].map((age) => tickLevel(history, age, true) > 0);
  assert.deepEqual(lit, [true, true, false, false]);
});
