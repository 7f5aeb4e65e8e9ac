// How long answers take.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { createAnswerPause } from '../../../static/voice-agent/ui/conversation-panel.js';

let nowMs = 0;
/** @type {[string, number][]} */
let told;
/** @type {ReturnType<typeof createAnswerPause>} */
let pause;
beforeEach(() => {
  nowMs = 1_000;
  told = [];
  pause = createAnswerPause(
    (...one) => told.push(one),
    () => nowMs,
  );
});

/** @param {string} replyId */
const heard = (replyId, done = false) =>
  pause.heard({ replyId, positionMs: 66, done, flushed: false });
/** @param {boolean} user @param {boolean} agent @param {number} atMs */
function speaking(user, agent, atMs) {
  nowMs = atMs;
  pause.speaking({ user, agent });
}

test('from the end of the user’s speech to the first sound', () => {
  speaking(true, false, 1_000);
  speaking(false, false, 2_000);
  heard('r1');
  speaking(false, true, 2_800);
  assert.deepEqual(told, [['agent-r1', 800]]);
});

test('a reply that is named only after its first sound', () => {
  speaking(true, false, 1_000);
  speaking(false, false, 2_000);
  speaking(false, true, 2_500);
  heard('r1');
  heard('r1');
  assert.deepEqual(told, [['agent-r1', 500]]);
});

test('typed words ask, too', () => {
  pause.typed();
  heard('r1');
  speaking(false, true, 1_700);
  assert.deepEqual(told, [['agent-r1', 700]]);
});

test('a greeting answers nothing, nor does what goes on after a breath', () => {
  heard('r1');
  speaking(false, true, 1_700);
  speaking(false, false, 1_900);
  speaking(false, true, 2_100);
  assert.deepEqual(told, []);
});

test('a user who goes on talking is answered from their last word', () => {
  speaking(true, false, 1_000);
  speaking(false, false, 2_000);
  speaking(true, false, 2_500);
  speaking(false, false, 4_000);
  heard('r1');
  speaking(false, true, 4_600);
  assert.deepEqual(told, [['agent-r1', 600]]);
});

test('after a minute it is no answer, and the end of a call forgets the question', () => {
  pause.typed();
  heard('r1');
  speaking(false, true, 90_000);
  heard('r1', true);
  speaking(false, false, 91_000);
  pause.typed();
  pause.reset();
  heard('r2');
  speaking(false, true, 91_500);
  assert.deepEqual(told, []);
});
