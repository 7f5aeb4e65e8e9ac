// The way of the agent's replies from the wire to the playback worklet's port, and of what was really heard back.

import { fromBase64 } from '../connection/base64.js';
import { SampleJoiner, WIRE_BYTES_PER_MS } from '../../worklets/dsp/pcm.js';
import { Ducking, ReplyGate } from './barge-in.js';

/** Sound that is kept of one reply until it was heard: as much as the playback queue takes, and what was heard of late. */
const MAX_KEPT_BYTES = 130_000 * WIRE_BYTES_PER_MS;

/** About −50 dB below full scale: a sample of a word, not of the silence before the first one. */
const WORD_SAMPLE = 100;

/** Of what was heard so much is kept: after a hold the sentence that was cut is said from its beginning. */
const HISTORY_MS = 10_000;

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
 * @property {string} portId its name on the port: another one after each hold, as a port takes nothing of a reply that it
 *   has flushed
 * @property {boolean} wasOnHold the service, which speaks at its own pace, may be done with it long before it is heard
 * @property {ArrayBuffer[]} chunks samples that were not heard yet, and the latest that were
 * @property {number} chunksAtMs place of the first of them in the reply
 * @property {number} keptBytes
 * @property {number} receivedBytes of sound, until the service is done with it
 * @property {number | null} onsetMs where in it the first word begins; null while only silence has come
 * @property {number} saidMs place in it that was reported last
 * @property {number} heardMs
 * @property {number} portAtMs place in the reply from which on the present port has got it
 * @property {'open' | 'ended' | 'flushed'} state
 *
 * @typedef {object} SpeakerLinkOptions
 * @property {import('../ports.js').Environment} environment
 * @property {import('../telemetry/stats.js').SessionStats} stats
 * @property {(isSounding: boolean, level: number) => void} onSound about 15 times a second while there is any
 * @property {(levels: Float32Array, endMs: number) => void} onLevels what was played, in hundredths of a second
 * @property {(replyId: string, heardMs: number) => number} sentenceAt where in a reply's sound the sentence begins that is
 *   said at a place of it
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
  #isOnHold = false;
  #holds = 0;

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
      if (!port || reply.state === 'flushed') this.#drop(replyId, reply);
      else if (!this.#isOnHold) this.#resend(port, reply, reply.heardMs);
    }
  }

  /**
   * Stop at the word and keep what comes, or go on with the sentence that was cut.
   * @param {boolean} isOnHold
   */
  hold(isOnHold) {
    if (isOnHold === this.#isOnHold) return;
    this.#isOnHold = isOnHold;
    this.#ducking.end();
    if (isOnHold) {
      this.#holds += 1;
      this.#port?.postMessage({ type: 'flush-all' });
      return;
    }
    for (const [replyId, reply] of this.#replies) {
      reply.portId = this.#nameOf(replyId);
      reply.wasOnHold = true;
      const fromMs = this.#options.sentenceAt(replyId, reply.heardMs);
      if (this.#port) this.#resend(this.#port, reply, Math.min(fromMs, reply.heardMs));
    }
  }

  /** @param {MessagePort} port @param {Reply} reply @param {number} fromMs place in it, as far back as it is kept */
  #resend(port, reply, fromMs) {
    reply.portAtMs = Math.max(fromMs, reply.chunksAtMs);
    const replyId = reply.portId;
    let skippedBytes =
      Math.round(((reply.portAtMs - reply.chunksAtMs) * WIRE_BYTES_PER_MS) / 2) * 2;
    for (const chunk of reply.chunks) {
      const pcm = chunk.slice(skippedBytes);
      skippedBytes = Math.max(0, skippedBytes - chunk.byteLength);
      if (pcm.byteLength > 0) port.postMessage({ type: 'audio', replyId, pcm }, [pcm]);
    }
    if (reply.state === 'ended') port.postMessage({ type: 'end', replyId });
  }

  /** @param {string} replyId */
  #nameOf(replyId) {
    return this.#holds === 0 ? replyId : `${replyId} after hold ${this.#holds}`;
  }

  /** @param {string} portId @returns {[replyId: string, reply: Reply] | undefined} none once it is over or has another name */
  #onPort(portId) {
    return [...this.#replies].find(([, reply]) => reply.portId === portId);
  }

  /** Nothing more of it will be heard. @param {string} replyId @param {Reply} reply */
  #drop(replyId, reply) {
    this.#finished({ replyId, heardMs: reply.heardMs, flushed: true }, reply);
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
    const reply = this.#replies.get(id) ?? newReply(this.#nameOf(id));
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
    if (!this.#isOnHold)
      this.#port?.postMessage({ type: 'audio', replyId: reply.portId, pcm }, [pcm]);
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
    const name = reply?.portId ?? this.#nameOf(id);
    if (!this.#isOnHold)
      this.#port?.postMessage({ type: interrupted ? 'flush' : 'end', replyId: name });
    else if (reply && interrupted) this.#drop(id, reply);
    this.#ducking.end();
    return receivedMs;
  }

  /** The user makes a sound: speak more quietly until it is known what it means. */
  duck() {
    if (this.#isSounding && !this.#yield()) this.#ducking.begin();
  }

  /** What the service has said already it cannot interrupt: a reply that a hold has delayed gives way by itself. */
  #yield() {
    const late = [...this.#replies.values()].filter(
      (reply) => reply.wasOnHold && reply.state === 'ended',
    );
    for (const reply of late) {
      reply.state = 'flushed';
      this.#port?.postMessage({ type: 'flush', replyId: reply.portId });
    }
    return late.length > 0;
  }

  unduck() {
    this.#ducking.end();
  }

  /** Stop at once: the replies' session is gone, or the user ends the call. */
  silence() {
    this.#gate.reset();
    for (const reply of this.#replies.values())
      Object.assign(reply, { receivedBytes: 0, state: 'flushed' });
    if (this.#isOnHold) for (const [id, reply] of this.#replies) this.#drop(id, reply);
    this.#joiner.reset();
    this.#port?.postMessage({ type: 'flush-all' });
    this.#ducking.end();
  }

  /** @param {import('../../worklets/jitter-buffer/playback-queue.js').PlaybackReport} report */
  #read({ sounding, level, levels, levelsEndMs, position, finished, ...playback }) {
    const { stats, onHeard, onLevels, onSound } = this.#options;
    onLevels(levels, levelsEndMs);
    this.#isSounding = sounding !== null;
    const [replyId, reply] = (position && this.#onPort(position.replyId)) ?? []; // none once it is finished
    const saidMs = reply && position ? reply.portAtMs + position.ms : 0;
    if (replyId !== undefined && reply && saidMs !== reply.saidMs) {
      reply.saidMs = saidMs;
      reply.heardMs = Math.max(reply.heardMs, saidMs); // a sentence that is said again was heard before
      forgetHeard(reply);
      const positionMs = Math.round(reply.heardMs);
      onHeard({ replyId, positionMs, done: false, flushed: false }, reply.onsetMs);
    }
    for (const { replyId: portId, heardMs, flushed } of finished) {
      const [id, over] = this.#onPort(portId) ?? [];
      if (id === undefined || !over) continue;
      over.heardMs = Math.max(over.heardMs, over.portAtMs + heardMs);
      const goesOn = this.#isOnHold && flushed && over.state !== 'flushed';
      if (!goesOn) this.#finished({ replyId: id, heardMs: over.heardMs, flushed }, over);
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

/** @param {string} portId @returns {Reply} */
const newReply = (portId) => ({
  portId,
  wasOnHold: false,
  chunks: [],
  chunksAtMs: 0,
  keptBytes: 0,
  receivedBytes: 0,
  onsetMs: null,
  saidMs: 0,
  heardMs: 0,
  portAtMs: 0,
  state: 'open',
});

/** @param {Reply} reply whose chunks are dropped as far as they were heard to the end a while ago */
function forgetHeard(reply) {
  const { chunks } = reply;
  while (chunks.length > 0) {
    const endMs = reply.chunksAtMs + chunks[0].byteLength / WIRE_BYTES_PER_MS;
    if (endMs > reply.heardMs - HISTORY_MS) return;
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
