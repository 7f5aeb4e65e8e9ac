import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlaybackQueue } from '../../../static/voice-agent/audio/playback-queue.js';
import { seeded } from './random.js';

const RATE_HZ = 24_000;
const QUANTUM = 128;
const FADE = 120;

/**
 * @param {PlaybackQueue} queue
 * @param {number} quanta
 */
function render(queue, quanta) {
  const heard = new Float32Array(quanta * QUANTUM);
  for (let i = 0; i < quanta; i += 1) {
    queue.render(heard.subarray(i * QUANTUM, (i + 1) * QUANTUM));
  }
  return heard;
}

/**
 * @param {PlaybackQueue} queue
 * @param {string} replyId
 * @param {number} count
 * @param {number} value
 */
function push(queue, replyId, count, value) {
  queue.push(replyId, new Float32Array(count).fill(value), count);
}

/** @param {Float32Array} samples */
function largestStep(samples) {
  let largest = 0;
  for (let i = 1; i < samples.length; i += 1) {
    largest = Math.max(largest, Math.abs(samples[i] - samples[i - 1]));
  }
  return largest;
}

test('a reply starts once enough of it is there', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ, leadMs: 40 });
  push(queue, 'a', 900, 0.5);

  assert.ok(render(queue, 4).every((sample) => sample === 0));

  push(queue, 'a', 100, 0.5);
  assert.ok(render(queue, 4).some((sample) => sample === 0.5));
  assert.equal(queue.sounding, 'a');
});

test('a short reply sounds as soon as it is complete', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ });
  push(queue, 'a', 200, 0.5);
  queue.end('a');

  const heard = render(queue, 8);

  assert.equal(heard[FADE], 0.5);
  assert.equal(queue.sounding, null);
  assert.equal(queue.underruns, 0);
});

test('a cut reply is silent within its fade, and does not click', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ });
  push(queue, 'a', RATE_HZ * 10, 0.9);
  const before = render(queue, 20);

  queue.cut('a');
  const after = render(queue, 20);

  assert.equal(before.at(-1), Math.fround(0.9));
  assert.ok(after.subarray(FADE + 1).every((sample) => sample < 0.01));
  assert.ok(largestStep(Float32Array.of(...before.subarray(-1), ...after)) < 0.02);
  assert.equal(queue.length, 0);
});

test('running dry in the middle of a reply is counted, glides to silence and fades in again', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ });
  push(queue, 'a', 1_000, 0.9);
  const first = render(queue, 12);
  push(queue, 'a', 2_000, 0.9);
  const second = render(queue, 12);

  assert.equal(queue.underruns, 1);
  assert.ok(largestStep(Float32Array.of(...first, ...second)) < 0.05);
});

test('the next reply is heard from its first sample though the one before is cut afterwards', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ });
  push(queue, 'a', 5_000, 0.25);
  render(queue, 4);
  push(queue, 'b', 3_000, -0.75);
  queue.cut('a');
  queue.end('b');

  const heard = render(queue, 40);

  assert.equal(heard.filter((sample) => sample === -0.75).length, 3_000 - FADE + 1);
  assert.ok(heard.subarray(FADE + 1).every((sample) => sample <= 0));
});

test('after a reply that ran dry the next one keeps more ready, and less again when all is calm', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ, leadMs: 40 });
  push(queue, 'a', 1_000, 0.9);
  render(queue, 12);
  queue.end('a');
  render(queue, 1);

  push(queue, 'b', 1_000, 0.9);
  assert.ok(render(queue, 4).every((sample) => sample < 0.01));
  queue.end('b');
  for (const reply of ['c', 'd', 'e', 'f']) {
    push(queue, reply, 100, 0.9);
    queue.end(reply);
    render(queue, 12);
  }

  push(queue, 'g', 1_000, 0.9);
  assert.ok(render(queue, 4).some((sample) => sample > 0.8));
});

test('what does not fit is counted and the rest stays in order', () => {
  const queue = new PlaybackQueue({ rateHz: 100, capacitySeconds: 1, leadMs: 0 });
  push(queue, 'a', 130, 0.5);

  assert.equal(queue.overflow, 30);
  assert.equal(queue.length, 100);
});

test('in any interleaving nothing of a cut reply sounds later and nothing of a good one is lost', () => {
  // Each reply has a value of its own, far enough from the others' to be told apart after fades.
  for (let seed = 1; seed <= 1_500; seed += 1) {
    const random = seeded(seed);
    const queue = new PlaybackQueue({ rateHz: RATE_HZ, fadeMs: 0, leadMs: 20 });
    const pushed = [0, 0, 0, 0, 0, 0];
    const heard = [0, 0, 0, 0, 0, 0];
    const wasCut = new Set();
    let current = 1;
    const listen = () => {
      const quantum = new Float32Array(QUANTUM);
      queue.render(quantum);
      for (const sample of quantum) {
        const reply = Math.round(sample * 6);
        if (Math.abs(sample * 6 - reply) > 1e-6 || reply === 0) continue;
        assert.ok(!wasCut.has(reply), `seed ${seed}: reply ${reply} sounds after its cut`);
        heard[reply] += 1;
      }
    };
    for (let step = 0; step < 40; step += 1) {
      const choice = random();
      if (choice < 0.5) {
        const count = 1 + Math.floor(random() * 700);
        push(queue, String(current), count, current / 6);
        pushed[current] += count;
      } else if (choice < 0.85) {
        listen();
      } else if (current < 5) {
        if (random() < 0.5) {
          queue.cut(String(current));
          wasCut.add(current);
        } else {
          queue.end(String(current));
        }
        current += 1;
      }
    }
    queue.end(String(current));
    while (queue.length > 0) listen();

    for (let reply = 1; reply <= current; reply += 1) {
      if (!wasCut.has(reply))
        assert.equal(heard[reply], pushed[reply], `seed ${seed}: reply ${reply}`);
    }
  }
});
