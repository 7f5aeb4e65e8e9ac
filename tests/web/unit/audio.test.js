import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBase64, toBase64 } from '../../../static/voice-agent/audio/base64.js';
import { Framer } from '../../../static/voice-agent/audio/framer.js';
import { LevelMeter, perceivedLevel } from '../../../static/voice-agent/audio/level.js';
import { SampleJoiner, writeInt16 } from '../../../static/voice-agent/audio/pcm.js';
import { MAX_BLOCK, Resampler } from '../../../static/voice-agent/audio/resample.js';
import { SampleRing } from '../../../static/voice-agent/audio/ring.js';
import { seeded } from './random.js';

/**
 * @param {number} hz
 * @param {number} rateHz
 * @param {number} seconds
 */
function sine(hz, rateHz, seconds) {
  return Float32Array.from({ length: rateHz * seconds }, (_, i) =>
    Math.sin((2 * Math.PI * hz * i) / rateHz),
  );
}

/**
 * @param {Float32Array} input
 * @param {number} fromHz
 * @param {number} toHz
 * @param {() => number} random sizes of the blocks
 */
function resample(input, fromHz, toHz, random = () => 0.999) {
  const resampler = new Resampler(fromHz, toHz);
  const output = [];
  const block = new Float32Array(resampler.maxOutput);
  for (let at = 0; at < input.length;) {
    const size = 1 + Math.floor(random() * MAX_BLOCK);
    const part = input.subarray(at, at + size);
    const count = resampler.process(part, part.length, block);
    output.push(...block.subarray(0, count));
    at += size;
  }
  return Float32Array.from(output);
}

/**
 * Amplitude of one frequency, away from the edges.
 * @param {Float32Array} samples
 * @param {number} hz
 * @param {number} rateHz
 */
function amplitude(samples, hz, rateHz) {
  const from = Math.floor(samples.length * 0.2);
  const to = Math.floor(samples.length * 0.8);
  let re = 0;
  let im = 0;
  let weight = 0;
  for (let i = from; i < to; i += 1) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * (i - from)) / (to - from));
    re += window * samples[i] * Math.cos((2 * Math.PI * hz * i) / rateHz);
    im += window * samples[i] * Math.sin((2 * Math.PI * hz * i) / rateHz);
    weight += window;
  }
  return (2 * Math.hypot(re, im)) / weight;
}

/** @param {number} ratio */
const decibels = (ratio) => 20 * Math.log10(ratio);

for (const [fromHz, toHz] of [
  [48_000, 24_000],
  [44_100, 24_000],
  [24_000, 48_000],
  [24_000, 44_100],
]) {
  test(`${fromHz} to ${toHz} Hz keeps speech as it is`, () => {
    for (const hz of [100, 1_000, 4_000, 10_500]) {
      const output = resample(sine(hz, fromHz, 0.5), fromHz, toHz);

      assert.ok(Math.abs(decibels(amplitude(output, hz, toHz))) < 0.1, `${hz} Hz`);
    }
  });

  test(`${fromHz} to ${toHz} Hz folds nothing back`, () => {
    const [hz, alias] = fromHz > toHz ? [14_000, toHz - 14_000] : [8_000, fromHz - 8_000];

    const output = resample(sine(hz, fromHz, 0.5), fromHz, toHz);

    assert.ok(decibels(amplitude(output, alias, toHz)) < -80);
  });

  test(`${fromHz} to ${toHz} Hz has no seams between blocks`, () => {
    const input = sine(440, fromHz, 0.3);

    const whole = resample(input, fromHz, toHz);
    const parts = resample(input, fromHz, toHz, seeded(3));

    assert.deepEqual(parts, whole);
  });
}

test('equal rates pass through untouched', () => {
  const input = sine(440, 24_000, 0.1);

  assert.deepEqual(resample(input, 24_000, 24_000), input);
});

test('a resampler that was reset remembers nothing', () => {
  const resampler = new Resampler(24_000, 48_000);
  const output = new Float32Array(resampler.maxOutput);
  resampler.process(new Float32Array(512).fill(1), 512, output);

  resampler.reset();
  const count = resampler.process(new Float32Array(512), 512, output);

  assert.ok(output.subarray(0, count).every((sample) => sample === 0));
});

test('frames hold every sample once, whatever the quanta', () => {
  /** @type {number[]} */
  const framed = [];
  const framer = new Framer({ rateHz: 24_000, frameMs: 20 }, (pcm) => {
    framed.push(...new Int16Array(pcm));
    framer.recycle(structuredClone(pcm, { transfer: [pcm] }));
  });

  for (let quantum = 0; quantum < 400; quantum += 1) {
    framer.push(
      Float32Array.from({ length: 128 }, (_, i) => ((quantum * 128 + i) % 30_000) / 32_768),
    );
  }

  assert.equal(framed.length, Math.floor((400 * 128) / 480) * 480);
  assert.ok(framed.every((sample, i) => sample === i % 30_000));
});

test('full scale is clamped, not wrapped', () => {
  const target = new Int16Array(4);

  writeInt16([1, -1, 2, -2], target, 0, 4);

  assert.deepEqual([...target], [32_767, -32_768, 32_767, -32_768]);
});

test('chunks that end in the middle of a sample join without loss', () => {
  const random = seeded(11);
  const samples = Int16Array.from({ length: 5_000 }, () => Math.floor(random() * 65_536) - 32_768);
  const bytes = new Uint8Array(samples.buffer);
  const joiner = new SampleJoiner();
  const joined = [];

  for (let at = 0; at < bytes.length;) {
    const size = Math.floor(random() * 7);
    joined.push(...joiner.join(bytes.slice(at, at + size)));
    at += size;
  }

  assert.deepEqual(joined, [...samples]);
});

test('base64 goes both ways, with and without the browser’s own code', () => {
  const random = seeded(5);
  for (const size of [0, 1, 2, 3, 960, 20_000]) {
    const bytes = Uint8Array.from({ length: size }, () => random() * 256);

    assert.equal(toBase64(bytes), Buffer.from(bytes).toString('base64'));
    assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
  }
  assert.equal(fromBase64('!!!not base64!!!'), null);
});

test('a ring gives back what was put in, in order, and says when it is full', () => {
  const random = seeded(9);
  const ring = new SampleRing(100);
  let next = 0;
  let expected = 0;
  for (let step = 0; step < 20_000; step += 1) {
    const size = Math.floor(random() * 60);
    if (random() < 0.5) {
      next += ring.push(
        Float32Array.from({ length: size }, (_, i) => next + i),
        size,
      );
    } else {
      const target = new Float32Array(size + 2).fill(NaN);
      const given = ring.pull(target, 1, size);
      for (let i = 0; i < given; i += 1) assert.equal(target[1 + i], expected + i);
      assert.ok(Number.isNaN(target[0]) && Number.isNaN(target[1 + given])); // canaries
      expected += given;
    }
    assert.equal(ring.length, next - expected);
    assert.equal(ring.length + ring.space, 100);
  }
});

test('a level is what was heard since the last look', () => {
  const meter = new LevelMeter();
  meter.add(Float32Array.of(0.5, -0.5), 2);

  assert.equal(meter.take(), 0.5);
  assert.equal(meter.take(), 0);
});

test('a meter is empty in silence, full for a close voice, and never beyond', () => {
  assert.equal(perceivedLevel(0), 0);
  assert.equal(perceivedLevel(0.001), 0);
  assert.ok(perceivedLevel(0.05) > 0.4);
  assert.equal(perceivedLevel(1), 1);
});
