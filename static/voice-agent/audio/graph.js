// The Web Audio side of a call: one context, a capture node and a playback node. Main thread; the sound
// itself never comes here, it goes from the worklets to the session by ports of their own.

import { WIRE_RATE_HZ } from './pcm.js';

/** Length of a frame on the wire. Source: audio-path measurements: the largest that fits one TCP segment. */
const FRAME_MS = 20;

const WORKLETS = ['capture', 'playback'].map(
  (name) => new URL(`../worklets/${name}.worklet.js`, import.meta.url).href,
);

export class AudioGraph {
  #context;
  #capture;
  #playback;
  /** @type {MediaStreamAudioSourceNode | null} */
  #source = null;

  /**
   * Call it inside a click: a context made there may sound at once. It is made before the first `await`.
   * @param {{rateHz?: number}} [options] the rate to ask for; the device's own when undefined
   * @returns {Promise<AudioGraph>}
   */
  static async open({ rateHz } = { rateHz: WIRE_RATE_HZ }) {
    const context = createContext(rateHz);
    try {
      // Not awaited: until the browser lets it sound, a context may stay suspended for long.
      context.resume().catch(() => {});
      await Promise.all(WORKLETS.map((url) => context.audioWorklet.addModule(url)));
      return new AudioGraph(context);
    } catch (error) {
      await context.close();
      throw error;
    }
  }

  /** @param {AudioContext} context with both worklet modules loaded */
  constructor(context) {
    this.#context = context;
    this.#capture = new AudioWorkletNode(context, 'voice-agent-capture', {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
      processorOptions: { frameMs: FRAME_MS },
    });
    this.#playback = new AudioWorkletNode(context, 'voice-agent-playback', {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    this.#playback.connect(context.destination);
  }

  /**
   * Hear this microphone instead of the one before.
   * @param {MediaStream} stream
   * @throws {DOMException} where the browser cannot bring the microphone's rate to the context's
   */
  setMicrophone(stream) {
    const source = this.#context.createMediaStreamSource(stream);
    source.connect(this.#capture);
    this.#source?.disconnect();
    this.#source = source;
  }

  /**
   * New ways for the sound, one each; the worklets let go of the ones before.
   * @returns {{capture: MessagePort, playback: MessagePort}} the session's ends
   */
  openPorts() {
    return {
      capture: connectPort(this.#capture),
      playback: connectPort(this.#playback),
    };
  }

  /** Let it sound again after the browser or the system paused it. */
  async wake() {
    if (this.#context.state !== 'running' && this.#context.state !== 'closed')
      await this.#context.resume();
  }

  async close() {
    this.#source?.disconnect();
    if (this.#context.state !== 'closed') await this.#context.close();
  }
}

/**
 * @param {number | undefined} rateHz
 * @returns {AudioContext}
 */
function createContext(rateHz) {
  try {
    return new AudioContext({ latencyHint: 'interactive', sampleRate: rateHz });
  } catch {
    return new AudioContext({ latencyHint: 'interactive' });
  }
}

/**
 * @param {AudioWorkletNode} node
 * @returns {MessagePort}
 */
function connectPort(node) {
  const { port1, port2 } = new MessageChannel();
  node.port.postMessage({ session: port1 }, [port1]);
  return port2;
}
