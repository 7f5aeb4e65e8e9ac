// The microphone's end of the audio thread: quanta in, frames out to whoever holds the port's other end.

import { Framer } from '../audio/framer.js';

/** Of a render quantum, in samples; stands in for a microphone that gives nothing for a moment. */
const SILENCE = new Float32Array(128);

class CaptureProcessor extends AudioWorkletProcessor {
  /** @type {MessagePort | null} the way to the session; frames before it is there are dropped */
  #session = null;
  #framer;

  /** @param {{processorOptions: {frameMs: number}}} options */
  constructor({ processorOptions }) {
    super();
    this.#framer = new Framer(
      { rateHz: sampleRate, frameMs: processorOptions.frameMs },
      (pcm, level) => this.#session?.postMessage({ pcm, level }, [pcm]),
    );
    this.port.onmessage = ({ data }) => this.#connect(data.session);
  }

  /**
   * @param {Float32Array[][]} inputs
   * @returns {boolean}
   */
  process(inputs) {
    if (this.#session) this.#framer.push(inputs[0][0] ?? SILENCE);
    return true;
  }

  /** @param {MessagePort | null} session null ends the capture */
  #connect(session) {
    this.#session?.close();
    this.#session = session;
    if (session) session.onmessage = ({ data }) => this.#framer.recycle(data);
  }
}

registerProcessor('voice-agent-capture', CaptureProcessor);
