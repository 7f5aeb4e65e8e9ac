import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CatchUp, Pauses } from '../../../static/voice-agent/worklets/jitter-buffer/catch-up.js';
import { PlaybackQueue } from '../../../static/voice-agent/worklets/jitter-buffer/playback-queue.js';
import { SampleRing } from '../../../static/voice-agent/worklets/dsp/ring.js';
import { Splicer } from '../../../static/voice-agent/worklets/dsp/crossfade.js';
import { TimeStretch } from '../../../static/voice-agent/worklets/jitter-buffer/time-stretch.js';
import { largestBend, QUANTUM, RATE_HZ, render, speech, tone } from './playing.js';
import { seeded } from './random.js';

const MS = RATE_HZ / 1000;

/**
 * Play a sound that is late, or too early, all the time.
 * @param {Float32Array} samples
 * @param {number} late in samples
 * @returns {Float32Array} what is heard
 */
function hurried(samples, late) {
  const ring = new SampleRing(samples.length, RATE_HZ / 10);
  const splicer = new Splicer(ring, RATE_HZ);
  const catchUp = new CatchUp(ring, RATE_HZ, splicer.fadeFrames);
  ring.push(samples, samples.length);
  const heard = new Float32Array(samples.length * 2);
  let at = 0;
  while (ring.length > 0) {
    const skip = splicer.isBusy ? 0 : catchUp.choose(late, ring.length, ring.behind);
    if (skip !== 0) splicer.begin(skip);
    const count = splicer.pull(heard, at, Math.min(QUANTUM, ring.length));
    catchUp.hear(heard, at, count);
    at += count;
  }
  return heard.subarray(0, at);
}

/**
 * @param {Float32Array} samples
 * @returns {number} periods a second
 */
function pitchHz(samples) {
  let periods = 0;
  for (let i = 1; i < samples.length; i += 1) {
    if (samples[i - 1] < 0 && samples[i] >= 0) periods += 1;
  }
  return (periods * RATE_HZ) / samples.length;
}

/**
 * Where the energy of a voice lies: loudness of octave bands, in dB of the whole.
 * @param {Float32Array} samples
 */
function spectrum(samples) {
  let rest = samples;
  const bands = [];
  for (let octave = 0; octave < 5; octave += 1) {
    // Half the sum of neighbours is the lower half of the spectrum, half their difference the upper one.
    const low = new Float32Array(rest.length >> 1);
    let upper = 0;
    for (let i = 0; i < low.length; i += 1) {
      low[i] = (rest[2 * i] + rest[2 * i + 1]) / 2;
      upper += ((rest[2 * i] - rest[2 * i + 1]) / 2) ** 2;
    }
    bands.push(10 * Math.log10(upper / low.length + 1e-9));
    rest = low;
  }
  return bands;
}

test('a tone keeps its pitch and its form while it is hurried or slowed down', () => {
  for (const hz of [110, 440, 1_000]) {
    for (const late of [RATE_HZ, -RATE_HZ]) {
      const samples = tone(10, hz);

      const heard = hurried(samples, late);

      assert.ok(Math.abs(pitchHz(heard) / hz - 1) < 0.01, `${hz} Hz, ${pitchHz(heard)}`);
      assert.ok(largestBend(heard) < largestBend(samples) * 1.1, `${hz} Hz`);
    }
  }
});

test('speed changes by no more than 4 %, and by nearly that where it can', () => {
  const faster = hurried(tone(12), RATE_HZ).length / RATE_HZ;
  const slower = hurried(tone(12), -RATE_HZ).length / RATE_HZ;

  assert.ok(faster > 12 * 0.96 && faster < 12 * 0.975, `${faster}`);
  assert.ok(slower < 12 * 1.043 && slower > 12 * 1.03, `${slower}`);
});

