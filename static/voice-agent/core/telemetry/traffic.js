// Counts what goes over the wire, both ways, and has it written down. Part of the session core: any thread.

import { summarizeReceived, summarizeSent } from './wire-summary.js';

/** Kinds of messages that are counted apart; a service that invents names does not fill the memory. */
const MAX_NAMES = 40;

/**
 * @typedef {object} Flow one way of the wire
 * @property {number} messages
 * @property {number} bytes of wire text
 * @property {Record<string, number>} byName messages of each name
 *
 * @typedef {{sent: Flow, received: Flow}} TrafficStats
 */

export class Traffic {
  #log;
  #sent = noFlow();
  #received = noFlow();

  /** @param {import('./event-log.js').EventLog} log */
  constructor(log) {
    this.#log = log;
  }

  reset() {
    this.#sent = noFlow();
    this.#received = noFlow();
  }

  /** @param {string} text an encoded message that went out */
  sent(text) {
    const summary = summarizeSent(text);
    count(this.#sent, summary.name, text.length);
    this.#log.write('out', summary, text.length);
  }

  /**
   * @param {import('../connection/protocol.js').ServerMessage} message
   * @param {unknown} data as it came
   */
  received(message, data) {
    const bytes = typeof data === 'string' ? data.length : 0;
    const summary = summarizeReceived(message);
    count(this.#received, summary.name, bytes);
    this.#log.write('in', summary, bytes);
  }

  /** @returns {TrafficStats} a copy */
  get copy() {
    return { sent: copyOf(this.#sent), received: copyOf(this.#received) };
  }
}

/** @param {Flow} flow @param {string} name @param {number} bytes */
function count(flow, name, bytes) {
  flow.messages += 1;
  flow.bytes += bytes;
  const { byName } = flow;
  const isRoom = name in byName || Object.keys(byName).length < MAX_NAMES;
  const place = isRoom ? name : 'unknown';
  byName[place] = (byName[place] ?? 0) + 1;
}

/** @param {Flow} flow */
function copyOf({ byName, ...flow }) {
  return { ...flow, byName: { ...byName } };
}

/** @returns {Flow} */
function noFlow() {
  return { messages: 0, bytes: 0, byName: {} };
}
