// Replies in the order in which they are to be heard. Pure; runs on the audio thread.

import { Arrivals } from './arrivals.js';

/** Replies that are over and remembered, so that what comes late of them is dropped. */
const REMEMBERED = 64;

/**
 * Samples of one reply that follow each other. A reply is one segment, but for the rare one whose chunks
 * come mixed with another's.
 * @typedef {object} Segment
 * @property {BufferedReply} reply
 * @property {number} length samples still to be heard
 * @property {number} passed samples that are behind
 */

/** What is known of a reply from its first chunk to its last sample heard. */
export class BufferedReply {
  id;
  arrivals;
  /** Place in its content, in samples: what is before it was heard, or left out to catch up. */
  place = 0;
  /** The furthest place so far: sound that is repeated leads back a little. */
  heard = 0;
  /** Complete. */
  ended = false;
  /** Must not sound any more. */
  flushed = false;
  ducked = false;
  hasSounded = false;
  /** Nothing was there to go on with, though it was not complete. */
  ranDry = false;

  /** @param {string} id @param {number} rateHz */
  constructor(id, rateHz) {
    this.id = id;
    this.arrivals = new Arrivals(rateHz);
  }

  /** @param {number} count samples of its content that are behind now; negative when they come again */
  pass(count) {
    this.place += count;
    this.heard = Math.max(this.heard, this.place);
  }
}

export class ReplyOrder {
  #rateHz;
  /** @type {Segment[]} */
  #segments = [];
  /** @type {Set<string>} replies that no more is taken of, oldest first */
  #closed = new Set();

  /** @param {number} rateHz */
  constructor(rateHz) {
    this.#rateHz = rateHz;
  }

  /** @returns {Segment | null} what is to be heard now, or next */
  get head() {
    return this.#segments.length > 0 ? this.#segments[0] : null;
  }

  /** Whether the reply at the head has all it will have: when another one follows it, no more will come. */
  get isHeadComplete() {
    return this.#segments.length > 1 || this.#segments[0].reply.ended;
  }

  /** @param {string} replyId */
  isClosed(replyId) {
    return this.#closed.has(replyId);
  }

  /** @param {string} replyId of one that no more is taken of */
  close(replyId) {
    this.#closed.add(replyId);
    const [oldest] = this.#closed;
    if (this.#closed.size > REMEMBERED) this.#closed.delete(oldest);
  }

  /**
   * @param {string} replyId
   * @returns {BufferedReply | null} null when nothing of it is to be heard
   */
  find(replyId) {
    for (const { reply } of this.#segments) if (reply.id === replyId) return reply;
    return null;
  }

  /** @param {(reply: BufferedReply) => void} visit once for each segment */
  forEach(visit) {
    for (const { reply } of this.#segments) visit(reply);
  }

  /**
   * The segment that the next samples of a reply belong to.
   * @param {string} replyId
   * @returns {Segment}
   */
  tail(replyId) {
    const last = this.#segments.at(-1);
    if (last?.reply.id === replyId) return last;
    const reply = this.find(replyId) ?? new BufferedReply(replyId, this.#rateHz);
    const segment = { reply, length: 0, passed: 0 };
    this.#segments.push(segment);
    return segment;
  }

  /** @returns {boolean} whether the reply is over with the segment at the head, which is left */
  advance() {
    const { reply } = this.#segments[0];
    this.#segments.shift();
    if (this.find(reply.id)) return false;
    this.close(reply.id);
    return true;
  }
}
