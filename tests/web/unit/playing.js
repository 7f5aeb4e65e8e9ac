// A service that sends replies, and a device that plays them, on one simulated clock.

import { readWav } from '../browser/wav.js';

/** @typedef {import('../../../static/voice-agent/worklets/jitter-buffer/playback-queue.js').PlaybackQueue} PlaybackQueue */

/**
 * A chunk on its way; without samples it is the reply's end.
 * @typedef {{atMs: number, replyId: string, samples: Float32Array | null}} Arrival
 */

export const RATE_HZ = 24_000;
export const QUANTUM = 128;

/**
 * @param {number} seconds
 * @param {number} [hz]
 * @returns {Float32Array} at half of full scale
 */
export function tone(seconds, hz = 440) {
  return Float32Array.from(
    { length: Math.round(RATE_HZ * seconds) },
    (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / RATE_HZ),
  );
}

/**
 * A voice that says the same sentence again and again.
 * @param {number} seconds
 * @returns {Float32Array}
 */
export function speech(seconds) {
  const path = new URL('../../fixtures/speech/question.wav', import.meta.url).pathname;
  const sentence = readWav(path);
  return Float32Array.from(
    { length: Math.round(RATE_HZ * seconds) },
    (_, i) => sentence[i % sentence.length] / 32_768,
  );
}

/** @param {ArrayLike<number>} samples */
export function largestStep(samples) {
  let largest = 0;
  for (let i = 1; i < samples.length; i += 1) {
    largest = Math.max(largest, Math.abs(samples[i] - samples[i - 1]));
  }
  return largest;
}

/**
 * How far sound is from a smooth curve at worst; a click shows here.
 * @param {ArrayLike<number>} samples
 */
export function largestBend(samples) {
  let largest = 0;
  for (let i = 2; i < samples.length; i += 1) {
    largest = Math.max(largest, Math.abs(samples[i] - 2 * samples[i - 1] + samples[i - 2]));
  }
  return largest;
}

/**
 * @param {PlaybackQueue} queue
 * @param {number} quanta
 * @returns {Float32Array} what is heard
 */
export function render(queue, quanta) {
  const heard = new Float32Array(quanta * QUANTUM);
  for (let i = 0; i < quanta; i += 1) {
    queue.render(heard.subarray(i * QUANTUM, (i + 1) * QUANTUM));
  }
  return heard;
}

/**
 * The arrivals of a reply that is sent in real time, in order, and ended 300 ms after its last chunk.
 * @param {string} replyId
 * @param {Float32Array} samples
 * @param {object} options
 * @param {number} options.fromMs when the first chunk is sent
 * @param {number} [options.chunkMs]
 * @param {number} [options.pace] how many times faster than real time
 * @param {(chunk: number) => number} [options.lateMs] how late each chunk is
 * @returns {Arrival[]}
 */
export function reply(replyId, samples, { fromMs, chunkMs = 50, pace = 1, lateMs = () => 0 }) {
  const size = (RATE_HZ * chunkMs) / 1000;
  /** @type {Arrival[]} */
  const arrivals = [];
  let atMs = 0;
  for (let chunk = 0; chunk * size < samples.length; chunk += 1) {
    atMs = Math.max(atMs, fromMs + (chunk * chunkMs) / pace + lateMs(chunk));
    const part = samples.subarray(chunk * size, (chunk + 1) * size);
    arrivals.push({ atMs, replyId, samples: part });
  }
  arrivals.push({ atMs: atMs + 300, replyId, samples: null });
  return arrivals;
}

/** A device that takes sound every 10 ms, two quanta or three at a time, as Chromium's does. */
export class Device {
  #queue;
  #quantum = new Float32Array(QUANTUM);
  #renderedMs = 0;

  /** Wall clock. */
  nowMs = 0;
  #heard = new Float32Array(RATE_HZ * 130);
  #heardLength = 0;
  /** @type {import('../../../static/voice-agent/worklets/jitter-buffer/playback-queue.js').FinishedReply[]} */
  finished = [];
  /** @param {(nowMs: () => number) => PlaybackQueue} create */
  constructor(create) {
    this.#queue = create(() => this.nowMs);
  }

  /** Everything that was heard: two minutes at most. */
  get heard() {
    return this.#heard.subarray(0, this.#heardLength);
  }

  /**
   * @param {Arrival[]} arrivals in order of time
   * @param {number} untilMs
   */
  play(arrivals, untilMs) {
    let next = 0;
    for (; this.nowMs < untilMs; this.nowMs += 10) {
      for (; next < arrivals.length && arrivals[next].atMs <= this.nowMs; next += 1) {
        const { replyId, samples } = arrivals[next];
        if (samples) this.#queue.push(replyId, samples, samples.length);
        else this.#queue.end(replyId);
      }
      this.#takeSound();
    }
  }

  /**
   * The device stands still: time goes by and nothing is rendered.
   * @param {number} ms
   */
  stall(ms) {
    this.nowMs += ms;
    this.#renderedMs += ms;
  }

  #takeSound() {
    while (this.#renderedMs < this.nowMs + 10) {
      this.#queue.render(this.#quantum);
      this.#heard.set(this.#quantum, this.#heardLength);
      this.#heardLength += QUANTUM;
      if (this.#queue.hasFinished) this.finished.push(...this.#queue.report().finished);
      this.#renderedMs += (QUANTUM / RATE_HZ) * 1000;
    }
  }
}
