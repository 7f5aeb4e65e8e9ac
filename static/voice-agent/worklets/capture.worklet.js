// The microphone's end of the audio thread: quanta in, frames out to whoever holds the port's other end.

import { Framer } from './framer.js';

/** Of a render quantum, in samples; stands in for a microphone that gives nothing for a moment. */
const SILENCE = new Float32Array(128);

/** After so much exact silence the page is told, and again each time: no microphone in a room is as quiet. */
const DEAD_MS = 1_000;

class CaptureProcessor extends AudioWorkletProcessor {
  /** @type {MessagePort | null} the way to the session; frames before it is there are dropped */
  #session = null;
  #isHeard = false;
  #framer;
  #deadMs = 0;
  #isOver = false;

  /** @param {{processorOptions: {frameMs: number}}} options */
  constructor({ processorOptions: { frameMs } }) {
    super();
    this.#framer = new Framer({ rateHz: sampleRate, frameMs }, (pcm, level) => {
      const endMs = (currentFrame / sampleRate) * 1000;
      this.#session?.postMessage({ pcm, level, endMs }, [pcm]);
      this.#deadMs = level === 0 ? this.#deadMs + frameMs : 0;
      if (this.#deadMs < DEAD_MS) return;
      this.#deadMs = 0;
      this.port.postMessage('dead');
    });
    this.port.onmessage = ({ data }) => this.#connect(data.session);
  }

  /** @param {Float32Array[][]} inputs @returns {boolean} whether to be called again */
  process(inputs) {
    if (this.#isOver) {
      this.port.postMessage('ended');
      return false;
    }
    if (this.#session) this.#hear(this.#session, inputs[0][0]);
    return true;
  }

  /** @param {MessagePort} session @param {Float32Array | undefined} quantum */
  #hear(session, quantum) {
    if (quantum && !this.#isHeard) session.postMessage('sound'); // sooner than a whole frame: the call waits for it
    this.#isHeard ||= quantum !== undefined;
    this.#framer.push(quantum ?? SILENCE);
  }

  /** @param {MessagePort | null} session another one; null ends it all */
  #connect(session) {
    this.#session?.close();
    this.#session = session;
    this.#isHeard = false;
    this.#isOver = session === null;
    if (session) session.onmessage = ({ data }) => this.#framer.recycle(data);
  }
}

registerProcessor('voice-agent-capture', CaptureProcessor);
