// Held to talk: open exactly while somebody means to talk, and never stuck.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Hold } from '../../../static/voice-agent/ui/push-to-talk.js';

/** A hold with a clock that is turned by hand; `changes` are the times at which it opened and closed. */
function setUp() {
  let now = 0;
  /** @type {{at: number, run: () => void}[]} */
  let timers = [];
  /** @type {string[]} */
  const changes = [];
  const hold = new Hold((isOpen) => changes.push(`${isOpen ? 'open' : 'closed'} ${now}`), {
    nowMs: () => now,
    after: (run, delayMs) => {
      const timer = { at: now + delayMs, run };
      timers.push(timer);
      return () => (timers = timers.filter((other) => other !== timer));
    },
  });
  const to = (/** @type {number} */ time) => {
    for (const { at, run } of timers.filter((timer) => timer.at <= time)) {
      now = at;
      run();
    }
    timers = timers.filter(({ at }) => at > time);
    now = time;
  };
  return { hold, to, changes };
}

test('it opens at once and closes a moment after the release', () => {
  const { hold, to, changes } = setUp();
  hold.press('pointer');
  to(2_000);
  hold.release('pointer', { mayKeep: true });
  to(5_000);

  assert.deepEqual(changes, ['open 0', 'closed 2250']);
});

test('who goes on within that moment is not cut', () => {
  const { hold, to, changes } = setUp();
  hold.press('Space');
  to(1_000);
  hold.release('Space');
  to(1_200);
  hold.press('Space');
  to(3_000);
  hold.release('Space');
  to(5_000);

  assert.deepEqual(changes, ['open 0', 'closed 3250']);
});

test('a short press keeps it open until the next press', () => {
  const { hold, to, changes } = setUp();
  hold.press('pointer');
  to(100);
  hold.release('pointer', { mayKeep: true });
  to(8_000);
  hold.press('pointer');
  to(8_100);
  hold.release('pointer', { mayKeep: true });
  to(9_000);

  assert.deepEqual(changes, ['open 0', 'closed 8350']);
});

test('a short press where none may keep it is a short hold', () => {
  const { hold, to, changes } = setUp();
  hold.press('Space');
  to(100);
  hold.release('Space');
  to(1_000);

  assert.deepEqual(changes, ['open 0', 'closed 350']);
});

test('a press without length opens, and the next one closes', () => {
  const { hold, to, changes } = setUp();
  hold.toggle();
  to(4_000);
  hold.toggle();
  to(5_000);

  assert.deepEqual(changes, ['open 0', 'closed 4250']);
});

test('two things held: it closes with the last of them', () => {
  const { hold, to, changes } = setUp();
  hold.press('pointer');
  hold.press('Space');
  to(1_000);
  hold.release('pointer', { mayKeep: true });
  to(2_000);
  hold.release('Space');
  to(3_000);

  assert.deepEqual(changes, ['open 0', 'closed 2250']);
});

test('what slips away closes, even after a short time, and its late release changes nothing', () => {
  const { hold, to, changes } = setUp();
  hold.press('pointer');
  to(50);
  hold.drop();
  to(1_000);
  hold.release('pointer', { mayKeep: true });
  to(2_000);

  assert.deepEqual(changes, ['open 0', 'closed 300']);
});

test('the end closes at once what is held and what is kept', () => {
  const { hold, to, changes } = setUp();
  hold.press('pointer');
  to(500);
  hold.end();
  hold.release('pointer', { mayKeep: true });
  to(2_000);
  hold.toggle();
  hold.end();
  to(3_000);

  assert.deepEqual(changes, ['open 0', 'closed 500', 'open 2000', 'closed 2000']);
});
