// The agent's words as they are heard.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { createCaptions } from '../../../static/voice-agent/ui/captions.js';

/** @type {import('../../../static/voice-agent/ui/ui-types.js').Word[]} */
const WORDS = [
  [0, 'Hello'],
  [400, 'there,'],
  [900, 'my'],
  [1_100, 'friend.'],
];
const TEXT = 'Hello there, my friend.';

/** @type {[string, boolean][]} */
let shown;
/** @type {ReturnType<typeof createClock>} */
let clock;
/** @type {ReturnType<typeof createCaptions>} */
let captions;
beforeEach(() => {
  shown = [];
  clock = createClock();
  captions = createCaptions(({ text, final }) => shown.push([text, final]), clock);
});

function createClock() {
  let nowMs = 5_000;
  /** @type {Map<number, {atMs: number, run: () => void}>} */
  const timers = new Map();
  let made = 0;
  return {
    nowMs: () => nowMs,
    schedule: (/** @type {() => void} */ run, /** @type {number} */ delayMs) => {
      timers.set((made += 1), { atMs: nowMs + delayMs, run });
      return made;
    },
    cancel: (/** @type {any} */ timer) => void timers.delete(timer),
    get pending() {
      return timers.size;
    },
    /** @param {number} ms */
    pass(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        const [next] = [...timers].sort(([, a], [, b]) => a.atMs - b.atMs);
        if (!next || next[1].atMs > endMs) break;
        nowMs = Math.max(nowMs, next[1].atMs);
        timers.delete(next[0]);
        next[1].run();
      }
      nowMs = endMs;
    },
  };
}

/** @param {Partial<import('../../../static/voice-agent/ui/ui-types.js').Turn>} [change] */
const turn = (change) => ({
  id: 'agent-r1',
  role: /** @type {const} */ ('agent'),
  text: TEXT,
  final: false,
  interrupted: false,
  startedAt: 0,
  words: WORDS,
  ...change,
});

/** @param {number} positionMs @param {Partial<import('../../../static/voice-agent/ui/ui-types.js').Playback>} [change] */
const heard = (positionMs, change) =>
  captions.heard({ replyId: 'r1', positionMs, done: false, flushed: false, ...change });

/** Sound from one place to another, reported as the client does. @param {number} fromMs @param {number} toMs */
function play(fromMs, toMs) {
  for (let atMs = fromMs; atMs <= toMs; atMs += 66) {
    heard(atMs);
    clock.pass(66);
  }
}

const texts = () => shown.map(([text]) => text);
const last = () => shown.at(-1);

test('words appear one after the other, as far as the sound has come, and the turn settles with its end', () => {
  captions.take(turn());
  assert.deepEqual(shown, []);
  captions.sound(true);
  play(0, 600);
  assert.deepEqual(texts(), ['Hello', 'Hello there,']);

  captions.take(turn({ final: true }));
  play(660, 1_300);
  assert.deepEqual(last(), [TEXT, false]);
  heard(1_400, { done: true });
  assert.deepEqual(last(), [TEXT, true]);
  assert.equal(clock.pending, 0);
});

test('between two reports the clock goes on, but not for long', () => {
  captions.take(turn());
  captions.sound(true);
  heard(300);
  clock.pass(150);
  assert.equal(last()?.[0], 'Hello there,');
  clock.pass(10_000);
  assert.equal(last()?.[0], 'Hello there,');
  assert.equal(clock.pending, 0, 'nothing runs while no sound is reported');
});

test('a report that came late moves no word; sound that was missing does', () => {
  captions.take(turn());
  captions.sound(true);
  heard(200);
  clock.pass(66);
  heard(200);
  clock.pass(140);
  assert.equal(last()?.[0], 'Hello there,');
  heard(240);
  clock.pass(66);
  play(300, 800);
  assert.equal(last()?.[0], 'Hello there,', 'from where the sound really is');
});

test('the silence before the first word counts for no word', () => {
  captions.take(turn());
  play(0, 800);
  assert.deepEqual(shown, []);
  captions.sound(true);
  play(860, 1_060);
  assert.deepEqual(texts(), ['Hello']);
});

test('a reply that follows on another without a pause begins at its beginning', () => {
  captions.sound(true);
  captions.take(turn());
  play(0, 500);
  assert.deepEqual(texts(), ['Hello', 'Hello there,']);
});

test('after a cut there is what the client says was heard, told once as final', () => {
  captions.take(turn({ final: true }));
  captions.sound(true);
  play(0, 600);
  heard(620, { done: true, flushed: true });
  captions.take(
    turn({ final: true, text: 'Hello there,', words: WORDS.slice(0, 2), interrupted: true }),
  );
  clock.pass(5_000);
  assert.deepEqual(
    shown.filter(([, final]) => final),
    [['Hello there,', true]],
  );
});

test('a cut of nothing but silence leaves the whole text', () => {
  captions.take(turn({ final: true }));
  captions.sound(true);
  play(0, 1_400);
  heard(1_450, { done: true, flushed: true });
  clock.pass(5_000);
  assert.deepEqual(last(), [TEXT, true]);
});

test('a settled turn may still be shortened', () => {
  captions.take(turn({ final: true, interrupted: true }));
  captions.take(turn({ final: true, interrupted: true, text: 'Hello' }));
  assert.deepEqual(texts(), [TEXT, 'Hello']);
});

test('without any sound the text is there soon after the turn is complete', () => {
  captions.take(turn());
  clock.pass(10_000);
  assert.deepEqual(shown, []);
  captions.take(turn({ final: true }));
  clock.pass(3_000);
  assert.deepEqual(shown, [[TEXT, true]]);
});

test('a reply waits for the one before it, and is shown though its own sound never comes', () => {
  captions.take(turn({ id: 'agent-r2', final: true }));
  for (let times = 0; times < 60; times += 1) {
    heard(times * 66);
    clock.pass(66);
  }
  assert.deepEqual(shown, []);
  clock.pass(3_000);
  assert.deepEqual(shown, [[TEXT, true]]);
});

/** @type {[string, import('../../../static/voice-agent/ui/ui-types.js').Word[]][]} */
const UNTIMED = [
  ['no words', []],
  ['words without times', WORDS.map(([, word]) => [0, word])],
];
for (const [name, words] of UNTIMED) {
  test(`${name}: the text comes as a whole when the turn is final`, () => {
    captions.sound(true);
    captions.take(turn({ words }));
    play(0, 600);
    assert.deepEqual(shown, []);
    captions.take(turn({ words, final: true }));
    assert.deepEqual(shown, [[TEXT, true]]);
  });
}

test('the user’s words pass at once, and a reply that was never spoken is told as such', () => {
  captions.take(turn({ id: 'user-1', role: 'user', text: 'Hm' }));
  captions.take(turn({ text: '', words: [], final: true, interrupted: true }));
  assert.deepEqual(shown, [
    ['Hm', false],
    ['', true],
  ]);
});

test('the end of the call shows what is complete', () => {
  captions.take(turn({ final: true }));
  captions.finish();
  captions.finish();
  assert.deepEqual(shown, [[TEXT, true]]);
  assert.equal(clock.pending, 0);
});

test('an hour of replies leaves no timer and no more than a few replies behind', () => {
  for (let number = 0; number < 1_000; number += 1) {
    captions.take(turn({ id: `agent-${number}`, final: true }));
    captions.heard({ replyId: String(number), positionMs: 2_000, done: true, flushed: false });
  }
  assert.equal(shown.length, 1_000);
  assert.equal(clock.pending, 0);
});
