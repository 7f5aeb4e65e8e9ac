import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlaybackQueue } from '../../../static/voice-agent/worklets/jitter-buffer/playback-queue.js';
import { Device, largestBend, RATE_HZ, reply, speech, tone } from './playing.js';

const TWO_MINUTES = 120;

/** When everything has begun, and nothing has stopped. */
const [FROM, TO] = [RATE_HZ * 32, RATE_HZ * 110];

const STALL_MS = 300;

/** A queue and the device that plays it, which notes how late the sound is, in wall clock. */
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
 * Wall clock less the place in the reply that is heard: grows by every gap.
 * @param {PlaybackQueue} queue
 * @param {Device} device
 */
function delayMs(queue, device) {
  return device.nowMs - (queue.report().position?.ms ?? NaN);
}

/**
 * A long reply in real time with a stall in its first half.
 * @param {Float32Array} samples
 * @param {'network' | 'device'} what stands still
 */
function hearWithStall(samples, what) {
  const { queue, device } = playback();
  const lateMs = (/** @type {number} */ chunk) =>
    what === 'network' && chunk === 600 ? STALL_MS : 0;
  const arrivals = reply('a', samples, { fromMs: 0, lateMs });
  device.play(arrivals, 20_000);
  const before = delayMs(queue, device);
  const rest = arrivals.filter(({ atMs }) => atMs >= device.nowMs);
  device.play(rest, 30_000);
  if (what === 'device') device.stall(STALL_MS);
  const later = rest.filter(({ atMs }) => atMs >= 30_000);
  device.play(later, 31_000);
  const during = delayMs(queue, device);
  device.play(
    later.filter(({ atMs }) => atMs >= device.nowMs),
    115_000,
  );
  const after = delayMs(queue, device);
  device.play(
    later.filter(({ atMs }) => atMs >= device.nowMs),
    125_000,
  );
  return { before, during, after, queue, device };
}

for (const { what, sound, make } of /** @type {const} */ ([
  { what: 'network', sound: 'a voice', make: speech },
  { what: 'device', sound: 'a voice', make: speech },
  { what: 'network', sound: 'a tone', make: tone },
])) {
  test(`${sound} that a stall of the ${what} made late is in time again at the end`, () => {
    const samples = make(TWO_MINUTES);

    const { before, during, after, queue, device } = hearWithStall(samples, what);

    assert.ok(during - before > 200, `${before} ${during}`);
    assert.ok(after - before <= 20, `${before} ${after}`);
    assert.equal(device.finished[0].heardMs, TWO_MINUTES * 1000);
    assert.ok(queue.report().savedMs > 200);
    assert.ok(largestBend(device.heard.subarray(FROM, TO)) <= largestBend(samples) * 1.1);
  });
}

test('a reply that arrives faster than real time is played at its natural pace', () => {
  for (const pace of [1.2, 3, 1_000]) {
    const { queue, device } = playback();
    device.play(reply('a', speech(30), { fromMs: 0, pace }), 32_000);

    assert.equal(queue.report().savedMs, 0);
    assert.equal(device.finished[0].heardMs, 30_000);
    const heard = device.heard.findLastIndex((sample) => sample !== 0);
    assert.ok(Math.abs(heard / RATE_HZ - 30) < 0.1, `${heard / RATE_HZ}`);
  }
});

test('a reply that falls silent and goes on in real time is not late', () => {
  const { queue, device } = playback();
  const samples = speech(30);
  const lateMs = (/** @type {number} */ chunk) => (chunk >= 200 ? 2_000 : 0);
  device.play(reply('a', samples, { fromMs: 0, lateMs }), 33_000);

  assert.ok(queue.report().savedMs <= 40);
});

test('a clock that is set has no effect on the sound', () => {
  const { queue, device } = playback();
  const arrivals = reply('a', speech(20), { fromMs: 0, pace: 5 });
  device.play(arrivals, 5_000);
  device.stall(3_600_000);
  device.play([], device.nowMs + 17_000);

  assert.equal(queue.report().savedMs, 0);
});

test('where chunks come later and later, a little more is kept ready before there is a gap', () => {
  const { queue, device } = playback();
  const lateMs = (/** @type {number} */ chunk) => Math.min(80, chunk * 0.7);
  device.play(reply('a', tone(10), { fromMs: 0, lateMs }), 12_000);

  assert.equal(queue.report().underruns, 0);
  assert.equal(device.finished[0].heardMs, 10_000);
});
