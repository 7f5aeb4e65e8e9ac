// The way of the agent's replies from the wire to the playback worklet's port, and of what was really heard back.

import { fromBase64 } from '../connection/base64.js';
import { SampleJoiner, WIRE_BYTES_PER_MS } from '../../worklets/dsp/pcm.js';
import { Ducking, ReplyGate } from './barge-in.js';

/** Sound that is kept of one reply until it was heard; as much as the playback queue takes. */
const MAX_KEPT_BYTES = 120_000 * WIRE_BYTES_PER_MS;

/** About −50 dB below full scale: a sample of a word, not of the silence before the first one. */
const WORD_SAMPLE = 100;

/**
 * @typedef {import('../connection/protocol.js').ServerMessage} ServerMessage
 *
 * How much of a reply has been heard.
 * @typedef {object} Heard
 * @property {string} replyId
 * @property {number} positionMs of its content
 * @property {boolean} done the reply is over; said once
 * @property {boolean} flushed the rest of it will never be heard
 *
 * @typedef {object} Reply one that is not over for the ear
 * @property {ArrayBuffer[]} chunks samples that were not heard yet
 * @property {number} chunksAtMs place of the first of them in the reply
 * @property {number} keptBytes
 * @property {number} receivedBytes of sound, until the service is done with it
 * @property {number | null} onsetMs where in it the first word begins; null while only silence has come
 * @property {number} heardMs
 * @property {number} portAtMs place in the reply from which on the present port has got it
 * @property {'open' | 'ended' | 'flushed'} state
 *
 * @typedef {object} SpeakerLinkOptions
 * @property {import('../ports.js').Environment} environment
 * @property {import('../telemetry/stats.js').SessionStats} stats
 * @property {(isSounding: boolean, level: number) => void} onSound about 15 times a second while there is any
 * @property {(levels: Float32Array, endMs: number) => void} onLevels what was played, in hundredths of a second
 * @property {(heard: Heard, onsetMs: number | null) => void} onHeard `onsetMs`: where in that reply the first word begins
 */

export class SpeakerLink {
  #options;
  #ducking;
  /** @type {MessagePort | null} */
  #port = null;
  #gate = new ReplyGate();
  #joiner = new SampleJoiner();
  /** @type {Map<string, Reply>} oldest first */
  #replies = new Map();
  #isSounding = false;

  /** Whether nothing is heard in this call, and what the agent says counts as said. */
  isSilent = false;

