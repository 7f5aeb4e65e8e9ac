// The speaker of the made-up world: the client's own playback worklet, rendered by a clock that jumps.

import { Port } from './soak-port.js';

const RATE_HZ = 24_000;
const QUANTUM = 128;
const QUANTA_AT_ONCE = 9;
const STEP_MS = (QUANTUM * QUANTA_AT_ONCE * 1000) / RATE_HZ;

/** Rendering stops this long after the last sound and the last message: most of an hour is silence. */
const REST_MS = 2_000;

/** @type {any} */
let Processor;
Object.assign(globalThis, {
  sampleRate: RATE_HZ,
  currentFrame: 0,
  AudioWorkletProcessor: class {
    port = {};
  },
  registerProcessor: (/** @type {string} */ _name, /** @type {unknown} */ processor) => {
    Processor = processor;
  },
});
// By its address: a worklet has types of its own.
await import(
  new URL('../../../static/voice-agent/worklets/playback.worklet.js', import.meta.url).href
);

export class Speaker {
  #schedule;
  #processor = new Processor();
  #output = [[new Float32Array(QUANTUM)]];
  #idleMs = REST_MS;
  /** @type {Port} the session's end */
  port;
  /** How much of what was rendered was sound, in milliseconds. */
  soundMs = 0;

  /** @param {(task: () => void, delayMs: number) => unknown} schedule */
  constructor(schedule) {
    this.#schedule = schedule;
    const inner = new Port((message) => this.port.onmessage?.({ data: message }));
    this.port = new Port((message) => {
      inner.onmessage?.({ data: message });
      this.#wake();
    });
    this.#processor.port.onmessage({ data: { session: inner } });
  }

  #wake() {
    const isResting = this.#idleMs >= REST_MS;
    this.#idleMs = 0;
    if (isResting) this.#schedule(() => this.#render(), STEP_MS);
  }

  #render() {
    if (this.port.isClosed) return;
    const [[block]] = this.#output;
    this.#idleMs += STEP_MS;
    for (let quantum = 0; quantum < QUANTA_AT_ONCE; quantum += 1) {
      this.#processor.process([], this.#output);
      if (block[0] === 0 && block[QUANTUM - 1] === 0) continue;
      this.#idleMs = 0;
      this.soundMs += (QUANTUM / RATE_HZ) * 1000;
    }
    if (this.#idleMs < REST_MS) this.#schedule(() => this.#render(), STEP_MS);
  }
}