test('a voice that is hurried has no clicks and sounds like itself', () => {
  const samples = speech(20);

  const heard = hurried(samples, 400 * MS);

  assert.ok(heard.length < samples.length * 0.97);
  assert.ok(largestBend(heard) <= largestBend(samples) * 1.05);
  const before = spectrum(samples);
  spectrum(heard).forEach((level, band) =>
    assert.ok(Math.abs(level - before[band]) < 1, `${band}`),
  );
});

test('noise does not repeat itself, and is left as it is', () => {
  const random = seeded(5);
  const samples = Float32Array.from({ length: RATE_HZ * 5 }, () => random() - 0.5);

  assert.deepEqual(hurried(samples, RATE_HZ), samples);
});

test('what is left out is never more than asked for', () => {
  const ring = new SampleRing(RATE_HZ, RATE_HZ / 10);
  const stretch = new TimeStretch(RATE_HZ);
  ring.push(tone(1, 200), RATE_HZ);

  for (let limit = 0; limit < 30 * MS; limit += 13) {
    const lag = stretch.find(ring, limit);

    assert.ok(lag >= 0 && lag <= limit && lag <= stretch.maxLag);
  }
});

test('a pause keeps a tenth of a second, and nothing of the words beside it is left out', () => {
  for (const pauseMs of [60, 100, 150, 400, 1_000]) {
    const word = tone(3);
    const pause = new Float32Array(pauseMs * MS);
    const samples = new Float32Array(word.length * 2 + pause.length);
    samples.set(word);
    samples.set(word, word.length + pause.length);

    const heard = hurried(samples.subarray(0, samples.length - word.length + 40 * MS), RATE_HZ);

    const from = heard.findLastIndex((_, i) => i < heard.length - 40 * MS && heard[i] !== 0);
    const kept = (heard.length - 40 * MS - from) / MS;
    assert.ok(kept >= Math.min(pauseMs, 100) - 1, `${pauseMs} ms became ${kept}`);
    assert.ok(kept <= Math.min(pauseMs, 180) + 1, `${pauseMs} ms became ${kept}`);
  }
});

test('a cross-fade that a cut interrupts does not reach into the next reply', () => {
  const queue = new PlaybackQueue({ rateHz: RATE_HZ, playoutDelayMs: 0, fadeMs: 0 });
  const sound = tone(1, 200);
  queue.push('a', sound, 20 * QUANTUM);
  render(queue, 19);
  queue.push('a', sound, sound.length); // just in time: sound is repeated now, to have more in reserve
  render(queue, 1);
  queue.flush('a');
  queue.push('b', new Float32Array(5_000).fill(0.75), 5_000);
  queue.end('b');

  const heard = render(queue, 60);

  assert.equal(heard.filter((sample) => sample === 0.75).length, 5_000);
  assert.equal(queue.length, 0);
});

test('reading can go back over what was read, as far as the history reaches, and is not overwritten', () => {
  const ring = new SampleRing(50, 10);
  const numbers = Float32Array.from({ length: 50 }, (_, i) => i);
  const read = new Float32Array(50);
  assert.equal(ring.push(numbers, 50), 50);
  ring.pull(read, 0, 5);
  assert.equal(ring.behind, 5);
  ring.pull(read, 0, 35);
  assert.equal(ring.behind, 10);
  assert.equal(ring.push(numbers, 50), 40);

  ring.skip(-10);

  assert.equal(ring.behind, 0);
  assert.equal(ring.space, 0);
  ring.pull(read, 0, 20);
  assert.deepEqual([...read.subarray(0, 20)], [...numbers.subarray(30, 50)]);
});

test('a soft voice is not a pause', () => {
  const ring = new SampleRing(RATE_HZ, RATE_HZ / 10);
  const pauses = new Pauses(RATE_HZ);
  const soft = tone(1).map((sample) => sample * 0.01);
  pauses.hear(soft, 0, soft.length);
  ring.push(soft, soft.length);

  assert.equal(pauses.droppable(ring, RATE_HZ, ring.length, 100), 0);
});
