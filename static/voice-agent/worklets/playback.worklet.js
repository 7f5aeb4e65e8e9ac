// The speaker's end of the audio thread: replies in from the session's port, sound out.

import { LevelMeter } from '../audio/level.js';
import { readInt16, WIRE_RATE_HZ } from '../audio/pcm.js';
import { PlaybackQueue } from '../audio/playback-queue.js';
import { MAX_BLOCK, Resampler } from '../audio/resample.js';

/** Reports a second while there is sound; none in silence. */
const REPORTS_HZ = 15;

class PlaybackProcessor extends AudioWorkletProcessor {
  #queue = new PlaybackQueue({ rateHz: sampleRate });
  #resampler = new Resampler(WIRE_RATE_HZ, sampleRate);
  #block = new Float32Array(MAX_BLOCK);
  #converted = new Float32Array(this.#resampler.maxOutput);
  #meter = new LevelMeter();
  #lastReply = '';
  /** @type {MessagePort | null} */
  #session = null;
  /** @type {string | null} */
  #reported = null;
  #sinceReport = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      this.#session?.close();
      this.#queue.cutAll();
      this.#session = data.session;
      if (this.#session) this.#session.onmessage = (event) => this.#obey(event.data);
    };
  }

  /**
   * @param {Float32Array[][]} _inputs
   * @param {Float32Array[][]} outputs
   * @returns {boolean}
   */
  process(_inputs, [[target]]) {
    this.#queue.render(target);
    this.#meter.add(target, target.length);
    this.#sinceReport += target.length;
    const { sounding } = this.#queue;
    const isDue = sounding !== null && this.#sinceReport >= sampleRate / REPORTS_HZ;
    if (isDue || sounding !== this.#reported) this.#report(sounding);
    return true;
  }

  /** @param {import('../audio/playback-queue.js').PlaybackCommand} command */
  #obey(command) {
    if (command.type === 'audio') this.#push(command.replyId, new Int16Array(command.pcm));
    if (command.type === 'end') this.#queue.end(command.replyId);
    if (command.type === 'cut') this.#queue.cut(command.replyId);
    if (command.type === 'cut-all') this.#queue.cutAll();
  }

  /**
   * @param {string} replyId
   * @param {Int16Array} samples
   */
  #push(replyId, samples) {
    if (replyId !== this.#lastReply) this.#resampler.reset(); // nothing of a cut reply rings on
    this.#lastReply = replyId;
    for (let at = 0; at < samples.length; at += MAX_BLOCK) {
      const part = samples.subarray(at, at + MAX_BLOCK);
      readInt16(part, this.#block);
      const count = this.#resampler.process(this.#block, part.length, this.#converted);
      this.#queue.push(replyId, this.#converted, count);
    }
  }

  /** @param {string | null} sounding */
  #report(sounding) {
    this.#reported = sounding;
    this.#sinceReport = 0;
    /** @type {import('../audio/playback-queue.js').PlaybackReport} */
    const report = {
      sounding,
      level: this.#meter.take(),
      bufferedMs: (this.#queue.length / sampleRate) * 1000,
      underruns: this.#queue.underruns,
    };
    this.#session?.postMessage(report);
  }
}

registerProcessor('voice-agent-playback', PlaybackProcessor);
