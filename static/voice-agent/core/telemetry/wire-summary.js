// What may be written down of a message: its name, its size, codes and ids. Words, prompts, arguments and tokens are
// in none of these fields, so that a log of summaries can be shown to anybody. Pure.

import { encodeAudio } from '../connection/protocol.js';

/** Base64 of a millisecond of the wire's sound: 24 000 samples a second of two bytes each, four signs for three. */
const SIGNS_PER_MS = 64;

const AUDIO_FRAME_SIGNS = encodeAudio('').length;

/** A name that a new version of the service might give a message; anything else is not repeated. */
const PLAUSIBLE_NAME = /^[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*){1,3}$/;

/** Kinds of messages that are counted apart; a service that invents names does not fill the memory. */
const MAX_NAMES = 40;

/**
 * @typedef {import('../connection/protocol.js').ServerMessage} ServerMessage
 * @typedef {'conversation' | 'connection' | 'tools' | 'trouble'} Group
 *
 * @typedef {object} Summary
 * @property {string} name of the message on the wire
 * @property {Group} group what it is about
 * @property {boolean} [isStream] one of many that say nothing alone
 * @property {number} [soundMs]
 * @property {Record<string, unknown>} [detail]
 *
 * @typedef {object} Flow one way of the wire
 * @property {number} messages
 * @property {number} bytes of wire text
 * @property {Record<string, number>} byName messages of each name
 *
 * @typedef {{sent: Flow, received: Flow}} TrafficStats
 */

const conversation = about('conversation');
const connection = about('connection');
const trouble = about('trouble');
const tools = about('tools');

/**
 * By the name that `decode` gives a message. A field that is not named here is not written down.
 * @type {{[Type in ServerMessage['type']]: (message: Extract<ServerMessage, {type: Type}>) => Summary}}
 */
const RECEIVED = {
  'ready': ({ sessionId }) => connection('session.ready', { sessionId }),
  'updated': () => connection('session.updated'),
  'ended': ({ durationSeconds: seconds }) => connection('session.ended', { seconds }),
  'error': ({ code, param }) => trouble('session.error', { code, param }),
  'speech-started': () => conversation('input.speech.started'),
  'speech-stopped': () => conversation('input.speech.stopped'),
  'user-text': ({ final, text: { length: characters } }) =>
    final
      ? conversation('transcript.user', { characters })
      : { ...conversation('transcript.user.delta'), isStream: true },
  'reply-started': ({ replyId }) => conversation('reply.started', { replyId }),
  'reply-audio': ({ data }) => ({
    ...conversation('reply.audio'),
    isStream: true,
    soundMs: data.length / SIGNS_PER_MS,
  }),
  'reply-word': () => ({ ...conversation('transcript.agent.delta'), isStream: true }),
  'reply-text': ({ replyId, interrupted, text: { length: characters } }) =>
    conversation('transcript.agent', { replyId, interrupted, characters }),
  'reply-error': ({ replyId, code }) => trouble('reply.error', { replyId, code }),
  'reply-done': ({ replyId, interrupted }) => conversation('reply.done', { replyId, interrupted }),
  'tool-call': () => tools('tool.call'),
  'ignored': ({ name }) => conversation(PLAUSIBLE_NAME.test(name) ? name : 'unknown'),
};

/**
 * @param {string} text an encoded message; `encode` writes its type first
 * @returns {Summary}
 */
function summarizeSent(text) {
  const name = /^\{"type":"([a-z.]+)"/.exec(text)?.[1] ?? 'unknown';
  if (name === 'input.audio') {
    const soundMs = (text.length - AUDIO_FRAME_SIGNS) / SIGNS_PER_MS;
    return { ...conversation(name), isStream: true, soundMs };
  }
  if (name.startsWith('tool.')) return tools(name);
  return name.startsWith('session.') ? connection(name) : conversation(name);
}

/** @param {Group} group @returns {(name: string, detail?: Record<string, unknown>) => Summary} */
function about(group) {
  return (name, detail) => ({ name, group, detail });
}

/** Counts what goes over the wire, both ways, and has it written down. */
export class Traffic {
  #log;
  flows = noFlows();

  /** @param {import('./event-log.js').EventLog} log */
  constructor(log) {
    this.#log = log;
  }

  reset() {
    this.flows = noFlows();
  }

  /** @param {string} text an encoded message that went out */
  sent(text) {
    const summary = summarizeSent(text);
    count(this.flows.sent, summary.name, text.length);
    this.#log.write('out', summary, text.length);
  }

  /** @param {ServerMessage} message @param {unknown} data as it came */
  received(message, data) {
    const bytes = typeof data === 'string' ? data.length : 0;
    const summarize = /** @type {(message: ServerMessage) => Summary} */ (RECEIVED[message.type]);
    const summary = summarize(message);
    count(this.flows.received, summary.name, bytes);
    this.#log.write('in', summary, bytes);
  }
}

/** @returns {TrafficStats} */
const noFlows = () => ({
  sent: { messages: 0, bytes: 0, byName: {} },
  received: { messages: 0, bytes: 0, byName: {} },
});

/** @param {Flow} flow @param {string} name @param {number} bytes */
function count(flow, name, bytes) {
  flow.messages += 1;
  flow.bytes += bytes;
  const { byName } = flow;
  const isRoom = name in byName || Object.keys(byName).length < MAX_NAMES;
  const place = isRoom ? name : 'unknown';
  byName[place] = (byName[place] ?? 0) + 1;
}
