// The words of a call: transcript, typed messages and tool calls.
// Part of the session core: no DOM, no Web Audio, any thread.

import { encode } from './protocol.js';
import { RESULT_PATIENCE_MS, ToolCalls } from './tools.js';
import { Transcript } from './transcript.js';

/** @typedef {import('./protocol.js').ServerMessage} ServerMessage */

export class Conversation {
  #environment;
  #emit;
  #line;
  #transcript = new Transcript();
  #tools = new ToolCalls();
  /** @type {Set<string>} tools that the service runs by itself */
  #httpTools = new Set();
  /** @type {string[]} typed words that wait for their moment */
  #typed = [];

  /**
   * @param {object} options
   * @param {import('./environment.js').Environment} options.environment
   * @param {(event: import('./session.js').SessionEvent) => void} options.emit
   * @param {import('./session.js').Line} options.line
   */
  constructor({ environment, emit, line }) {
    this.#environment = environment;
    this.#emit = emit;
    this.#line = line;
  }

  /** The conversation so far. */
  get turns() {
    return this.#transcript.turns;
  }

  /** A new call begins. */
  reset() {
    this.#transcript = new Transcript();
    this.#tools.clear();
    this.#typed = [];
  }

  /** @param {string[]} httpTools */
  ready(httpTools) {
    this.#httpTools = new Set(httpTools);
  }

  /**
   * Write an event down, where it says something.
   * @param {ServerMessage} message
   * @param {number} [spokenMs] how much of the reply has arrived, for `reply-done`
   */
  apply(message, spokenMs) {
    this.#tools.observe(message);
    const turn = this.#transcript.apply(message, this.#environment.epochMs(), spokenMs);
    if (turn) this.#emit({ type: 'transcript', turn });
  }

  /** The socket is gone: what it left open stays as it is, and nobody waits for results any more. */
  settle() {
    this.#tools.clear();
    for (const turn of this.#transcript.settle()) this.#emit({ type: 'transcript', turn });
  }

  /** @param {string} text typed by the user */
  say(text) {
    const turn = this.#transcript.addTyped(text, this.#environment.epochMs());
    this.#emit({ type: 'transcript', turn });
    this.#typed.push(text);
  }

  /**
   * Hand typed words to the agent. Call it only between replies: what `reply.create` does in the middle
   * of one is undefined (three reports, three answers).
   */
  sendTyped() {
    if (this.#typed.length === 0) return;
    const quoted = this.#typed.map((text) => JSON.stringify(text)).join(' and then ');
    const instructions = `The user typed ${quoted} instead of speaking. Answer it as if it had been said.`;
    if (this.#line.send(encode({ type: 'reply.create', instructions }))) this.#typed = [];
  }

  /** @param {Extract<ServerMessage, {type: 'tool-call'}>} message */
  callTool({ callId, name, args }) {
    if (this.#httpTools.has(name)) return; // the service runs it itself and only tells us
    this.#tools.open(callId);
    this.#emit({ type: 'tool-call', callId, name, args });
  }

  /** @param {import('./tools.js').ToolResult} result */
  finishTool(result) {
    this.#tools.finish(result, this.#environment.nowMs());
    this.sendResults();
    if (this.#tools.hasWaiting)
      this.#environment.schedule(() => this.sendResults(), RESULT_PATIENCE_MS);
  }

  /** Send the results whose moment has come. */
  sendResults() {
    for (const result of this.#tools.takeDue(this.#environment.nowMs())) this.#line.send(result);
  }
}
