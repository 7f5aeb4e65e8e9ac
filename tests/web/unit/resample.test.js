// What a conversion between two rates does to sound, measured the way a laboratory would: with sines.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_BLOCK, Resampler } from '../../../static/voice-agent/worklets/dsp/resample.js';
import { seeded } from './random.js';

/** Amplitude of -1 dB below full scale. */
const NEARLY_FULL = 10 ** (-1 / 20);

/** Conversions of microphones and speakers, each with how long it may keep the sound, in milliseconds. */
const CONVERSIONS = [
  [48_000, 24_000, 1.92],
  [44_100, 24_000, 1.92],
  [24_000, 48_000, 1.94],
  [24_000, 44_100, 1.94],
  [16_000, 24_000, 2.91],
];

/**
 * @param {number} hz
 * @param {number} rateHz
 * @param {number} count
 */
function sine(hz, rateHz, count) {
  return Float32Array.from(
    { length: count },
    (_, i) => NEARLY_FULL * Math.sin((2 * Math.PI * hz * i) / rateHz),
  );
}

/**
 * @param {Float32Array} input
 * @param {Resampler} resampler
 * @param {() => number} [random] sizes of the blocks
 */
function convert(input, resampler, random = () => 0.999) {
  const output = [];
  const block = new Float32Array(resampler.maxOutput);
  for (let at = 0; at < input.length;) {
    const part = input.subarray(at, at + 1 + Math.floor(random() * MAX_BLOCK));
    const count = resampler.process(part, part.length, block);
    output.push(...block.subarray(0, count));
    at += part.length;
  }
  return Float32Array.from(output);
}

/**
 * The sine of this frequency that is in there, and all that is not it: least squares over the middle part.
 * @param {Float32Array} samples
 * @param {number} hz
 * @param {number} rateHz
 * @returns {{toneDb: number, restDb: number}} against the sine that went in
 */
function analyse(samples, hz, rateHz) {
  const middle = samples.subarray(samples.length * 0.2, samples.length * 0.8);
  const angle = (2 * Math.PI * hz) / rateHz;
  const sums = { cc: 0, ss: 0, cs: 0, xc: 0, xs: 0 };
  middle.forEach((x, i) => {
    const [c, s] = [Math.cos(angle * i), Math.sin(angle * i)];
    sums.cc += c * c;
    sums.ss += s * s;
    sums.cs += c * s;
    sums.xc += x * c;
    sums.xs += x * s;
  });
  const determinant = sums.cc * sums.ss - sums.cs * sums.cs;
  const a = (sums.xc * sums.ss - sums.xs * sums.cs) / determinant;
  const b = (sums.xs * sums.cc - sums.xc * sums.cs) / determinant;
  const rest = middle.map((x, i) => x - a * Math.cos(angle * i) - b * Math.sin(angle * i));
  return { toneDb: decibels(Math.hypot(a, b)), restDb: decibels(rms(rest) * Math.SQRT2) };
}

/** @param {Float32Array} samples */
const rms = (samples) => Math.hypot(...samples) / Math.sqrt(samples.length);

/** @param {number} amplitude against that of the sines here */
const decibels = (amplitude) => 20 * Math.log10(amplitude / NEARLY_FULL + 1e-12);

/**
 * A sweep in steps, from 50 Hz up; none of them a simple part of a rate.
 * @param {number} endHz
 */
function* sweep(endHz) {
  for (let hz = 50.7; hz < endHz; hz += endHz / 61.3) yield hz;
}

for (const [fromHz, toHz, latencyMs] of CONVERSIONS) {
  const name = `${fromHz} to ${toHz} Hz`;
  const count = fromHz / 8;
  const lowerHz = Math.min(fromHz, toHz);

  test(`${name}: alias and distortion of a -1 dB sine sweep stay below -80 dB`, () => {
    const edges = [0.998, 1.002].map((part) => (part * lowerHz) / 2); // where folding is hardest to keep out
    for (const hz of [...sweep(fromHz / 2), ...edges.filter((edge) => edge < fromHz / 2)]) {
      const output = convert(sine(hz, fromHz, count), new Resampler(fromHz, toHz));
      const { restDb, toneDb } = analyse(output, hz, toHz);

      // What lies above the lower band has no business in the output at all.
      const unwantedDb = hz < lowerHz / 2 ? restDb : Math.max(restDb, toneDb);
      assert.ok(unwantedDb < -80, `${hz.toFixed(0)} Hz: ${unwantedDb.toFixed(1)} dB`);
    }
  });

  test(`${name}: the pass band is flat within 0.1 dB`, () => {
    for (const hz of [20, ...sweep(0.875 * (lowerHz / 2)), 0.875 * (lowerHz / 2)]) {
      const output = convert(sine(hz, fromHz, count), new Resampler(fromHz, toHz));
      const { toneDb } = analyse(output, hz, toHz);

      assert.ok(Math.abs(toneDb) < 0.1, `${hz.toFixed(0)} Hz: ${toneDb.toFixed(3)} dB`);
    }
  });

  test(`${name}: the sound is ${latencyMs} ms late`, () => {
    const click = new Float32Array(MAX_BLOCK);
    click[400] = 1;

    const output = convert(click, new Resampler(fromHz, toHz));

    const peak = output.indexOf(Math.max(...output));
    const delayMs = (peak / toHz - 400 / fromHz) * 1000;
    assert.ok(Math.abs(delayMs - latencyMs) < 1000 / lowerHz, `${delayMs.toFixed(2)} ms`);
  });

  test(`${name}: blocks of any size join without a seam`, () => {
    const input = sine(440, fromHz, count);

    const whole = convert(input, new Resampler(fromHz, toHz));
    const parts = convert(input, new Resampler(fromHz, toHz), seeded(3));

    assert.deepEqual(parts, whole);
  });
}

test('resamplers of the same rates do not hear each other', () => {
  const [one, other] = [new Resampler(48_000, 24_000), new Resampler(48_000, 24_000)];
  const alone = convert(sine(440, 48_000, 900), new Resampler(48_000, 24_000));

  convert(sine(3_000, 48_000, 777), other);

  assert.deepEqual(convert(sine(440, 48_000, 900), one), alone);
});

test('equal rates pass through untouched', () => {
  const input = sine(440, 24_000, 2_400);

  assert.deepEqual(convert(input, new Resampler(24_000, 24_000)), input);
});

test('a constant stays what it is', () => {
  for (const [fromHz, toHz] of CONVERSIONS) {
    const output = convert(new Float32Array(4_000).fill(0.5), new Resampler(fromHz, toHz));

    for (const sample of output.subarray(1_000)) assert.ok(Math.abs(sample - 0.5) < 1e-6);
  }
});

test('a resampler that was reset remembers nothing', () => {
  const resampler = new Resampler(24_000, 48_000);
  convert(new Float32Array(513).fill(1), resampler);

  resampler.reset();
  const output = convert(new Float32Array(512), resampler);

  assert.ok(output.every((sample) => sample === 0));
});
