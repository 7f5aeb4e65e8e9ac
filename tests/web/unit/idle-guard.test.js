// When a call in which nobody says anything is asked about, and ended.

import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { IdleGuard } from '../../../static/voice-agent/main-thread/idle-guard.js';

let nowMs = 0;
/** @type {string[]} */
let told = [];
/** @type {IdleGuard} */
let guard;
const page = Object.assign(new EventTarget(), { hidden: false });

beforeEach(() => {
  mock.reset();
  nowMs = 5_000;
  told = [];
  page.hidden = false;
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  mock.method(performance, 'now', () => nowMs);
  Object.defineProperty(globalThis, 'document', { value: page, configurable: true });
  guard = new IdleGuard(
    {
      ask: (secondsLeft) => told.push(`ask ${secondsLeft}`),
      answered: () => told.push('answered'),
      end: () => told.push('end'),
    },
    new AbortController().signal,
  );
  guard.begin();
});

/** @param {number} seconds */
function pass(seconds) {
  for (let passed = 0; passed < seconds; passed += 0.5) {
    nowMs += 500;
    mock.timers.tick(500);
  }
}

const USER = { user: true, agent: false };
const AGENT = { user: false, agent: true };
const NOBODY = { user: false, agent: false };

/** @param {boolean} hidden */
function hide(hidden) {
  page.hidden = hidden;
  page.dispatchEvent(new Event('visibilitychange'));
}

test('three minutes of quiet ask, half a minute more ends', () => {
  pass(179.5);
  assert.deepEqual(told, []);
  pass(0.5);
  assert.deepEqual(told, ['ask 30']);
  guard.showSpeaking(AGENT); // the question
  pass(4);
  guard.showSpeaking(NOBODY);
  pass(25.5);
  assert.deepEqual(told, ['ask 30']);
  pass(0.5);
  assert.deepEqual(told, ['ask 30', 'end']);
});

test('a sign of a person answers, and all begins anew', () => {
  pass(200);
  guard.notice();
  assert.deepEqual(told, ['ask 30', 'answered']);
  pass(179);
  guard.notice(); // typing
  pass(179);
  assert.deepEqual(told, ['ask 30', 'answered']);
});

test('a long reply is no quiet: it counts from its end', () => {
  pass(100);
  guard.showSpeaking(AGENT);
  pass(600);
  guard.showSpeaking(NOBODY);
  pass(179.5);
  assert.deepEqual(told, []);
  pass(0.5);
  assert.deepEqual(told, ['ask 30']);
});

test('a noise is no sign, but nobody is cut off while it lasts', () => {
  pass(170);
  guard.showSpeaking(USER);
  pass(60);
  guard.showSpeaking(NOBODY);
  pass(9.5);
  assert.deepEqual(told, []);
  pass(0.5);
  assert.deepEqual(told, ['ask 30']);
  guard.showSpeaking(USER);
  pass(60);
  guard.showSpeaking(NOBODY);
  assert.deepEqual(told, ['ask 30']);
  pass(30);
  assert.deepEqual(told, ['ask 30', 'end']);
});

test('a hidden page is quiet for half as long', () => {
  pass(60);
  hide(true);
  pass(29.5);
  assert.deepEqual(told, []);
  pass(0.5);
  assert.deepEqual(told, ['ask 30']);
});

test('0 never asks, and no call is asked about while its connection is away or it is over', () => {
  guard.seconds = 0;
  pass(4_000);
  guard.seconds = 20;
  assert.deepEqual(told, []);
  pass(0.5);
  guard.pause();
  assert.deepEqual(told, ['ask 30', 'answered']);
  pass(4_000);
  guard.begin();
  pass(19.5);
  assert.deepEqual(told, ['ask 30', 'answered']);
  assert.throws(() => (guard.seconds = -1), RangeError);
  assert.throws(() => (guard.seconds = Number.NaN), RangeError);
});

test('a call on hold waits for five minutes, hidden or not, and going on is a sign', () => {
  pass(170);
  guard.hold(true);
  hide(true);
  pass(299.5);
  assert.deepEqual(told, []);
  pass(0.5);
  assert.deepEqual(told, ['ask 30']);
  guard.hold(false);
  assert.deepEqual(told, ['ask 30', 'answered']);
  pass(90);
  assert.deepEqual(told, ['ask 30', 'answered', 'ask 30']);
  pass(30);
  assert.equal(told.at(-1), 'end');
});
