// What is told of the sound, by the time at which it is heard.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { createOutputDelay } from '../../../static/voice-agent/parts/output-delay.js';

/** @type {{run: () => void, delayMs: number}[]} */
let timers;
/** @type {string[]} */
let heard;
beforeEach(() => {
  timers = [];
  heard = [];
});

const clock = {
  schedule: (/** @type {() => void} */ run, /** @type {number} */ delayMs) => {
    timers.push({ run, delayMs });
    return timers.at(-1);
  },
  cancel: (/** @type {any} */ timer) => void timers.splice(timers.indexOf(timer), 1),
};

/** @param {number | null | undefined} latencyMs */
const delayed = (latencyMs) => createOutputDelay(() => latencyMs, clock);

test('what is told waits for as long as the device takes', () => {
  delayed(180).whenHeard(() => heard.push('word'));
  assert.deepEqual(heard, []);
  assert.equal(timers[0].delayMs, 180);
  timers[0].run();
  assert.deepEqual(heard, ['word']);
});

for (const latencyMs of [0, null, undefined])
  test(`a latency of ${latencyMs} delays nothing`, () => {
    delayed(latencyMs).whenHeard(() => heard.push('word'));
    assert.deepEqual(heard, ['word']);
  });

test('a device is not believed to take longer than half a second', () => {
  delayed(60_000).whenHeard(() => {});
  assert.equal(timers[0].delayMs, 500);
});

test('the latency of the moment counts: the loudspeaker may change during a call', () => {
  let latencyMs = 20;
  const output = createOutputDelay(() => latencyMs, clock);
  output.whenHeard(() => {});
  latencyMs = 200;
  output.whenHeard(() => {});
  assert.deepEqual(
    timers.map(({ delayMs }) => delayMs),
    [20, 200],
  );
});

test('what was still on its way is dropped, and what was heard is not dropped twice', () => {
  const output = delayed(50);
  output.whenHeard(() => heard.push('one'));
  output.whenHeard(() => heard.push('two'));
  timers.shift()?.run();
  output.clear();
  assert.deepEqual(timers, []);
  assert.deepEqual(heard, ['one']);
});
