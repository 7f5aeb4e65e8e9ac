// From the microphone's quanta to frames for the wire: the framer, and the worklet around it.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Framer } from '../../../static/voice-agent/worklets/framer.js';
import { seeded } from './random.js';

/** Samples of a render quantum. */
const QUANTUM = 128;

/** Samples of a frame of 20 ms on the wire. */
const FRAME = 480;

/**
 * @param {number} count
 * @param {(index: number) => number} sampleAt
 */
function* quanta(count, sampleAt) {
  for (let at = 0; at < count * QUANTUM; at += QUANTUM) {
    yield Float32Array.from({ length: QUANTUM }, (_, i) => sampleAt(at + i));
  }
}

test('frames hold every sample once, whatever the quanta', () => {
  /** @type {number[]} */
  const framed = [];
  const framer = new Framer({ rateHz: 24_000, frameMs: 20 }, (pcm) => {
    framed.push(...new Int16Array(pcm));
    framer.recycle(structuredClone(pcm, { transfer: [pcm] }));
  });

  for (const quantum of quanta(400, (i) => (i % 30_000) / 32_768)) framer.push(quantum);

  assert.equal(framed.length, Math.floor((400 * QUANTUM) / FRAME) * FRAME);
  assert.ok(framed.every((sample, i) => sample === i % 30_000));
});

for (const [frameMs, samples] of [
  [10, 240],
  [20, 480],
  [33.3, 799],
  [100, 2_400],
]) {
  test(`a frame of ${frameMs} ms is ${samples} samples long, whatever the microphone's rate`, () => {
    for (const rateHz of [16_000, 24_000, 44_100, 48_000, 96_000]) {
      const lengths = new Set();
      let frames = 0;
      const framer = new Framer({ rateHz, frameMs }, (pcm) => {
        lengths.add(pcm.byteLength / 2);
        frames += 1;
      });

      for (const quantum of quanta(Math.ceil(rateHz / QUANTUM), () => 0)) framer.push(quantum);

      assert.deepEqual([...lengths], [samples]);
      assert.equal(frames, Math.floor(24_000 / samples)); // of that second, none is missing
    }
  });
}

test('while buffers come back, no new ones are made', () => {
  /** @type {Set<ArrayBuffer>} */
  const buffers = new Set();
  const framer = new Framer({ rateHz: 48_000, frameMs: 20 }, (pcm) => {
    buffers.add(pcm);
    framer.recycle(pcm);
  });

  for (const quantum of quanta(4_000, () => 0)) framer.push(quantum);

  assert.ok(buffers.size <= 8, `${buffers.size} buffers`);
});

test('a reader that is late for long gets every frame, and its pile of buffers does not stay', () => {
  /** @type {ArrayBuffer[]} */
  const late = [];
  const framer = new Framer({ rateHz: 24_000, frameMs: 20 }, (pcm) => late.push(pcm));

  for (const quantum of quanta(375, () => 0)) framer.push(quantum); // two seconds
  const pile = new Set(late);
  assert.equal(pile.size, 100);
  for (const pcm of late.splice(0)) framer.recycle(pcm);
  for (const quantum of quanta(375, () => 0)) framer.push(quantum);

  assert.equal(late.filter((pcm) => pile.has(pcm)).length, 8);
});

test('a buffer that is none of its own is not taken', () => {
  const framer = new Framer({ rateHz: 24_000, frameMs: 20 }, (pcm) => {
    assert.equal(pcm.byteLength, FRAME * 2);
    framer.recycle(new ArrayBuffer(2));
  });

  for (const quantum of quanta(100, () => 0)) framer.push(quantum);
});

test('each frame says how loud the microphone was meanwhile', () => {
  /** @type {number[]} */
  const levels = [];
  const framer = new Framer({ rateHz: 24_000, frameMs: 20 }, (_, level) => levels.push(level));

  for (const quantum of quanta(30, () => 0.5)) framer.push(quantum);
  for (const quantum of quanta(30, () => 0)) framer.push(quantum);

  assert.equal(levels[0], 0.5);
  assert.equal(levels.at(-1), 0);
});

