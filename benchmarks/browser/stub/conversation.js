// One WebSocket at the stub: the opening of a session, and what arrived on it.

import { readNumbers } from '../probe/number-code.js';

/** @typedef {import('../probe/number-code.js').Range} Range */

/**
 * One input.audio as it arrived.
 * @typedef {object} Frame
 * @property {number} atMs wall clock
 * @property {number} bytes length of its JSON
 * @property {number} samples
 * @property {Range[]} ranges which samples of which microphone are in it
 */

/**
 * @typedef {object} SocketLog
 * @property {number | null} readyAtMs when session.ready was sent
 * @property {Frame[]} frames those that arrived after session.ready; earlier ones are dropped, as documented
 */

export class Conversation {
  #socket;
  #readyMs;
  #onReady;
  #hasOpened = false;
  /** @type {number | null} */
  #readyAtMs = null;
  /** @type {{atMs: number, text: string}[]} read only when they are asked for: arrival must not wait */
  #arrived = [];

  /**
   * @param {import('ws').WebSocket} socket
   * @param {number} readyMs from the first message to session.ready
   * @param {(atMs: number, conversation: Conversation) => void} onReady
   */
  constructor(socket, readyMs, onReady) {
    this.#socket = socket;
    this.#readyMs = readyMs;
    this.#onReady = onReady;
    socket.on('message', (data) => this.#receive(Date.now(), data.toString()));
    socket.on('error', () => {}); // the resets are our own
  }

  get socket() {
    return this.#socket;
  }

  /** @param {object} message */
  send(message) {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** @returns {SocketLog} */
  log() {
    const readyAtMs = this.#readyAtMs;
    const frames = this.#arrived
      .filter(({ atMs }) => readyAtMs !== null && atMs >= readyAtMs)
      .map(readFrame);
    return { readyAtMs, frames };
  }

  /**
   * @param {number} atMs
   * @param {string} text
   */
  #receive(atMs, text) {
    if (text.includes('"input.audio"')) return void this.#arrived.push({ atMs, text });
    const message = JSON.parse(text);
    if (message.type === 'session.end') return this.#end();
    const isOpening = message.type === 'session.update' || message.type === 'session.resume';
    if (!isOpening) return;
    if (!this.#hasOpened) {
      this.#hasOpened = true;
      setTimeout(() => this.#ready(message.session_id ?? 'sess_1'), this.#readyMs);
    } else this.send({ type: 'session.updated', config: {} });
  }

  /** @param {string} sessionId */
  #ready(sessionId) {
    const expiresAt = Math.floor(Date.now() / 1000) + 3_595;
    this.send({ type: 'session.updated', config: {} });
    this.send({
      type: 'session.ready',
      session_id: sessionId,
      expires_at: expiresAt,
      config: {},
    });
    this.#readyAtMs = Date.now();
    this.#onReady(this.#readyAtMs, this);
  }

  #end() {
    this.send({ type: 'session.ended', session_duration_seconds: 1 });
    this.#socket.close(1000);
  }
}

/**
 * @param {{atMs: number, text: string}} arrived
 * @returns {Frame}
 */
function readFrame({ atMs, text }) {
  const bytes = Buffer.from(JSON.parse(text).audio, 'base64');
  const samples = new Int16Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  );
  return { atMs, bytes: text.length, samples: samples.length, ranges: readNumbers(samples) };
}
