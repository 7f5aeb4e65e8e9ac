// Who speaks although muted is told so, seldom and without any sound leaving.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { UnheardSpeech } from '../../../static/voice-agent/core/uplink/level-watch.js';

const FRAME_MS = 20;

function listen() {
  /** @type {boolean[]} */
  const told = [];
  const unheard = new UnheardSpeech((speaking) => told.push(speaking));
  return {
    told,
    unheard,
    /** Words and gaps, as people speak. @param {number} ms */
    speak(ms, isUnheard = true) {
      for (let at = 0; at < ms; at += FRAME_MS) {
        unheard.hear(at % 400 < 300 ? 0.08 : 0.003, FRAME_MS, isUnheard);
      }
    },
    /** @param {number} ms @param {number} [level] */
    room(ms, level = 0.003, isUnheard = true) {
      for (let at = 0; at < ms; at += FRAME_MS) unheard.hear(level, FRAME_MS, isUnheard);
    },
  };
}

test('about a second of speech is told once, and that it is over when nothing more is said', () => {
  const { told, speak, room } = listen();
  room(2_000);
  speak(900);
  assert.deepEqual(told, []);
  speak(1_000);
  assert.deepEqual(told, [true]);
  speak(3_000);
  room(7_900);
  assert.deepEqual(told, [true]);
  room(200);

  assert.deepEqual(told, [true, false]);
});

test('a cough now and then, and a room that is loud but even, are not speech', () => {
  const { told, speak, room } = listen();
  for (let minute = 0; minute < 3; minute += 1) {
    speak(300);
    room(5_000);
  }
  room(10_000, 0.015, false);
  room(30_000, 0.015);

  assert.deepEqual(told, []);
});

test('it is told again no sooner than after a minute', () => {
  const { told, speak, room } = listen();
  speak(2_000);
  room(10_000);
  speak(5_000);
  assert.deepEqual(told, [true, false]);
  room(50_000);
  speak(2_000);

  assert.deepEqual(told, [true, false, true]);
});

test('what is heard is not told of', () => {
  const { told, speak } = listen();
  speak(10_000, false);

  assert.deepEqual(told, []);
});

test('unmuting takes it back at once', () => {
  const { told, unheard, speak } = listen();
  speak(2_000);
  unheard.reset();
  unheard.reset();

  assert.deepEqual(told, [true, false]);
});
