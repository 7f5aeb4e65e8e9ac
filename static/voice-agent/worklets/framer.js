// Turns the microphone's quanta into frames for the wire. Pure; runs on the audio thread, where it
// allocates nothing while buffers come back to it.

import { LevelMeter } from './dsp/level.js';
import { WIRE_RATE_HZ, writeInt16 } from './dsp/pcm.js';
import { Resampler } from './dsp/resample.js';

/** Frames under way at once: more than this only while the other thread is late. */
const POOL_SIZE = 8;

export class Framer {
  #resampler;
  #converted;
  #meter = new LevelMeter();
  #frameSamples;
  #emit;
  /** @type {Int16Array<ArrayBuffer>[]} */
  #pool;
  #frame;
  #filled = 0;

  /**
   * @param {{rateHz: number, frameMs: number}} options the microphone's rate; a frame's length, 10 to 100
   * @param {(pcm: ArrayBuffer, level: number) => void} emit gets each frame; level is the root mean square
   */
  constructor({ rateHz, frameMs }, emit) {
    this.#resampler = new Resampler(rateHz, WIRE_RATE_HZ);
    this.#converted = new Float32Array(this.#resampler.maxOutput);
    this.#frameSamples = Math.round((WIRE_RATE_HZ * frameMs) / 1000);
    this.#emit = emit;
    this.#pool = Array.from({ length: POOL_SIZE }, () => new Int16Array(this.#frameSamples));
    this.#frame = this.#nextBuffer();
  }

  /** @param {Float32Array} quantum */
  push(quantum) {
    const count = this.#resampler.process(quantum, quantum.length, this.#converted);
    this.#meter.add(quantum, quantum.length);
    for (let at = 0; at < count;) {
      const taken = Math.min(count - at, this.#frameSamples - this.#filled);
      writeInt16(this.#converted, at, this.#frame, this.#filled, taken);
      this.#filled += taken;
      at += taken;
      if (this.#filled < this.#frameSamples) return;
      this.#emit(this.#frame.buffer, this.#meter.take());
      this.#frame = this.#nextBuffer();
      this.#filled = 0;
    }
  }

  /** @param {ArrayBuffer} buffer that the other thread is done with */
  recycle(buffer) {
    const fits = buffer.byteLength === this.#frameSamples * 2;
    if (fits && this.#pool.length < POOL_SIZE) this.#pool.push(new Int16Array(buffer));
  }

  #nextBuffer() {
    return this.#pool.pop() ?? new Int16Array(this.#frameSamples);
  }
}
