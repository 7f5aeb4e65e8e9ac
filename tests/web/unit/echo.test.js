// The agent's echo in the microphone: what is done about it, and what is left alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWav } from '../browser/wav.js';
import { EchoAgent } from './echo-agent.js';
import { seeded } from './random.js';
import { RATE_HZ, Room } from './sound-room.js';

const GAINS_DB = [-6, -15, -25, -33, -40];
const DELAYS_MS = [50, 150, 400];

/** A quiet room, at −66 dB. */
const NOISE_LEVEL = 0.0005;
const random = seeded(7);
const NOISE = Float32Array.from({ length: RATE_HZ }, () => NOISE_LEVEL * (random() - 0.5) * 3.46);

/** @param {string} path */
const speech = (path) => readWav(new URL(`../../../${path}.wav`, import.meta.url).pathname);
const CLIPS = ['greeting', 'closing_1', 'closing_2', 'closing_3', 'message'].map((name) =>
  speech(`app/simulator/audio/clips/${name}`),
);
const QUESTION = speech('tests/fixtures/speech/question');
const INTERRUPTION = speech('tests/fixtures/speech/interruption');

/** The sound comes once; or again and again from the walls, as loud altogether. */
const FREE_FIELD = [{ afterMs: 0, gain: 1 }];
const WALLS = [0, 7, 11, 19, 31, 43, 67, 89, 113, 149].map((afterMs) => ({
  afterMs,
  gain: 0.53 * 10 ** (-afterMs / 200),
}));

/** A call in a room where the microphone hears the loudspeaker. */
class EchoCall {
  #gain = 0;
  #reflections;
  /** @type {{from: number, samples: Int16Array, gain: number} | null} */
  #person = null;

  /** @param {{gainDb: number, delayMs?: number, reflections?: typeof WALLS}} echo */
  constructor({ gainDb, delayMs = 150, reflections = FREE_FIELD }) {
    this.gainDb = gainDb;
    this.#reflections = reflections.map(({ afterMs, gain }) => ({
      frames: ((delayMs + afterMs) * RATE_HZ) / 1000,
      gain,
    }));
    this.room = new Room((at, played) => this.#hear(at, played));
    this.agent = new EchoAgent(this.room, CLIPS);
  }

  set gainDb(/** @type {number} */ gainDb) {
    this.#gain = 10 ** (gainDb / 20);
  }

  /** Whether the microphone gives nothing while the agent speaks, each time that this has changed. */
  get changes() {
    return this.room.bench.all('echo').map(({ halfDuplex }) => halfDuplex);
  }

  async start() {
    await this.room.goLive();
    this.agent.speak();
    return this;
  }

  /** Somebody in the room speaks. @param {Int16Array} samples @param {number} [gain] */
  say(samples, gain = 1) {
    this.#person = { from: Math.round((this.room.nowMs * RATE_HZ) / 1000), samples, gain };
  }

  /** Until the agent has said all that it wanted to, and its echo is over. */
  async listen() {
    await this.agent.pass(20_000, () => this.agent.isQuiet);
    await this.agent.pass(1_500);
  }

  /** @param {number} at @param {Float32Array} played */
  #hear(at, played) {
    let sound = NOISE[at % NOISE.length];
    for (const { frames, gain } of this.#reflections) {
      if (at >= frames) sound += this.#gain * gain * played[at - frames];
    }
    const { from = 0, samples, gain = 1 } = this.#person ?? {};
    return sound + (gain * (samples?.[at - from] ?? 0)) / 32_768;
  }
}

for (const gainDb of GAINS_DB) {
  test(`by an echo of ${gainDb} dB the agent is made to talk to itself for two turns at most`, async () => {
    for (const delayMs of DELAYS_MS) {
      const call = await new EchoCall({ gainDb, delayMs }).start();
      await call.agent.pass(25_000);
      const turns = call.agent.turnsAtMs.length;
      assert.ok(turns <= 2, `${delayMs} ms: ${turns}`);
      assert.deepEqual(call.changes, turns === 0 ? [] : [true], `${delayMs} ms`);
      if (gainDb === -40) assert.equal(turns, 0, `${delayMs} ms`);
    }
  });
}

test('an echo from many walls is found as well', async () => {
  for (const gainDb of [-6, -30]) {
    const call = await new EchoCall({ gainDb, reflections: WALLS }).start();
    await call.agent.pass(25_000);
    assert.equal(call.agent.turnsAtMs.length, 2);
    assert.deepEqual(call.changes, [true]);
  }
});

test('in half duplex a person is heard once the agent has spoken, and not before', async () => {
  const call = await new EchoCall({ gainDb: -12 }).start();
  await call.agent.pass(30_000, () => call.changes.length > 0);
  await call.listen();
  const before = call.agent.turnsAtMs.length;
  call.say(QUESTION);
  await call.agent.pass(10_000, () => call.agent.isReplying);
  assert.equal(call.agent.turnsAtMs.length, before + 1);

  await call.agent.pass(1_000);
  call.say(INTERRUPTION);
  const stopped = call.agent.interruptions;
  await call.listen();
  assert.equal(call.agent.interruptions, stopped);
});

test('when the echo is gone the agent can be interrupted again', async () => {
  const call = await new EchoCall({ gainDb: -12 }).start();
  await call.agent.pass(30_000, () => call.changes.length > 0);
  call.gainDb = -70; // headphones
  await call.listen();
  for (let reply = 0; reply < 4; reply += 1) {
    call.agent.speak();
    await call.listen();
  }
  assert.deepEqual(call.changes, [true, false]);

  call.agent.speak();
  await call.agent.pass(1_000);
  const stopped = call.agent.interruptions;
  call.say(INTERRUPTION);
  await call.agent.pass(3_000);
  assert.equal(call.agent.interruptions, stopped + 1);
});

for (const gainDb of [-40, -90]) {
  test(`a person who interrupts the agent again and again is no echo (of ${gainDb} dB)`, async () => {
    const call = await new EchoCall({ gainDb }).start();
    for (let n = 0; n < 10; n += 1) {
      await call.agent.pass(900 + 130 * n);
      call.say([INTERRUPTION, QUESTION][n % 2]);
      await call.listen();
      call.agent.speak();
    }
    assert.ok(call.agent.interruptions >= 5, `${call.agent.interruptions}`);
    assert.deepEqual(call.changes, []);
  });
}
