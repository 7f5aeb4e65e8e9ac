import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBase64, toBase64 } from '../../../static/voice-agent/core/connection/base64.js';
import { LevelMeter, perceivedLevel } from '../../../static/voice-agent/worklets/dsp/level.js';
import { SampleJoiner, writeInt16 } from '../../../static/voice-agent/worklets/dsp/pcm.js';
import { SampleRing } from '../../../static/voice-agent/worklets/dsp/ring.js';
import { seeded } from './random.js';

test('full scale is clamped, not wrapped', () => {
  const target = new Int16Array(4);

  writeInt16([0, 1, -1, 2, -2], 1, target, 0, 4);

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

/** @type {[string, (t: import('node:test').TestContext) => void][]} */
const BASE64 = [
  ['by the browser’s own code', useNativeBase64],
  ['where the browser has none of its own', hideNativeBase64],
];

for (const [where, arrange] of BASE64) {
  test(`base64 goes both ways, ${where}`, (t) => {
    arrange(t);
    const random = seeded(5);
    for (const size of [0, 1, 2, 3, 960, 8_191, 8_192, 20_000]) {
      const bytes = Uint8Array.from({ length: size }, () => random() * 256);
      const text = Buffer.from(bytes).toString('base64');

      assert.equal(toBase64(bytes), text);
      assert.deepEqual(fromBase64(text), bytes);
    }
  });

  test(`a text that is no base64 is nothing, ${where}`, (t) => {
    arrange(t);

    assert.equal(fromBase64('!!!not base64!!!'), null);
  });
}

test('base64 is left to the browser where it can do it', (t) => {
  useNativeBase64(t, 'AQID', Uint8Array.of(7));

  assert.equal(toBase64(Uint8Array.of(0)), 'AQID');
  assert.deepEqual(fromBase64('AAAA'), Uint8Array.of(7));
});

/**
 * Be a browser that has base64, answering as told or as it should.
 * @param {import('node:test').TestContext} t
 * @param {string} [text]
 * @param {Uint8Array} [bytes]
 */
function useNativeBase64(t, text, bytes) {
  setNativeBase64(
    t,
    /** @this {Uint8Array} */ function () {
      return text ?? Buffer.from(this).toString('base64');
    },
    (given) => {
      if (/[^A-Za-z0-9+/=]/.test(given)) throw new SyntaxError('not base64');
      return bytes ?? new Uint8Array(Buffer.from(given, 'base64'));
    },
  );
}

/** @param {import('node:test').TestContext} t */
function hideNativeBase64(t) {
  setNativeBase64(t, undefined, undefined);
}

/**
 * @param {import('node:test').TestContext} t
 * @param {((this: Uint8Array) => string) | undefined} to
 * @param {((text: string) => Uint8Array) | undefined} from
 */
function setNativeBase64(t, to, from) {
  const before = Object.getOwnPropertyDescriptor(Uint8Array.prototype, 'toBase64');
  const beforeFrom = Object.getOwnPropertyDescriptor(Uint8Array, 'fromBase64');
  const own = { configurable: true, writable: true };
  Object.defineProperty(Uint8Array.prototype, 'toBase64', { ...own, value: to });
  Object.defineProperty(Uint8Array, 'fromBase64', { ...own, value: from });
  t.after(() => {
    if (before) Object.defineProperty(Uint8Array.prototype, 'toBase64', before);
    else Reflect.deleteProperty(Uint8Array.prototype, 'toBase64');
    if (beforeFrom) Object.defineProperty(Uint8Array, 'fromBase64', beforeFrom);
    else Reflect.deleteProperty(Uint8Array, 'fromBase64');
  });
}

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
