// Tool calls under way, and when their results may be sent. Pure; any thread.

import { encode } from './protocol.js';

/**
 * The documented rule: a result goes out when `reply.done` is the latest of `reply.started`,
 * `reply.done` and `input.speech.started`. Source: documents, "client-side-tools".
 * On the wire of March 2026 one reply spanned call and answer and no `reply.done` came between, so a
 * result that has waited this long goes out all the same.
 */
export const RESULT_PATIENCE_MS = 4_000;

/**
 * @typedef {object} ToolResult
 * @property {string} callId
 * @property {unknown} value sent as JSON text
 * @property {boolean} isError
 */

export class ToolCalls {
  /** @type {Set<string>} called, not answered yet */
  #open = new Set();
  /** @type {{result: ToolResult, atMs: number}[]} */
  #waiting = [];
  #mayAnswer = false;

  /**
   * Note an event that decides when results may go out.
   * @param {import('./protocol.js').ServerMessage} message
   */
  observe(message) {
    if (message.type === 'reply-started' || message.type === 'speech-started')
      this.#mayAnswer = false;
    if (message.type !== 'reply-done') return;
    this.#mayAnswer = true;
    if (message.interrupted) this.clear(); // the user moved on: nobody waits for these answers
  }

  /** @param {string} callId */
  open(callId) {
    this.#open.add(callId);
  }

  /** A new socket, or an interruption: results of earlier calls go nowhere. */
  clear() {
    this.#open.clear();
    this.#waiting = [];
  }

  /**
   * @param {ToolResult} result
   * @param {number} nowMs
   */
  finish(result, nowMs) {
    if (this.#open.delete(result.callId)) this.#waiting.push({ result, atMs: nowMs });
  }

  /** Whether a result is waiting for its moment. */
  get hasWaiting() {
    return this.#waiting.length > 0;
  }

  /**
   * The results that may go out now, as encoded messages.
   * @param {number} nowMs
   * @returns {string[]}
   */
  takeDue(nowMs) {
    const isDue = ({ atMs = 0 }) => this.#mayAnswer || nowMs - atMs >= RESULT_PATIENCE_MS;
    const due = this.#waiting.filter(isDue);
    this.#waiting = this.#waiting.filter((entry) => !due.includes(entry));
    return due.map(({ result }) => encodeResult(result));
  }
}

/** @param {ToolResult} result */
function encodeResult({ callId, value, isError }) {
  const result = JSON.stringify(value ?? null);
  return encode({
    type: 'tool.result',
    call_id: callId,
    result,
    is_error: isError,
  });
}
