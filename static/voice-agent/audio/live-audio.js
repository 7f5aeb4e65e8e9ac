// Microphone and speaker of one call, opened together and let go of together, whatever fails or comes
// late. Main thread.

import { VoiceAgentError } from '../errors.js';
import { AudioGraph } from './graph.js';
import { closeMicrophone, openMicrophone } from './microphone.js';

/** @typedef {import('./microphone.js').MicrophoneOptions} MicrophoneOptions */

export class LiveAudio {
  #options;
  #onMicrophoneLost;
  /** @type {AudioGraph | null} */
  #graph = null;
  /** @type {MediaStream | null} */
  #stream = null;
  #closed = false;

  /**
   * @param {MicrophoneOptions} options
   * @param {(error: VoiceAgentError) => void} onMicrophoneLost it was unplugged and no other could be opened
   */
  constructor(options, onMicrophoneLost) {
    this.#options = options;
    this.#onMicrophoneLost = onMicrophoneLost;
  }

  /**
   * Open both at the same time. Call it inside a click.
   * @returns {Promise<{capture: MessagePort, playback: MessagePort}>}
   * @throws {VoiceAgentError} microphone-*, audio-failed
   */
  async open() {
    const opening = AudioGraph.open().then((graph) => this.#keepGraph(graph));
    const [graph, stream] = await Promise.allSettled([opening, this.#openMicrophone()]);
    if (stream.status === 'rejected') throw stream.reason;
    if (graph.status === 'rejected')
      throw new VoiceAgentError('audio-failed', { cause: graph.reason });
    const usable = await this.#connect(graph.value, stream.value);
    return usable.openPorts();
  }

  /**
   * Change the microphone; the call goes on with the old one until the new one is open.
   * @param {string} deviceId
   * @throws {VoiceAgentError} microphone-*
   */
  async setMicrophone(deviceId) {
    const before = this.#stream;
    const stream = await this.#openMicrophone(deviceId);
    try {
      this.#graph?.setMicrophone(stream);
    } catch (cause) {
      closeMicrophone(stream);
      this.#stream = before;
      throw new VoiceAgentError('microphone-busy', { cause });
    }
    if (before) closeMicrophone(before);
  }

  /** Let it sound again after the browser or the system paused it. */
  wake() {
    return this.#graph?.wake();
  }

  /** Let go of everything, now or as soon as it arrives. */
  close() {
    this.#closed = true;
    if (this.#stream) closeMicrophone(this.#stream);
    this.#graph?.close().catch(() => {});
    this.#stream = null;
    this.#graph = null;
  }

  /** @param {string} [deviceId] */
  async #openMicrophone(deviceId = this.#options.deviceId) {
    const stream = await openMicrophone({ ...this.#options, deviceId });
    if (this.#closed) {
      closeMicrophone(stream);
      throw new VoiceAgentError('audio-failed', {
        message: 'The call ended before the microphone was open.',
      });
    }
    this.#stream = stream;
    const [track] = stream.getAudioTracks();
    track.onended = () => this.#replaceLost(stream);
    return stream;
  }

  /** @param {AudioGraph} graph */
  async #keepGraph(graph) {
    if (this.#closed) await graph.close();
    else this.#graph = graph;
    return graph;
  }

  /**
   * Some browsers cannot feed a microphone of one rate into a context of another: then the context takes
   * the device's rate, and the worklets convert.
   * @param {AudioGraph} graph
   * @param {MediaStream} stream
   */
  async #connect(graph, stream) {
    try {
      graph.setMicrophone(stream);
      return graph;
    } catch {
      await graph.close();
      const atDeviceRate = await this.#keepGraph(await AudioGraph.open({ rateHz: undefined }));
      atDeviceRate.setMicrophone(stream);
      return atDeviceRate;
    }
  }

  /** @param {MediaStream} lost */
  async #replaceLost(lost) {
    if (this.#closed || this.#stream !== lost) return;
    try {
      await this.setMicrophone('');
    } catch (error) {
      this.#onMicrophoneLost(VoiceAgentError.from(error, 'microphone-not-found'));
    }
  }
}