  /** @param {SpeakerLinkOptions} options */
  constructor(options) {
    this.#options = options;
    this.#ducking = new Ducking(options.environment, (on) =>
      this.#port?.postMessage({ type: 'duck', on }),
    );
  }

  /** Whether the service is in the middle of a reply, heard or not. */
  get isReplying() {
    return this.#gate.isReplying;
  }

  /** Whether a reply is being heard, or held to be heard. */
  get isSounding() {
    return this.#isSounding;
  }

  /**
   * What was not heard yet is heard from this port: a reply goes on when the audio system is built anew.
   * @param {MessagePort | null} port takes PlaybackCommand, gives PlaybackReport; null when the call is over
   */
  attach(port) {
    this.#ducking.end();
    this.#port?.close();
    this.#port = port;
    this.#isSounding = false;
    if (port) port.onmessage = ({ data }) => this.#read(data);
    for (const [replyId, reply] of this.#replies) {
      if (port && reply.state !== 'flushed') this.#resend(port, replyId, reply);
      else this.#finished({ replyId, heardMs: reply.heardMs, flushed: true }, reply);
    }
  }

  /** @param {MessagePort} port @param {string} replyId @param {Reply} reply */
  #resend(port, replyId, reply) {
    const skippedSamples = Math.round(((reply.heardMs - reply.chunksAtMs) * WIRE_BYTES_PER_MS) / 2);
    reply.portAtMs = reply.heardMs;
    for (const [at, chunk] of reply.chunks.entries()) {
      const pcm = chunk.slice(at === 0 ? skippedSamples * 2 : 0);
      port.postMessage({ type: 'audio', replyId, pcm }, [pcm]);
    }
    if (reply.state === 'ended') port.postMessage({ type: 'end', replyId });
  }

  /** @param {string} replyId */
  start(replyId) {
    this.#gate.start(replyId);
  }

  /** @param {string} replyId of one that must never be heard */
  refuse(replyId) {
    this.#gate.finish(replyId);
  }

  /** @param {Extract<ServerMessage, {type: 'reply-audio'}>} message */
  play({ replyId, data }) {
    const id = this.#gate.admit(replyId);
    const bytes = id === null ? null : fromBase64(data);
    if (id === null || bytes === null) return;
    const reply = this.#replies.get(id) ?? newReply();
    this.#replies.set(id, reply);
    const receivedMs = reply.receivedBytes / WIRE_BYTES_PER_MS;
    reply.receivedBytes += bytes.length;
    if (this.isSilent) return;
    const pcm = this.#joiner.join(bytes).buffer;
    reply.onsetMs ??= onsetIn(pcm, receivedMs);
    if (reply.keptBytes < MAX_KEPT_BYTES) {
      reply.keptBytes += pcm.byteLength;
      reply.chunks.push(pcm.slice());
    }
    this.#port?.postMessage({ type: 'audio', replyId: id, pcm }, [pcm]);
  }

  /**
   * @param {Extract<ServerMessage, {type: 'reply-done'}>} message
   * @returns {number} how much of that reply has arrived, in milliseconds
   */
  finish({ replyId, interrupted }) {
    const id = this.#gate.finish(replyId);
    if (id === null) return 0;
    const reply = this.#replies.get(id);
    const receivedMs = (reply?.receivedBytes ?? 0) / WIRE_BYTES_PER_MS;
    if (reply) {
      reply.receivedBytes = 0;
      reply.state = interrupted ? 'flushed' : 'ended';
    }
    if (this.isSilent) this.#replies.delete(id);
    this.#joiner.reset();
    this.#port?.postMessage({ type: interrupted ? 'flush' : 'end', replyId: id });
    this.#ducking.end();
    return receivedMs;
  }

  /** The user makes a sound: speak more quietly until it is known what it means. */
  duck() {
    if (this.#isSounding) this.#ducking.begin();
  }

  unduck() {
    this.#ducking.end();
  }

  /** Stop at once: the replies' session is gone, or the user ends the call. */
  silence() {
    this.#gate.reset();
    for (const reply of this.#replies.values())
      Object.assign(reply, { receivedBytes: 0, state: 'flushed' });
    this.#joiner.reset();
    this.#port?.postMessage({ type: 'flush-all' });
    this.#ducking.end();
  }

  /** @param {import('../../worklets/jitter-buffer/playback-queue.js').PlaybackReport} report */
  #read({ sounding, level, levels, levelsEndMs, position, finished, ...playback }) {
    const { stats, onHeard, onLevels, onSound } = this.#options;
    onLevels(levels, levelsEndMs);
    this.#isSounding = sounding !== null;
    const reply = position && this.#replies.get(position.replyId); // none once it is finished
    if (reply && reply.heardMs !== reply.portAtMs + position.ms) {
      reply.heardMs = reply.portAtMs + position.ms;
      forgetHeard(reply);
      const positionMs = Math.round(reply.heardMs);
      const { replyId } = position;
      onHeard({ replyId, positionMs, done: false, flushed: false }, reply.onsetMs);
    }
    for (const { replyId, heardMs, flushed } of finished) {
      const over = this.#replies.get(replyId);
      this.#finished({ replyId, heardMs: (over?.portAtMs ?? 0) + heardMs, flushed }, over);
    }
    onSound(this.#isSounding, level);
    const count = playback.underruns - stats.playback.underruns;
    if (count > 0) stats.log.note('trouble', 'underrun', { count });
    stats.playback = playback;
    stats.offer();
  }

  /**
   * @param {{replyId: string, heardMs: number, flushed: boolean}} told
   * @param {Reply | undefined} reply none where it is over already, or nothing came of it
   */
  #finished({ replyId, heardMs, flushed }, reply) {
    if (!reply) return;
    this.#replies.delete(replyId);
    const heard = { replyId, positionMs: Math.round(heardMs), done: true, flushed };
    this.#options.onHeard(heard, reply.onsetMs);
  }
}

/** @returns {Reply} */
const newReply = () => ({
  chunks: [],
  chunksAtMs: 0,
  keptBytes: 0,
  receivedBytes: 0,
  onsetMs: null,
  heardMs: 0,
  portAtMs: 0,
  state: 'open',
});

/** @param {Reply} reply whose chunks are dropped as far as they were heard to the end */
function forgetHeard(reply) {
  const { chunks } = reply;
  while (chunks.length > 0) {
    const endMs = reply.chunksAtMs + chunks[0].byteLength / WIRE_BYTES_PER_MS;
    if (endMs > reply.heardMs) return;
    reply.chunksAtMs = endMs;
    reply.keptBytes -= chunks[0].byteLength;
    chunks.shift();
  }
}

/** @param {ArrayBuffer} pcm @param {number} atMs its place in the reply @returns {number | null} place of its first word */
function onsetIn(pcm, atMs) {
  const first = new Int16Array(pcm).findIndex((sample) => Math.abs(sample) >= WORD_SAMPLE);
  return first === -1 ? null : atMs + (first * 2) / WIRE_BYTES_PER_MS;
}
