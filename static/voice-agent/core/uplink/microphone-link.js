// The way of the microphone's frames from the capture worklet's port to the wire.

import { toBase64 } from '../connection/base64.js';
import { WIRE_BYTES_PER_MS } from '../../worklets/dsp/pcm.js';
import { encodeAudio } from '../connection/protocol.js';
import { MicrophoneSilence, SPEECH_LEVEL, UnheardSpeech } from './level-watch.js';
import { Uplink } from './uplink.js';

/**
 * @typedef {object} MicrophoneLinkOptions
 * @property {import('../ports.js').Environment} environment
 * @property {import('../ports.js').AudioLine} line
 * @property {import('../telemetry/stats.js').SessionStats} stats
 * @property {() => void} onSound it has begun to give any, be it silence
 * @property {(level: number) => void} onLevel of each frame, as it goes out
 * @property {(silent: boolean) => void} onSilence whether the microphone seems dead
 * @property {(speaking: boolean) => void} onUnheard whether the user speaks although it is muted
 * @property {() => boolean} isAgentSounding what the loudspeaker gives is not taken for the user
 * @property {(samples: Int16Array, durationMs: number, endMs: number) => void} onSamples each frame as it was captured
 * @property {() => boolean} isEchoing what is captured now is the agent's echo, and goes no further
 */

export class MicrophoneLink {
  #options;
  #silence;
  #unheard;
  /** @type {MessagePort | null} */
  #port = null;

  isMuted = false;

  /** Whether nothing of it goes anywhere. */
  isOnHold = false;

  /** What is kept, and what is sent again. */
  uplink = new Uplink();

  /** @param {MicrophoneLinkOptions} options */
  constructor(options) {
    this.#options = options;
    this.#silence = new MicrophoneSilence(options.onSilence);
    this.#unheard = new UnheardSpeech(options.onUnheard);
  }

  /** @param {MessagePort | null} port gives `sound` and then frames, `{pcm, level, endMs}`; takes buffers back */
  attach(port) {
    this.#port?.close();
    this.#port = port;
    if (!port) return;
    port.onmessage = ({ data }) => {
      if (data === 'sound') this.#options.onSound();
      else this.#captured(data);
    };
  }

  /** @param {number} [keepSpeechSeconds] how much the call that begins keeps while there is no session */
  reset(keepSpeechSeconds) {
    const capacityMs = keepSpeechSeconds && keepSpeechSeconds * 1000;
    this.uplink = this.#options.stats.uplink = new Uplink({ capacityMs });
    this.mute(this.isMuted);
  }

  /** @param {boolean} isMuted */
  mute(isMuted) {
    this.isMuted = isMuted;
    this.#silence.reset();
    this.#unheard.reset();
  }

  /** Send what is waiting, as far as service and network take it now. */
  sendWaiting() {
    const { environment, line } = this.#options;
    if (!line.isOpen()) return;
    this.uplink.drain(environment.nowMs(), (text) => !line.hasBackpressure() && line.send(text));
  }

  /** @param {{pcm: ArrayBuffer, level: number, endMs: number}} frame `endMs`: by the audio context's clock */
  #captured({ pcm, level, endMs }) {
    if (this.isOnHold) return this.#port?.postMessage(pcm, [pcm]);
    const bytes = new Uint8Array(pcm);
    const durationMs = bytes.length / WIRE_BYTES_PER_MS;
    this.#options.onSamples(new Int16Array(pcm), durationMs, endMs);
    const isSilenced = this.isMuted || this.#options.isEchoing();
    if (isSilenced) bytes.fill(0); // silence at pace: the service's turn detection needs it
    const text = encodeAudio(toBase64(bytes));
    const sentLevel = isSilenced ? 0 : level;
    this.#port?.postMessage(pcm, [pcm]);
    this.uplink.push({ text, durationMs, level: sentLevel });
    this.sendWaiting();
    this.#options.line.listen(sentLevel < SPEECH_LEVEL ? 0 : durationMs);
    if (!this.isMuted) this.#silence.hear(level, durationMs);
    const isUnheard = this.isMuted && !this.#options.isAgentSounding();
    this.#unheard.hear(level, durationMs, isUnheard);
    this.#options.onLevel(sentLevel);
    this.#options.stats.offer();
  }
}
