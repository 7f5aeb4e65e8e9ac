// Microphone and audio context of the checks that need them: opened by the first one, shared by its neighbours (some
// browsers ask for the microphone each time), let go of at the end of the run.

import { decibels, peakOf, powerOf } from './measure.js';

/** How often the microphone is read: as often as a meter may move. */
const READ_MS = 70;

/** A context that does not run by then waits for a click. */
const START_MS = 1_500;

export class Sound {
  #platform;
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {MediaStream | null} */
  #stream = null;
  /** Counts releases: a microphone that the browser gives only after one is not wanted any more. */
  #releases = 0;

  /** @param {import('./platform.js').Platform} platform */
  constructor(platform) {
    this.#platform = platform;
  }

  /** At the device's own rate; may be held back by the browser. @param {AbortSignal} signal */
  async context(signal) {
    const context = (this.#context ??= this.#platform.createContext());
    if (context.state !== 'running')
      await Promise.race([context.resume(), this.#platform.wait(START_MS, signal)]);
    return context;
  }

  /**
   * Opened as a call opens it, echo cancellation included.
   * @returns {Promise<MediaStreamTrack>}
   * @throws {import('../page-types.js').CallError}
   */
  async microphone() {
    const isLive = this.#stream?.getAudioTracks()[0]?.readyState === 'live';
    if (!isLive) await this.#openMicrophone();
    return /** @type {MediaStream} */ (this.#stream).getAudioTracks()[0];
  }

  /**
   * Hand over what the microphone gives, block by block, until `isDone` says so or the time is over.
   * @param {number} limitMs
   * @param {AbortSignal} signal
   * @param {(samples: Float32Array, rateHz: number) => boolean | void} isDone
   */
  async listen(limitMs, signal, isDone) {
    const context = await this.context(signal);
    await this.microphone();
    const source = context.createMediaStreamSource(/** @type {MediaStream} */ (this.#stream));
    const analyser = context.createAnalyser();
    analyser.fftSize = 2 ** Math.ceil(Math.log2((context.sampleRate * READ_MS) / 1000));
    source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const endMs = this.#platform.nowMs() + limitMs;
    try {
      while (this.#platform.nowMs() < endMs) {
        await this.#platform.wait(READ_MS, signal);
        analyser.getFloatTimeDomainData(samples);
        if (isDone(samples, context.sampleRate)) return;
      }
    } finally {
      source.disconnect();
    }
  }

  releaseMicrophone() {
    this.#releases += 1;
    close(this.#stream);
    this.#stream = null;
  }

  release() {
    this.releaseMicrophone();
    this.#context?.close().catch(() => {});
    this.#context = null;
  }

  async #openMicrophone() {
    const releases = this.#releases;
    const stream = await this.#platform.openMicrophone();
    if (releases === this.#releases) this.#stream = stream;
    else close(stream);
  }
}

/** @param {MediaStream | null} stream */
function close(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** @param {ArrayLike<number>} samples @returns {import('./judge-sound.js').Block} */
export function blockOf(samples) {
  return { db: decibels(powerOf(samples)), peak: peakOf(samples) };
}
