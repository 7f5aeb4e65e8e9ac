// The agent's wire: what is sent, written strictly; what arrives, read tolerantly. Pure; any thread.
// Wire names are kept here and translated nowhere else.

/**
 * @typedef {Record<string, unknown>} SessionConfig the `session` object of session.update, wire names kept
 *
 * @typedef {{type: 'session.update', session: SessionConfig}
 *   | {type: 'session.resume', session_id: string}
 *   | {type: 'session.end'}
 *   | {type: 'reply.create', instructions?: string}
 *   | {type: 'tool.result', call_id: string, result: string, is_error: boolean}} ClientMessage
 *
 * @typedef {{type: 'ready', sessionId: string | null, expiresAtEpochSeconds: number | null, httpTools: string[]}
 *   | {type: 'error', code: string, text: string, param: string | null}
 *   | {type: 'ended', durationSeconds: number | null}
 *   | {type: 'speech-started'} | {type: 'speech-stopped'}
 *   | {type: 'user-text', itemId: string, text: string, final: boolean}
 *   | {type: 'reply-started', replyId: string}
 *   | {type: 'reply-audio', replyId: string | null, data: string}
 *   | {type: 'reply-word', replyId: string, word: string, startMs: number | null}
 *   | {type: 'reply-text', replyId: string, text: string, interrupted: boolean}
 *   | {type: 'reply-done', replyId: string | null, interrupted: boolean}
 *   | {type: 'tool-call', callId: string, name: string, args: Record<string, unknown>}
 *   | {type: 'ignored', name: string}} ServerMessage
 */

/**
 * @param {ClientMessage} message
 * @returns {string}
 */
export function encode(message) {
  return JSON.stringify(message);
}

/**
 * The one message that is sent fifty times a second; base64 needs no escaping.
 * @param {string} base64 PCM, 16-bit little-endian, mono, 24 kHz
 * @returns {string}
 */
export function encodeAudio(base64) {
  return `{"type":"input.audio","audio":"${base64}"}`;
}

/**
 * Read one frame. Anything that is not understood comes back as `ignored`, never as an exception:
 * the wire gains events without notice.
 * @param {unknown} data
 * @returns {ServerMessage}
 */
export function decode(data) {
  const frame = parse(data);
  if (frame === null) return { type: 'ignored', name: 'unreadable' };
  const name = string(frame.type) ?? (string(frame.code) !== null ? 'error' : 'untyped');
  const read = Object.hasOwn(READERS, name) ? READERS[name] : null;
  return read?.(frame) ?? { type: 'ignored', name };
}

/** @typedef {Record<string, any>} Frame */

/**
 * A reader gives null where a field it cannot do without is missing.
 * @type {Record<string, (frame: Frame) => ServerMessage | null>}
 */
const READERS = {
  'session.ready': (frame) => ({
    type: 'ready',
    sessionId: string(frame.session_id),
    expiresAtEpochSeconds: number(frame.expires_at),
    httpTools: httpTools(frame.config?.tools),
  }),
  'session.error': readError,
  'error': readError, // the older shape, without a code
  'session.ended': (frame) => ({
    type: 'ended',
    durationSeconds: number(frame.session_duration_seconds),
  }),
  'input.speech.started': () => ({ type: 'speech-started' }),
  'input.speech.stopped': () => ({ type: 'speech-stopped' }),
  'transcript.user.delta': (frame) => readUserText(frame, false),
  'transcript.user': (frame) => readUserText(frame, true),
  'reply.started': (frame) => ({
    type: 'reply-started',
    replyId: string(frame.reply_id) ?? '',
  }),
  'reply.audio': (frame) => {
    const data = string(frame.data);
    return data ? { type: 'reply-audio', replyId: string(frame.reply_id), data } : null;
  },
  'transcript.agent.delta': (frame) => ({
    type: 'reply-word',
    replyId: string(frame.reply_id) ?? '',
    word: string(frame.delta) ?? '',
    startMs: number(frame.start_ms),
  }),
  'transcript.agent': (frame) => ({
    type: 'reply-text',
    replyId: string(frame.reply_id) ?? '',
    text: string(frame.text) ?? '',
    interrupted: frame.interrupted === true,
  }),
  // A missing status means completed (older wire); an unknown one still ends the reply.
  'reply.done': (frame) => ({
    type: 'reply-done',
    replyId: string(frame.reply_id),
    interrupted: frame.status === 'interrupted' || frame.status === 'cancelled',
  }),
  'tool.call': (frame) => {
    const callId = string(frame.call_id);
    const name = string(frame.name);
    // `args` instead of `arguments` was the wire of March and April 2026.
    const args = frame.arguments ?? frame.args;
    if (callId === null || name === null) return null;
    return {
      type: 'tool-call',
      callId,
      name,
      args: isObject(args) ? args : {},
    };
  },
};

/**
 * @param {Frame} frame
 * @returns {ServerMessage}
 */
function readError(frame) {
  return {
    type: 'error',
    code: (string(frame.code) ?? string(frame.error_code) ?? 'unknown').toLowerCase(),
    text: string(frame.message) ?? '',
    param: string(frame.param),
  };
}

/**
 * The whole utterance so far: it replaces what was there. One page of the documents calls it `delta`.
 * @param {Frame} frame
 * @param {boolean} final
 * @returns {ServerMessage}
 */
function readUserText(frame, final) {
  const text = string(frame.text) ?? string(frame.delta) ?? '';
  return {
    type: 'user-text',
    itemId: string(frame.item_id) ?? '',
    text,
    final,
  };
}

/**
 * Names of the tools that the service calls by itself: their tool.call is for information only.
 * @param {unknown} tools
 * @returns {string[]}
 */
function httpTools(tools) {
  if (!Array.isArray(tools)) return [];
  return tools.filter((tool) => tool?.http && string(tool.name)).map((tool) => tool.name);
}

/**
 * Names that a refusal of `output.voice` lists. Source: seen live 2026-09-24.
 * @param {string} text
 * @returns {string[]}
 */
export function listedVoices(text) {
  const list = /must be one of:?\s*([^.\]]+)/i.exec(text)?.[1] ?? '';
  return list.match(/[\w-]+/g)?.filter((word) => word !== 'and' && word !== 'or') ?? [];
}

/**
 * @param {unknown} data
 * @returns {Frame | null}
 */
function parse(data) {
  if (typeof data !== 'string') return null;
  try {
    const value = JSON.parse(data);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * @param {unknown} value
 * @returns {string | null}
 */
function string(value) {
  return typeof value === 'string' ? value : null;
}

/**
 * @param {unknown} value
 * @returns {number | null}
 */
function number(value) {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
