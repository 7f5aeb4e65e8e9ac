import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlaybackQueue } from '../../../static/voice-agent/worklets/jitter-buffer/playback-queue.js';
import { Device, RATE_HZ, reply, tone } from './playing.js';
import { seeded } from './random.js';

/** @typedef {import('./playing.js').Arrival} Arrival */

const TEN_SECONDS = tone(10);
const THREE_SECONDS = tone(3);

/** A queue and the device that plays it. */
function playback() {
  /** @type {PlaybackQueue[]} */
  const queues = [];
  const device = new Device((nowMs) => {
    queues.push(new PlaybackQueue({ rateHz: RATE_HZ, nowMs }));
    return queues[0];
  });
  return { queue: queues[0], device };
}

/**
 * Replies one after the other, on an unsteady network.
 * @param {Float32Array[]} replies
 * @param {(chunk: number) => number} lateMs
 * @param {number} [chunkMs]
 */
function hear(replies, lateMs, chunkMs) {
  const { queue, device } = playback();
  const reports = replies.map((samples, i) => {
    const fromMs = device.nowMs + 100;
    const arrivals = reply(`reply ${i}`, samples, { fromMs, lateMs, chunkMs });
    device.play(arrivals, fromMs + samples.length / (RATE_HZ / 1000) + 1_500);
    return queue.report();
  });
  return reports;
}

test('on a calm network the first reply waits 40 ms, and later ones less', () => {
  const [first, second] = hear([THREE_SECONDS, THREE_SECONDS], () => 0);

  assert.ok(first.waitMs <= 45.4);
  assert.ok(second.waitMs <= 25.4);
  assert.equal(second.underruns, 0);
});

test('a reply that is sent faster than real time starts at once, and later ones keep nothing ready', () => {
  const { queue, device } = playback();
  device.play(reply('a', THREE_SECONDS, { fromMs: 0, pace: 1_000 }), 4_000);

  assert.ok(queue.report().waitMs < 11); // the second chunk comes with the device's next turn
  assert.equal(queue.report().playoutDelayMs, 0);
});

test('with 50 ms of jitter most first replies have no gap, and none has more than one', () => {
  const gaps = Array.from({ length: 60 }, (_, i) => {
    const random = seeded(i + 1);
    return hear([TEN_SECONDS], () => random() * 50)[0].underruns;
  });

  assert.ok(gaps.filter((count) => count > 0).length <= 9);
  assert.ok(Math.max(...gaps) <= 1);
});

test('with 150 ms of jitter there is no gap any more after two replies', () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = seeded(seed);
    const replies = [THREE_SECONDS, THREE_SECONDS, TEN_SECONDS];
    const [, before, after] = hear(replies, () => random() * 150);

    assert.equal(after.underruns - before.underruns, 0, `seed ${seed}`);
    assert.ok(after.waitMs <= 180);
  }
});

test('what was learned from a bad moment is forgotten after six calm replies', () => {
  const calm = Array.from({ length: 6 }, () => tone(1.1));
  let chunks = 0;
  const reports = hear([THREE_SECONDS, ...calm], () => ((chunks += 1) === 20 ? 250 : 0));

  assert.ok(reports[0].playoutDelayMs >= 250);
  assert.ok(reports[5].playoutDelayMs >= 250);
  assert.ok(reports[6].playoutDelayMs <= 25);
});

test('the playout delay has a limit', () => {
  let chunks = 0;
  const [report] = hear([THREE_SECONDS], () => ((chunks += 1) === 20 ? 700 : 0));

  assert.equal(report.playoutDelayMs, 320);
  assert.equal(report.underruns, 1);
});

test('a gap is made long enough that the next late chunk makes none', () => {
  const lateMs = (/** @type {number} */ chunk) => (chunk % 10 === 9 ? 140 : 0);
  const [report] = hear([TEN_SECONDS], lateMs, 20);

  assert.equal(report.underruns, 1);
});

test('a service that pauses in the middle of a reply is not taken for a late network', () => {
  const lateMs = (/** @type {number} */ chunk) => (chunk >= 20 ? 2_000 : 0);
  const [report] = hear([tone(3)], lateMs);

  assert.ok(report.playoutDelayMs <= 40);
});

test('short replies teach nothing', () => {
  const reports = hear([tone(0.2), tone(0.2)], () => 0);

  assert.equal(reports[1].playoutDelayMs, 40);
});
