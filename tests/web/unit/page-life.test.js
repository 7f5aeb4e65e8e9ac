// What outlives a page.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { MAX_TURNS } from '../../../static/voice-agent/core/conversation/turn-list.js';
import {
  CallRecord,
  forgetCall,
  leftCall,
  rememberCall,
} from '../../../static/voice-agent/main-thread/reload-resume.js';

const KEY = 'voicegate-call';

/** @type {Map<string, string>} */
let stored;
beforeEach(() => {
  stored = new Map();
  Object.assign(globalThis, {
    sessionStorage: {
      getItem: (/** @type {string} */ key) => stored.get(key) ?? null,
      setItem: (/** @type {string} */ key, /** @type {string} */ value) => stored.set(key, value),
      removeItem: (/** @type {string} */ key) => stored.delete(key),
    },
  });
});
afterEach((context) => {
  /** @type {import('node:test').TestContext} */ (context).mock.timers.reset();
  Reflect.deleteProperty(globalThis, 'sessionStorage');
});

/** @param {number} number @returns {import('../../../static/voice-agent/core/conversation/transcript.js').Turn} */
const turn = (number) => ({
  id: `turn-${number}`,
  role: 'user',
  text: `Sentence ${number}.`,
  final: true,
  interrupted: false,
  startedAt: number,
  words: [],
});

test('a call that was left is remembered for the grace window and no longer', (context) => {
  context.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  rememberCall({ sessionId: 'sess_1', turns: [turn(1)] });

  context.mock.timers.tick(30_000);
  assert.deepEqual(leftCall()?.turns, [turn(1)]);
  assert.equal(leftCall()?.sessionId, 'sess_1');

  context.mock.timers.tick(1);
  assert.equal(leftCall(), null);
});

test('words that can no longer be gone on with are removed, without being asked for again', (context) => {
  context.mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 1_000_000 });
  rememberCall({ sessionId: 'sess_1', turns: [turn(1)] });
  leftCall();
  context.mock.timers.tick(30_000);
  assert.ok(stored.has(KEY));
  context.mock.timers.tick(1);
  assert.ok(!stored.has(KEY));

  rememberCall({ sessionId: 'sess_1', turns: [turn(1)] });
  context.mock.timers.setTime(2_000_000);
  leftCall(); // a page that comes back later
  assert.ok(!stored.has(KEY));
});

test('a call of the future is none: the clock was changed meanwhile', (context) => {
  context.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  rememberCall({ sessionId: null, turns: [] });
  context.mock.timers.setTime(999_999);

  assert.equal(leftCall(), null);
});

test('what is remembered is bounded and holds nothing but id, time and turns', () => {
  const turns = Array.from({ length: 500 }, (_, number) => turn(number));

  rememberCall({ sessionId: 'sess_1', turns });

  const call = JSON.parse(stored.get(KEY) ?? '');
  assert.deepEqual(Object.keys(call).sort(), ['leftAtMs', 'sessionId', 'turns']);
  assert.deepEqual(call.turns, turns.slice(-60));
});

for (const [what, text] of /** @type {const} */ ([
  ['nothing', null],
  ['rubbish', '{"turns":'],
  ['what another version wrote', '{"sessionId":"sess_1"}'],
  ['a number', '7'],
])) {
  test(`there is no left call where storage holds ${what}`, () => {
    if (text !== null) stored.set(KEY, text);

    assert.equal(leftCall(), null);
  });
}

test('a call that goes on for hours keeps as many turns as its core does', () => {
  const record = new CallRecord();
  for (let number = 0; number <= MAX_TURNS; number += 1) record.write(turn(number));
  record.write({ ...turn(MAX_TURNS), text: 'Put otherwise.' });

  const { turns } = record;
  assert.equal(turns.length, MAX_TURNS);
  assert.deepEqual([turns[0].id, turns.at(-1)?.text], ['turn-1', 'Put otherwise.']);
});

test('a forgotten call is gone', () => {
  rememberCall({ sessionId: 'sess_1', turns: [] });
  forgetCall();

  assert.equal(leftCall(), null);
});

test('storage that is switched off keeps nothing and breaks nothing', () => {
  const denied = () => {
    throw new Error('denied');
  };
  Object.assign(globalThis, {
    sessionStorage: { getItem: denied, setItem: denied, removeItem: denied },
  });

  rememberCall({ sessionId: 'sess_1', turns: [] });
  forgetCall();
  assert.equal(leftCall(), null);
});
