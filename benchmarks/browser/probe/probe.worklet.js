// The probe's two ends on the audio thread: a microphone whose samples count, and a recorder where sound
// leaves the page. Both write into memory that is there from the start and say nothing until they are
// asked, so that measuring costs the measured page's main thread nothing.

import { writeNumbers } from './number-code.js';

const QUANTUM = 128;

class CountingMicrophone extends AudioWorkletProcessor {
  #microphone;
  /** When each quantum was rendered: wall clock, in milliseconds. */
  #timesMs;
  #quanta = 0;

  /** @param {{processorOptions: {microphone: number, seconds: number}}} options */
  constructor({ processorOptions: { microphone, seconds } }) {
    super();
    this.#microphone = microphone;
    this.#timesMs = new Float64Array(Math.ceil((seconds * sampleRate) / QUANTUM));
    this.port.onmessage = () =>
      this.port.postMessage({ timesMs: this.#timesMs.slice(0, this.#quanta) });
  }

  /**
   * @param {Float32Array[][]} _inputs
   * @param {Float32Array[][]} outputs
   * @returns {boolean}
   */
  process(_inputs, [[target]]) {
    if (this.#quanta === this.#timesMs.length) return true; // full: silence from now on
    writeNumbers(target, this.#quanta * QUANTUM, this.#microphone);
    this.#timesMs[this.#quanta] = Date.now();
    this.#quanta += 1;
    return true;
  }
}

class Recorder extends AudioWorkletProcessor {
  #samples;
  #timesMs;
  /** Position of each quantum in the context's own time; a hole means a quantum that was not rendered. */
  #frames;
  #quanta = 0;

  /** @param {{processorOptions: {seconds: number}}} options */
  constructor({ processorOptions: { seconds } }) {
    super();
    const quanta = Math.ceil((seconds * sampleRate) / QUANTUM);
    this.#samples = new Float32Array(quanta * QUANTUM);
    this.#timesMs = new Float64Array(quanta);
    this.#frames = new Float64Array(quanta);
    this.port.onmessage = () => this.#report();
  }

  /**
   * @param {Float32Array[][]} inputs
   * @returns {boolean}
   */
  process([[input]]) {
    if (this.#quanta === this.#timesMs.length) return true;
    if (input) this.#samples.set(input, this.#quanta * QUANTUM);
    this.#timesMs[this.#quanta] = Date.now();
    this.#frames[this.#quanta] = currentFrame;
    this.#quanta += 1;
    return true;
  }

  #report() {
    const quanta = this.#quanta;
    this.port.postMessage({
      samples: this.#samples.slice(0, quanta * QUANTUM),
      timesMs: this.#timesMs.slice(0, quanta),
      frames: this.#frames.slice(0, quanta),
    });
  }
}

registerProcessor('benchmark-microphone', CountingMicrophone);
registerProcessor('benchmark-recorder', Recorder);
