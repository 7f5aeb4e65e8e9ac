// A room with a loudspeaker and a microphone in it, on one clock: the session core and both worklets are the real ones,
// rendered quantum by quantum. What the loudspeaker gives is kept; what the microphone hears, and what the service
// says, is the test's.

import './soak-platform.js';
import { Bench } from './fakes.js';
import { Port } from './soak-port.js';

export const RATE_HZ = 24_000;
const QUANTUM = 128;

/** One task of the browser's audio device. */
const STEP_MS = 10;

let frame = 0;
/** @type {any[]} */
const processors = [];
Object.assign(globalThis, {
  sampleRate: RATE_HZ,
  AudioWorkletProcessor: class {
    port = { postMessage: () => {} };
  },
  registerProcessor: (/** @type {string} */ _name, /** @type {unknown} */ processor) =>
    processors.push(processor),
});
Object.defineProperty(globalThis, 'currentFrame', { get: () => frame });
for (const name of ['capture', 'playback']) {
  // By its address: a worklet has types of its own.
  await import(
    new URL(`../../../static/voice-agent/worklets/${name}.worklet.js`, import.meta.url).href
  );
}
const [Capture, Playback] = processors;

export class Room {
  bench = new Bench();
  /** What the loudspeaker has given: ten minutes at most. */
  #played = new Float32Array(RATE_HZ * 600);
  #frames = 0;
  #startFrame = frame;
  #capture = new Capture({ processorOptions: { frameMs: 20 } });
  #playback = new Playback();
  #hears;

  /**
   * @param {(at: number, played: Float32Array) => number} [hears] what the microphone gives for each sample of the
   *   room's time; `played` is what the loudspeaker has given until then
   */
  constructor(hears = () => 0) {
    this.#hears = hears;
  }

  get nowMs() {
    return this.bench.nowMs;
  }

  /** What the loudspeaker has given so far. */
  get played() {
    return this.#played.subarray(0, this.#frames);
  }

  /**
   * A call that is live.
   * @param {Parameters<Bench['goLive']>} start
   */
  async goLive(...start) {
    await this.bench.goLive(...start);
    this.bench.handle({
      type: 'audio',
      capture: /** @type {any} */ (this.#connect(this.#capture)),
      playback: /** @type {any} */ (this.#connect(this.#playback)),
    });
  }

  /**
   * Let time pass, for the sound and for all else.
   * @param {number} ms
   */
  async pass(ms) {
    const endMs = this.nowMs + ms;
    while (this.nowMs < endMs) {
      const stepMs = Math.min(STEP_MS, endMs - this.nowMs);
      await this.bench.pass(stepMs);
      while (this.#frames < (this.nowMs * RATE_HZ) / 1000) this.#render();
    }
  }

  #render() {
    frame = this.#startFrame + this.#frames;
    const end = this.#frames + QUANTUM;
    this.#playback.process([], [[this.#played.subarray(this.#frames, end)]]);
    const heard = new Float32Array(QUANTUM);
    for (let i = 0; i < QUANTUM; i += 1) heard[i] = this.#hears(this.#frames + i, this.#played);
    this.#frames = end;
    this.#capture.process([[heard]]);
  }

  /** @param {any} processor @returns {Port} the session's end */
  #connect(processor) {
    const inner = new Port((data) => outer.onmessage?.({ data }));
    const outer = new Port((data) => inner.onmessage?.({ data }));
    processor.port.onmessage({ data: { session: inner } });
    return outer;
  }
}

/** @param {Int16Array} samples @returns {string} as the wire has them */
export const onWire = (samples) =>
  Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength).toString('base64');
