// The speaker's end of the audio thread: replies in from the session's port, sound out.

import { LevelTrace } from './dsp/level.js';
import { PlaybackQueue } from './jitter-buffer/playback-queue.js';
import { ChunkDecoder } from './chunk-decoder.js';

/** Reports a second while a reply sounds or waits; none in silence. */
const REPORTS_HZ = 15;

class PlaybackProcessor extends AudioWorkletProcessor {
  #queue = new PlaybackQueue({ rateHz: sampleRate, nowMs: Date.now });
  #decoder = new ChunkDecoder(sampleRate, (...part) => this.#queue.push(...part));
  #trace = new LevelTrace(sampleRate);
  /** @type {MessagePort | null} */
  #session = null;
  /** @type {string | null} */
  #reported = null;
  #sinceReport = 0;
  #isOver = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => this.#connect(data.session);
  }

  /**
   * @param {Float32Array[][]} _inputs
   * @param {Float32Array[][]} outputs
   * @returns {boolean} whether to be called again
   */
  process(_inputs, [[target]]) {
    this.#queue.render(target);
    if (this.#isOver && !this.#queue.isBusy) {
      this.port.postMessage('ended');
      return false;
    }
    this.#trace.add(target);
    this.#sinceReport += target.length;
    const isDue = this.#queue.isBusy && this.#sinceReport >= sampleRate / REPORTS_HZ;
    const isNews = this.#queue.hasFinished || this.#queue.sounding !== this.#reported;
    if (isDue || isNews) this.#report(currentFrame + target.length);
    return true;
  }

  /** @param {MessagePort | null} session another one; null ends it all */
  #connect(session) {
    this.#session?.close();
    this.#queue.flushAll();
    this.#session = session;
    this.#isOver = session === null;
    if (session) session.onmessage = ({ data }) => this.#obey(data);
  }

  /** @param {import('./jitter-buffer/playback-queue.js').PlaybackCommand} command */
  #obey(command) {
    if (command.type === 'audio')
      this.#decoder.decode(command.replyId, new Int16Array(command.pcm));
    if (command.type === 'end') {
      this.#decoder.end(command.replyId);
      this.#queue.end(command.replyId);
    }
    if (command.type === 'flush') this.#queue.flush(command.replyId);
    if (command.type === 'flush-all') this.#queue.flushAll();
    if (command.type === 'duck') this.#queue.duck(command.on);
  }

  /** @param {number} frame of the audio context, up to which all is rendered */
  #report(frame) {
    const { level, levels, restFrames } = this.#trace.take();
    const levelsEndMs = ((frame - restFrames) / sampleRate) * 1000;
    const report = { ...this.#queue.report(), level, levels, levelsEndMs };
    this.#reported = report.sounding;
    this.#sinceReport = 0;
    this.#session?.postMessage(report);
  }
}

registerProcessor('voice-agent-playback', PlaybackProcessor);
