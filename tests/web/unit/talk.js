// A conversation with everything around it in the test's hands: the clock, the line, and what the page sees.

import { Conversation } from '../../../static/voice-agent/core/conversation/conversation.js';
import { decode } from '../../../static/voice-agent/core/connection/protocol.js';
import { violations } from './schema.js';

/** @typedef {import('../../../static/voice-agent/core/conversation/conversation.js').ConversationEvent} ConversationEvent */
/** @typedef {import('../../../static/voice-agent/core/ports.js').Environment} Environment */

/** Time that a test moves, and what is to happen in it. */
export class Clock {
  nowMs = 0;
  /** @type {{atMs: number, task: () => void}[]} */
  timers = [];

  /** @returns {Environment} without a network */
  get environment() {
    const none = () => {
      throw new Error('nothing here goes to the network');
    };
    return {
      fetch: none,
      openWebSocket: none,
      onForbidden: none,
      nowMs: () => this.nowMs,
      epochMs: () => 1_790_000_000_000 + this.nowMs,
      schedule: (task, delayMs) => {
        const timer = { atMs: this.nowMs + delayMs, task };
        this.timers.push(timer);
        return timer;
      },
      cancel: (timer) => {
        this.timers = this.timers.filter((other) => other !== timer);
      },
      random: () => 0.5,
    };
  }

  /** @param {number} ms */
  pass(ms) {
    const endMs = this.nowMs + ms;
    for (;;) {
      const [due] = this.timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
      if (!due) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.nowMs = due.atMs;
      due.task();
    }
    this.nowMs = endMs;
  }
}

/** @type {import('../../../static/voice-agent/core/conversation/tool-calls.js').ToolPolicy} */
export const POLICY = { onInterruption: 'drop', answer: 'after-reply' };

export class Talk {
  clock = new Clock();
  isOpen = true;
  /** @type {any[]} what went out, decoded */
  sent = [];
  /** @type {ConversationEvent[]} */
  events = [];

  /**
   * A live session.
   * @param {Record<string, import('../../../static/voice-agent/core/conversation/tool-calls.js').ToolPolicy>} [policies]
   * @param {readonly any[]} [turns]
   */
  constructor(policies = { f: POLICY }, turns = []) {
    this.conversation = new Conversation({
      environment: this.clock.environment,
      emit: (event) => this.events.push(event),
      line: { isOpen: () => this.isOpen, send: (text) => this.#send(text) },
    });
    this.conversation.reset(policies, turns);
    this.conversation.ready({ httpTools: [], recovery: null });
  }

  /** @returns {any[]} */
  get results() {
    return this.sent.filter(({ type }) => type === 'tool.result');
  }

  /** @returns {any[]} */
  get asked() {
    return this.sent.filter(({ type }) => type === 'reply.create');
  }

  /** Calls that the page was told to run. */
  get called() {
    return this.events.flatMap((event) => (event.type === 'tool-call' ? [event.callId] : []));
  }

  /** Calls whose runs the page was told to end. */
  get cancelled() {
    return this.events.flatMap((event) => (event.type === 'tool-cancel' ? [event.callId] : []));
  }

  /** @returns {any[]} every turn as it was shown last */
  get shown() {
    const turns = this.events.flatMap((event) => (event.type === 'transcript' ? [event.turn] : []));
    return [...new Map(turns.map((turn) => [turn.id, turn])).values()];
  }

  /**
   * The service says something.
   * @param {string} type
   * @param {object} [fields]
   * @param {number} [receivedMs] of sound, for `reply.done`
   */
  hear(type, fields = {}, receivedMs) {
    const message = decode(JSON.stringify({ type, ...fields }));
    if (message.type === 'tool-call') this.conversation.callTool(message);
    else this.conversation.apply(message, receivedMs);
  }

  /** @param {string} [id] */
  beginReply(id = 'r') {
    this.hear('reply.started', { reply_id: id });
  }

  /**
   * @param {string} [id]
   * @param {string} [status]
   */
  endReply(id = 'r', status = 'completed') {
    this.hear('reply.done', { reply_id: id, status });
  }

  /**
   * @param {string} callId
   * @param {string} [name]
   * @param {object} [args]
   */
  call(callId, name = 'f', args = {}) {
    this.hear('tool.call', { call_id: callId, name, arguments: args });
  }

  /**
   * The page's tool is done.
   * @param {string} callId
   * @param {unknown} [value]
   * @param {boolean} [isError]
   */
  finish(callId, value = { ok: true }, isError = false) {
    this.conversation.finishTool({ callId, value, isError });
  }

  /** The socket drops. */
  lose() {
    this.isOpen = false;
    this.conversation.lost();
  }

  /** @param {'resumed' | 'continued'} recovery */
  recover(recovery) {
    this.isOpen = true;
    this.conversation.ready({ httpTools: [], recovery });
  }

  /** @param {string} text */
  #send(text) {
    if (!this.isOpen) return false;
    const frame = JSON.parse(text);
    const wrong = violations('clientMessage', frame);
    if (wrong.length > 0) throw new Error(`${wrong.join(', ')} in ${text}`);
    this.sent.push(frame);
    return true;
  }
}
