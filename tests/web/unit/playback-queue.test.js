import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlaybackQueue } from '../../../static/voice-agent/worklets/jitter-buffer/playback-queue.js';
import { largestBend, largestStep, QUANTUM, RATE_HZ, render, tone } from './playing.js';

const FADE = 120;

/**
 * @param {PlaybackQueue} queue
 * @param {string} replyId
 * @param {number} count
 * @param {number} value
 */
function push(queue, replyId, count, value) {
  queue.push(replyId, new Float32Array(count).fill(value), count);
}

/** @param {Float32Array[]} parts */
function join(...parts) {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

test('a reply starts once its first chunk has waited for the playout delay', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ, playoutDelayMs: 40 });
  push(queue, 'a', 1_200, 0.5);

  const waiting = render(queue, 7);
  const heard = render(queue, 2);

  assert.ok(waiting.every((sample) => sample === 0));
  assert.equal(queue.sounding, 'a');
  assert.ok(heard.some((sample) => sample > 0));
  assert.ok(Math.abs(queue.report().waitMs - 40) <= 5.4);
});

test('a reply starts at once when the playout delay is there on top of its first chunk', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ, playoutDelayMs: 40 });
  push(queue, 'a', 600, 0.5);
  queue.push('a', new Float32Array(600).fill(0.5), 600, true); // the rest of that chunk
  assert.ok(render(queue, 1).every((sample) => sample === 0));

  push(queue, 'a', 960, 0.5);

  assert.ok(render(queue, 1).some((sample) => sample > 0));
});

test('a short reply sounds as soon as it is complete', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ });
  push(queue, 'a', 200, 0.5);
  queue.end('a');

  const heard = render(queue, 8);

  assert.equal(heard[FADE], 0.5);
  assert.equal(queue.sounding, null);
  assert.equal(queue.report().underruns, 0);
});

test('a cut reply is silent within its fade, and does not click', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ });
  push(queue, 'a', RATE_HZ * 10, 0.9);
  const before = render(queue, 20);

  queue.flush('a');
  const after = render(queue, 20);

  assert.equal(before.at(-1), Math.fround(0.9));
  assert.ok(after.subarray(FADE).every((sample) => sample === 0));
  assert.ok(largestStep(join(before, after)) < 0.02);
  assert.equal(queue.length, 0);
});

test('a cut reply fades with its sound going on', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ, playoutDelayMs: 0 });
  const sound = tone(1);
  queue.push('a', sound, sound.length);
  render(queue, 20);

  queue.flush('a');

  assert.ok(largestBend(render(queue, 5)) < largestBend(sound) * 1.1);
});

test('running dry in the middle of a reply is counted, glides to silence and fades in again', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ, playoutDelayMs: 0 });
  push(queue, 'a', 1_000, 0.9);
  const first = render(queue, 12);
  push(queue, 'a', 2_000, 0.9);
  const second = render(queue, 12);

  assert.equal(queue.report().underruns, 1);
  assert.ok(largestStep(join(first, second)) < 0.02);
});

test('a reply whose end is told late has not run dry', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ, playoutDelayMs: 0 });
  push(queue, 'a', 1_000, 0.9);
  render(queue, 40);

  queue.end('a');
  render(queue, 1);

  assert.equal(queue.report().underruns, 0);
});

test('a loud reply right after another one does not click', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ });
  push(queue, 'a', 1_000, 0.9);
  queue.end('a');
  push(queue, 'b', 1_000, -0.9);
  queue.end('b');

  assert.ok(largestStep(render(queue, 30)) < 0.02);
});

test('the next reply is heard from its first sample though the one before is cut afterwards', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ });
  push(queue, 'a', 5_000, 0.25);
  render(queue, 9);
  push(queue, 'b', 3_000, -0.75);
  queue.flush('a');
  queue.end('b');

  const heard = render(queue, 40);

  assert.equal(heard.filter((sample) => sample === -0.75).length, 3_000 - FADE + 1);
  assert.ok(heard.subarray(FADE).every((sample) => sample <= 0));
});

test('what comes of a reply after its end or its cut never sounds', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ });
  push(queue, 'a', 1_000, 0.5);
  queue.flush('a');
  queue.end('b');
  push(queue, 'a', 5_000, 0.5);
  push(queue, 'b', 5_000, 0.5);
  queue.flushAll();
  render(queue, 10);
  push(queue, 'a', 5_000, 0.5);

  assert.ok(render(queue, 40).every((sample) => sample === 0));
  assert.equal(queue.length, 0);
});

test('a reply that another one follows is over when it has run out, though nothing says so', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ, playoutDelayMs: 0 });
  push(queue, 'a', 500, -0.25);
  render(queue, 10);
  push(queue, 'b', 2_000, 0.5);
  queue.end('b');
  render(queue, 1);
  push(queue, 'a', 500, -0.25);

  const heard = render(queue, 40);

  assert.ok(heard.some((sample) => sample === 0.5));
  assert.ok(heard.every((sample) => sample >= 0));
  assert.deepEqual(
    queue.report().finished.map(({ replyId }) => replyId),
    ['a', 'b'],
  );
});

test('two minutes that arrive at once are held, and what does not fit is counted', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ });
  for (let second = 0; second < 121; second += 1) push(queue, 'a', RATE_HZ, 0.5);

  assert.equal(queue.length, RATE_HZ * 120);
  assert.equal(queue.report().overflowMs, 1_000);
});

test('a ducked reply is quieter within 30 ms, as loud again within 150 ms, and never jumps', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ, playoutDelayMs: 0 });
  push(queue, 'a', RATE_HZ * 2, 0.8);
  const loud = render(queue, 10);
  queue.duck(true);
  const ducked = render(queue, 10);
  queue.duck(false);
  const restored = render(queue, 40);

  assert.ok(Math.abs(ducked[0.03 * RATE_HZ] - 0.2) < 1e-6);
  assert.ok(Math.abs(restored[0.15 * RATE_HZ] - 0.8) < 1e-6);
  assert.ok(largestStep(join(loud, ducked, restored)) < 0.02);
});

test('a new reply is as loud as ever unless it is ducked itself', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ, playoutDelayMs: 0 });
  push(queue, 'a', 500, 0.8);
  queue.duck(true);
  queue.end('a');
  render(queue, 10);
  push(queue, 'b', 1_000, 0.8);
  queue.end('b');
  assert.ok(Math.abs(render(queue, 4)[400] - 0.8) < 1e-6);

  push(queue, 'c', 5_000, 0.8);
  queue.duck(true);
  assert.ok(Math.abs(render(queue, 8).at(-1) ?? 0) < 0.8);
});

test('the report tells how much of each reply was heard, exactly, and once', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ, playoutDelayMs: 0 });
  push(queue, 'a', 480, 0.5);
  queue.end('a');
  push(queue, 'b', RATE_HZ, 0.5);
  render(queue, 5);
  const first = queue.report();
  assert.deepEqual(first.finished, [{ replyId: 'a', heardMs: 20, flushed: false }]);
  assert.deepEqual(first.position, {
    replyId: 'b',
    ms: ((5 * QUANTUM - 480) / RATE_HZ) * 1000,
  });

  queue.flush('b');
  queue.end('c');
  render(queue, 5);

  const { finished, position } = queue.report();
  assert.deepEqual(finished, [
    { replyId: 'c', heardMs: 0, flushed: false },
    { replyId: 'b', heardMs: ((5 * QUANTUM - 480) / RATE_HZ) * 1000, flushed: true },
  ]);
  assert.equal(position, null);
  assert.deepEqual(queue.report().finished, []);
});
