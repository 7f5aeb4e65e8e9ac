// The sound of a call, between the worklets' ports and the wire: microphone frames out, replies in.
// Part of the session core: no DOM, no Web Audio, any thread.

import { fromBase64, toBase64 } from './audio/base64.js';
import { perceivedLevel } from './audio/level.js';
import { SampleJoiner, WIRE_RATE_HZ } from './audio/pcm.js';
import { encodeAudio } from './protocol.js';
import { ReplyGate } from './reply-gate.js';
import { Uplink } from './uplink.js';

/** Shortest time between two levels that are passed on; a meter needs no more than 15 a second. */
const LEVEL_INTERVAL_MS = 66;

const BYTES_PER_MS = (WIRE_RATE_HZ * 2) / 1000;

/** @typedef {import('./protocol.js').ServerMessage} ServerMessage */

export class AudioLink {
  #environment;
  #emit;
  #line;
  /** @type {MessagePort | null} */
  #capture = null;
  /** @type {MessagePort | null} */
  #playback = null;
  #muted = false;
  #uplink = new Uplink();
  #gate = new ReplyGate();
  #joiner = new SampleJoiner();
  /** @type {Map<string, number>} bytes of sound received for each reply under way */
  #receivedBytes = new Map();
  #speaking = { user: false, agent: false };
  #levels = { microphone: 0, agent: 0 };
  #levelsAtMs = 0;

  /**
   * @param {object} options
   * @param {import('./environment.js').Environment} options.environment
   * @param {(event: import('./session.js').SessionEvent) => void} options.emit
   * @param {import('./session.js').Line} options.line audio is kept while it is not open
   */
  constructor({ environment, emit, line }) {
    this.#environment = environment;
    this.#emit = emit;
    this.#line = line;
  }

  /** Whether the service is in the middle of a reply, heard or not. */
  get isReplying() {
    return this.#gate.isReplying;
  }

  /**
   * @param {MessagePort | null} capture gives `{pcm, level}`, takes buffers back
   * @param {MessagePort | null} playback takes PlaybackCommand, gives PlaybackReport
   */
  attach(capture, playback) {
    this.#capture?.close();
    this.#playback?.close();
    this.#capture = capture;
    this.#playback = playback;
    if (capture) capture.onmessage = ({ data }) => this.#captured(data);
    if (playback) playback.onmessage = ({ data }) => this.#heard(data);
  }

  /** The call is over: ports closed, meters at rest, nothing kept. */
  release() {
    this.forgetUnsent();
    this.attach(null, null);
    this.#setSpeaking({ user: false, agent: false });
    this.#levels = { microphone: 0, agent: 0 };
    this.#emit({ type: 'level', ...this.#levels });
  }

  /** @param {boolean} muted */
  mute(muted) {
    this.#muted = muted;
  }

  /** Drop what was said and not sent. */
  forgetUnsent() {
    this.#uplink.clear();
  }

  /** Send what is waiting, as far as the service takes it now. */
  sendWaiting() {
    if (!this.#line.isOpen()) return;
    this.#uplink.drain(this.#environment.nowMs(), ({ pcm }) => {
      this.#line.send(encodeAudio(toBase64(new Uint8Array(pcm))));
      this.#capture?.postMessage(pcm, [pcm]);
    });
  }

  /** @param {boolean} isSpeaking as the service hears it */
  setUserSpeaking(isSpeaking) {
    this.#setSpeaking({ user: isSpeaking });
  }

  /** @param {string} replyId */
  startReply(replyId) {
    this.#gate.start(replyId);
  }

  /** @param {Extract<ServerMessage, {type: 'reply-audio'}>} message */
  play({ replyId, data }) {
    const id = this.#gate.admit(replyId);
    const bytes = id === null ? null : fromBase64(data);
    if (id === null || bytes === null) return;
    this.#receivedBytes.set(id, (this.#receivedBytes.get(id) ?? 0) + bytes.length);
    const pcm = this.#joiner.join(bytes).buffer;
    this.#playback?.postMessage({ type: 'audio', replyId: id, pcm }, [pcm]);
  }

  /**
   * @param {Extract<ServerMessage, {type: 'reply-done'}>} message
   * @returns {number} how much of that reply has arrived, in milliseconds
   */
  finishReply({ replyId, interrupted }) {
    const id = this.#gate.finish(replyId);
    if (id === null) return 0;
    const receivedMs = (this.#receivedBytes.get(id) ?? 0) / BYTES_PER_MS;
    this.#receivedBytes.delete(id);
    this.#joiner.reset();
    this.#playback?.postMessage({
      type: interrupted ? 'cut' : 'end',
      replyId: id,
    });
    return receivedMs;
  }

  /** Stop the agent's sound at once: its socket is gone, or the user ends the call. */
  silence() {
    this.#gate.reset();
    this.#receivedBytes.clear();
    this.#joiner.reset();
    this.#playback?.postMessage({ type: 'cut-all' });
  }

  /** @param {{pcm: ArrayBuffer, level: number}} frame */
  #captured({ pcm, level }) {
    const heardLevel = this.#muted ? 0 : level;
    if (this.#muted) new Uint8Array(pcm).fill(0); // silence at pace: the service's turn detection needs it
    this.#uplink.push({
      pcm,
      durationMs: pcm.byteLength / BYTES_PER_MS,
      level: heardLevel,
    });
    this.sendWaiting();
    this.#showLevels({ microphone: perceivedLevel(heardLevel) });
  }

  /** @param {import('./audio/playback-queue.js').PlaybackReport} report */
  #heard({ sounding, level, bufferedMs, underruns }) {
    // Replies begin with silence and preambles are silent throughout: only sound counts as speaking.
    const agent = sounding === null ? 0 : perceivedLevel(level);
    this.#setSpeaking({
      agent: sounding !== null && (agent > 0 || this.#speaking.agent),
    });
    this.#showLevels({ agent });
    this.#emit({ type: 'debug', kind: 'playback', bufferedMs, underruns });
  }

  /** @param {Partial<{user: boolean, agent: boolean}>} change */
  #setSpeaking(change) {
    const speaking = { ...this.#speaking, ...change };
    if (speaking.user === this.#speaking.user && speaking.agent === this.#speaking.agent) return;
    this.#speaking = speaking;
    this.#emit({ type: 'speaking', ...speaking });
  }

  /** @param {Partial<{microphone: number, agent: number}>} change */
  #showLevels(change) {
    this.#levels = { ...this.#levels, ...change };
    const nowMs = this.#environment.nowMs();
    if (nowMs - this.#levelsAtMs < LEVEL_INTERVAL_MS) return;
    this.#levelsAtMs = nowMs;
    this.#emit({ type: 'level', ...this.#levels });
  }
}
