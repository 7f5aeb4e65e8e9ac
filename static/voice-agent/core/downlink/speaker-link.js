// The way of the agent's replies from the wire to the playback worklet's port, and of what was really heard back.

import { fromBase64 } from '../connection/base64.js';
import { SampleJoiner, WIRE_BYTES_PER_MS } from '../../worklets/dsp/pcm.js';
import { Ducking, ReplyGate } from './barge-in.js';

/** What is kept while there is no port: a minute in the shortest chunks that were seen. */
const MAX_EARLY = 6_000;

/**
 * @typedef {import('../../worklets/jitter-buffer/playback-queue.js').PlaybackCommand} PlaybackCommand
 * @typedef {import('../connection/protocol.js').ServerMessage} ServerMessage
 *
 * How much of a reply has been heard.
 * @typedef {object} Heard
 * @property {string} replyId
 * @property {number} positionMs of its content
 * @property {boolean} done the reply is over; said once
 * @property {boolean} flushed the rest of it will never be heard
 *
 * @typedef {object} SpeakerLinkOptions
 * @property {import('../ports.js').Environment} environment
 * @property {import('../telemetry/stats.js').SessionStats} stats
 * @property {(isSounding: boolean, level: number) => void} onSound about 15 times a second while there is any
 * @property {(heard: Heard) => void} onHeard
 */

export class SpeakerLink {
  #options;
  #ducking;
  /** @type {MessagePort | null} */
  #port = null;
  /** @type {{command: PlaybackCommand, transfer: Transferable[]}[]} what came before there was a port */
  #early = [];
  #gate = new ReplyGate();
  #joiner = new SampleJoiner();
  /** @type {Map<string, number>} bytes of sound received for each reply under way */
  #receivedBytes = new Map();
  /** @type {Map<string, number>} what has been heard of each reply that the worklet has not finished, in ms */
  #heardMs = new Map();
  #isSounding = false;

  /** @param {SpeakerLinkOptions} options */
  constructor(options) {
    this.#options = options;
    this.#ducking = new Ducking(options.environment, (on) => this.#post({ type: 'duck', on }));
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
   * What came before the first port is heard from it: the greeting does not wait for a slow microphone.
   * @param {MessagePort | null} port takes PlaybackCommand, gives PlaybackReport; null when the call is over
   */
  attach(port) {
    this.#ducking.end();
    if (this.#port || !port)
      for (const [replyId, heardMs] of this.#heardMs)
        this.#finished({ replyId, heardMs, flushed: true }); // nothing more will be heard of it
    this.#port?.close();
    this.#port = port;
    this.#isSounding = false;
    const early = this.#early.splice(0);
    if (!port) return;
    port.onmessage = ({ data }) => this.#read(data);
    for (const { command, transfer } of early) this.#post(command, transfer);
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
    this.#receivedBytes.set(id, (this.#receivedBytes.get(id) ?? 0) + bytes.length);
    if (!this.#heardMs.has(id)) this.#heardMs.set(id, 0);
    const pcm = this.#joiner.join(bytes).buffer;
    this.#post({ type: 'audio', replyId: id, pcm }, [pcm]);
  }

  /**
   * @param {Extract<ServerMessage, {type: 'reply-done'}>} message
   * @returns {number} how much of that reply has arrived, in milliseconds
   */
  finish({ replyId, interrupted }) {
    const id = this.#gate.finish(replyId);
    if (id === null) return 0;
    const receivedMs = (this.#receivedBytes.get(id) ?? 0) / WIRE_BYTES_PER_MS;
    this.#receivedBytes.delete(id);
    this.#joiner.reset();
    this.#post({ type: interrupted ? 'flush' : 'end', replyId: id });
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
    this.#receivedBytes.clear();
    this.#joiner.reset();
    this.#post({ type: 'flush-all' });
    this.#ducking.end();
  }

  /** @param {PlaybackCommand} command @param {Transferable[]} [transfer] */
  #post(command, transfer = []) {
    if (this.#port) this.#port.postMessage(command, transfer);
    else if (this.#early.length < MAX_EARLY) this.#early.push({ command, transfer });
  }

  /** @param {import('../../worklets/jitter-buffer/playback-queue.js').PlaybackReport} report */
  #read({ sounding, level, position, finished, ...playback }) {
    const { stats, onHeard, onSound } = this.#options;
    this.#isSounding = sounding !== null;
    const known = position && this.#heardMs.get(position.replyId); // unknown once it is finished
    if (position && known !== undefined && known !== position.ms) {
      const { replyId, ms } = position;
      this.#heardMs.set(replyId, ms);
      onHeard({ replyId, positionMs: Math.round(ms), done: false, flushed: false });
    }
    for (const reply of finished) this.#finished(reply);
    onSound(this.#isSounding, level);
    const count = playback.underruns - stats.playback.underruns;
    if (count > 0) stats.log.note('trouble', 'underrun', { count });
    stats.playback = playback;
    stats.offer();
  }

  /** @param {{replyId: string, heardMs: number, flushed: boolean}} reply */
  #finished({ replyId, heardMs, flushed }) {
    if (!this.#heardMs.delete(replyId)) return;
    this.#options.onHeard({ replyId, positionMs: Math.round(heardMs), done: true, flushed });
  }
}
