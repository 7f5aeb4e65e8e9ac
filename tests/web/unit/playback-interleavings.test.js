import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlaybackQueue } from '../../../static/voice-agent/worklets/jitter-buffer/playback-queue.js';
import { largestStep, QUANTUM, RATE_HZ } from './playing.js';
import { seeded } from './random.js';

const RUNS = 2_000;
const REPLIES = 7;
const CAPACITY_SECONDS = 3;

/** Every sample of every reply has a value of its own, exact in a float: reply / 8 + place / 2^20. */
const PLACES = 2 ** 20;

/**
 * What is done to a queue, at random; and what the queue was told.
 */
class Conversation {
  #random;
  queue;
  /** Samples pushed of each reply. */
  pushed = new Array(REPLIES + 1).fill(0);
  /** @type {Set<number>} */
  cut = new Set();
  /** @type {Set<number>} */
  ended = new Set();
  current = 1;

  /**
   * @param {number} seed
   * @param {(random: () => number) => PlaybackQueue} create
   */
  constructor(seed, create) {
    this.#random = seeded(seed);
    this.queue = create(this.#random);
  }

  /** @param {(queue: PlaybackQueue) => void} listen renders */
  step(listen) {
    const choice = this.#random();
    if (choice < 0.4) this.#push(this.current);
    else if (choice < 0.45) this.#pushLate();
    else if (choice < 0.55) this.queue.duck(choice < 0.5);
    else if (choice < 0.85) this.#times(6, () => listen(this.queue));
    else if (this.current < REPLIES) this.#next();
  }

  /** Everything that was not cut is complete. */
  finish() {
    for (let reply = 1; reply <= this.current; reply += 1) this.#end(reply);
  }

  /** Another reply begins, before or after the one before is told to be over. */
  #next() {
    const before = this.current;
    this.current += 1;
    const overlaps = this.#random() < 0.3;
    if (overlaps) {
      this.#push(this.current);
      this.#push(before);
      this.#push(this.current);
    }
    const choice = this.#random();
    if (choice < 0.4) this.#cut(before);
    else if (choice < 0.5) this.#flushAll();
    else this.#end(before);
  }

  /** A chunk of one to thirty milliseconds, in one block or more; seldom a long one. */
  #push(/** @type {number} */ reply) {
    const isLong = this.#random() < 0.05;
    const blocks = 1 + Math.floor(this.#random() * 3);
    for (let block = 0; block < blocks; block += 1) {
      const count = 1 + Math.floor(this.#random() * (isLong ? 2_000 : 400));
      const from = this.pushed[reply];
      const samples = Float32Array.from({ length: count }, (_, i) => value(reply, from + i));
      this.queue.push(String(reply), samples, count, block > 0);
      if (!this.cut.has(reply) && !this.ended.has(reply)) this.pushed[reply] += count;
    }
  }

  /** Sound of a reply that is over. */
  #pushLate() {
    const over = [...this.cut, ...this.ended];
    if (over.length > 0) this.#push(over[Math.floor(this.#random() * over.length)]);
  }

  /** @param {number} reply */
  #cut(reply) {
    this.queue.flush(String(reply));
    this.cut.add(reply);
  }

  #flushAll() {
    this.queue.flushAll();
    for (let reply = 1; reply <= this.current; reply += 1) {
      if (this.pushed[reply] > 0) this.cut.add(reply);
    }
  }

  /** @param {number} reply */
  #end(reply) {
    this.queue.end(String(reply));
    this.ended.add(reply);
  }

  /**
   * @param {number} most
   * @param {() => void} act
   */
  #times(most, act) {
    for (let count = Math.floor(this.#random() * most); count >= 0; count -= 1) act();
  }
}

/**
 * @param {number} reply
 * @param {number} place
 */
function value(reply, place) {
  return reply / 8 + place / PLACES;
}

test('in any interleaving every sample of a good reply is heard once and in order, and none of a cut one', () => {
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const talk = new Conversation(seed, (random) => {
      const playoutDelayMs = Math.floor(random() * 60);
      return new PlaybackQueue({
        rateHz: RATE_HZ,
        capacitySeconds: CAPACITY_SECONDS,
        playoutDelayMs,
        fadeMs: 0,
        catchesUp: false,
      });
    });
    talk.queue.duck = () => {}; // another test: here values must stay what they are
    const heard = new Array(REPLIES + 1).fill(0);
    const quantum = new Float32Array(QUANTUM);
    const listen = (/** @type {PlaybackQueue} */ queue) => {
      queue.render(quantum);
      for (const sample of quantum) {
        if (sample === 0) continue;
        const reply = Math.floor(sample * 8);
        const place = Math.round((sample - reply / 8) * PLACES);
        if (talk.cut.has(reply)) assert.fail(`seed ${seed}: ${reply} sounds after its cut`);
        if (place !== heard[reply]) assert.fail(`seed ${seed}: ${reply} has ${place}`);
        heard[reply] += 1;
      }
    };
    for (let step = 0; step < 60; step += 1) talk.step(listen);
    talk.finish();
    while (talk.queue.isBusy) listen(talk.queue);

    for (let reply = 1; reply <= talk.current; reply += 1) {
      if (talk.cut.has(reply)) continue;
      assert.equal(heard[reply], talk.pushed[reply], `seed ${seed}: reply ${reply}`);
    }
  }
});

test('in any interleaving nothing clicks, each reply is over once, and its place only goes forward', () => {
  const longest = Math.ceil((0.005 * RATE_HZ) / QUANTUM) + 1;
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const talk = new Conversation(
      seed,
      () => new PlaybackQueue({ rateHz: RATE_HZ, capacitySeconds: CAPACITY_SECONDS }),
    );
    const { queue } = talk;
    /** @type {Map<string, number>} */
    const over = new Map();
    /** @type {Map<string, number>} */
    const places = new Map();
    let last = 0;
    let silencedFor = 0;
    const quantum = new Float32Array(QUANTUM);
    const listen = () => {
      queue.render(quantum);
      const step = Math.max(Math.abs(quantum[0] - last), largestStep(quantum));
      if (step > 0.02) assert.fail(`seed ${seed}: a step of ${step}`);
      last = quantum[QUANTUM - 1];
      const { finished, position, sounding } = queue.report();
      for (const { replyId, heardMs } of finished) {
        if (over.has(replyId)) assert.fail(`seed ${seed}: ${replyId} is over twice`);
        over.set(replyId, heardMs);
      }
      if (position) {
        if (position.ms < (places.get(position.replyId) ?? 0)) assert.fail(`seed ${seed}: back`);
        places.set(position.replyId, position.ms);
      }
      silencedFor = sounding !== null && talk.cut.has(Number(sounding)) ? silencedFor + 1 : 0;
      if (silencedFor > longest) assert.fail(`seed ${seed}: ${sounding} sounds on after its cut`);
    };
    for (let step = 0; step < 60; step += 1) talk.step(listen);
    talk.finish();
    while (queue.isBusy) listen();
    listen();

    for (let reply = 1; reply <= talk.current; reply += 1) {
      const heardMs = over.get(String(reply));
      assert.ok(heardMs !== undefined, `seed ${seed}: ${reply} is never over`);
      if (talk.cut.has(reply)) continue;
      assert.ok(Math.abs(heardMs - (talk.pushed[reply] / RATE_HZ) * 1000) < 1e-6, `seed ${seed}`);
    }
    assert.equal(queue.length, 0);
  }
});