test('what goes to the wire from a 48 kHz microphone has no more than -80 dB of anything else in it', () => {
  const random = seeded(7);
  for (let run = 0; run < 20; run += 1) {
    const hz = 12_000 + random() * 12_000; // nothing of it may be heard
    /** @type {number[]} */
    const framed = [];
    const framer = new Framer({ rateHz: 48_000, frameMs: 20 }, (pcm) => {
      framed.push(...new Int16Array(pcm));
    });

    const sample = (/** @type {number} */ i) => 0.891 * Math.sin((2 * Math.PI * hz * i) / 48_000);
    for (const quantum of quanta(100, sample)) framer.push(quantum);

    const loudest = Math.max(...framed.slice(FRAME).map(Math.abs)); // the first frame holds the beginning
    assert.ok(loudest <= 3, `${hz.toFixed(0)} Hz: ${loudest}`); // of 32,768: -80.8 dB
  }
});

/** @typedef {{port: {onmessage: (event: {data: any}) => void}, process: (inputs: Float32Array[][]) => boolean}} Processor */

/** @type {new (options: object) => Processor} */
let CaptureProcessor;

/** @type {unknown[]} what the worklet told the page */
let told = [];

before(async () => {
  class AudioWorkletProcessor {
    port = { onmessage: () => {}, postMessage: (/** @type {unknown} */ value) => told.push(value) };
  }
  const registerProcessor = (/** @type {string} */ _, /** @type {any} */ kind) => {
    CaptureProcessor = kind;
  };
  Object.assign(globalThis, { AudioWorkletProcessor, registerProcessor });
  Object.assign(globalThis, { sampleRate: 24_000, currentFrame: 0 });
  const file = '../../../static/voice-agent/worklets/capture.worklet.js';
  await import(file); // by a variable: its types are those of the audio thread
});

/** A session's end of the port, and the worklet at the other one. */
function capture() {
  told = [];
  const worklet = new CaptureProcessor({ processorOptions: { frameMs: 20 } });
  const connect = () => {
    /** @type {any} */
    const session = {
      frames: 0,
      isClosed: false,
      isHeard: false,
      postMessage: (/** @type {any} */ message) => {
        if (message === 'sound') session.isHeard = true;
        else session.frames += 1;
      },
      close: () => (session.isClosed = true),
    };
    worklet.port.onmessage({ data: { session } });
    return session;
  };
  const run = (/** @type {number} */ seconds, /** @type {number} */ sample) => {
    for (let i = 0; i < (seconds * 24_000) / QUANTUM; i += 1) {
      const inputs = [Number.isNaN(sample) ? [] : [new Float32Array(QUANTUM).fill(sample)]];
      assert.equal(worklet.process(inputs), true);
    }
  };
  return { worklet, connect, run };
}

test('a microphone that is not connected is silence on the wire, at pace', () => {
  const { connect, run } = capture();
  const session = connect();

  run(1, NaN);

  assert.deepEqual([session.frames, session.isHeard], [50, false]);
});

test('the first sound of a microphone is told to each listener, before there is a whole frame', () => {
  const { connect, run } = capture();
  for (let listener = 0; listener < 2; listener += 1) {
    const session = connect();
    run(0.005, 0);
    assert.deepEqual([session.frames, session.isHeard], [0, true]);
  }
});

test('nothing is kept of what was said before somebody listens', () => {
  const { connect, run } = capture();
  run(1, 0.5);

  const session = connect();
  run(0.02, 0.5);

  assert.equal(session.frames, 1);
});

test('a new listener takes the place of the one before', () => {
  const { connect, run } = capture();
  const [before, after] = [connect(), connect()];

  run(0.1, 0.5);

  assert.equal(before.isClosed, true);
  assert.deepEqual([before.frames, after.frames], [0, 5]);
});

test('exact silence is told once a second, and any sound at all starts the count anew', () => {
  const { connect, run } = capture();
  connect();

  run(2.5, 0);
  assert.deepEqual(told, ['dead', 'dead']);
  run(0.1, 1e-6);
  run(0.9, 0);

  assert.deepEqual(told, ['dead', 'dead']);
});

test('without a session it says that it has ended, and does end', () => {
  const { worklet, connect } = capture();
  const session = connect();

  worklet.port.onmessage({ data: { session: null } });

  assert.equal(session.isClosed, true);
  assert.equal(worklet.process([[new Float32Array(QUANTUM).fill(0.5)]]), false);
  assert.deepEqual([session.frames, told], [0, ['ended']]);
});
