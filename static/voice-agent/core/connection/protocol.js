// The agent's wire: what is sent, written strictly; what arrives, read tolerantly. Pure. Wire names are kept here and
// translated nowhere else. Source: public documents and live recordings, March to September 2026; the shape of every
// message stands in tests/contract/messages.schema.json.

/**
 * How sound is written on the wire; this client speaks 24 kHz PCM both ways.
 * @typedef {{encoding: 'audio/pcm' | 'audio/pcmu' | 'audio/pcma', sample_rate?: number}} AudioFormat
 */

/**
 * When the user's turn is over, and whether they may interrupt. Either silence switches off the service's own pacing.
 * @typedef {object} TurnDetection
 * @property {number} [vad_threshold] 0 to 1; lower hears more; 0.5 by default
 * @property {number} [min_silence] 50 to 10,000 ms; adaptive by default
 * @property {number} [max_silence] 50 to 10,000 ms, more than `min_silence`; adaptive by default
 * @property {boolean} [interrupt_response] false: the agent finishes what it says
 * @property {number} [interruption_delay] 0 to 1,000 ms
 */

/**
 * @typedef {object} SessionInput
 * @property {'audio'} [type]
 * @property {AudioFormat} [format] before the call only
 * @property {string[]} [keyterms] at most 100 words to expect
 * @property {'min_latency' | 'balanced' | 'max_accuracy'} [transcription_mode] `balanced` by default
 * @property {string} [transcription_prompt] context for the transcription, at most 1,750 characters
 * @property {string[]} [language_codes] such as `en`; recognised by itself by default
 * @property {'near-field' | 'far-field'} [voice_focus] `far-field`: laptop or speakerphone
 * @property {number} [voice_focus_threshold] 0 to 1; 0.85 by default
 * @property {TurnDetection} [turn_detection]
 */

/**
 * @typedef {object} SessionOutput
 * @property {'audio'} [type]
 * @property {string} [voice] by name; before the call only
 * @property {AudioFormat} [format] before the call only
 * @property {number} [volume] 0 to 100
 */

/**
 * A tool as the agent is told of it.
 * @typedef {object} ToolDefinition
 * @property {'function'} type
 * @property {string} name
 * @property {string} [description]
 * @property {Record<string, unknown>} [parameters] JSON Schema
 * @property {'interactive' | 'hold'} [execution_mode]
 * @property {number} [timeout_seconds] 1 to 300
 * @property {{success?: string, error?: string}} [response_instructions]
 */

/**
 * The `session` object of session.update.
 * Source: documents, "session-configuration", and live answers, September 2026.
 * @typedef {object} SessionConfig
 * @property {string} [agent_id] a stored agent, and then nothing else; before the call only
 * @property {string} [system_prompt]
 * @property {string} [greeting] spoken as it is; without one the agent listens first; before the call only
 * @property {ToolDefinition[]} [tools] a list replaces the one before
 * @property {SessionInput} [input]
 * @property {SessionOutput} [output]
 */

/**
 * What this client sends, and nothing else. Left out on purpose: `conversation.message` (the managed model was
 * seen to ignore it in four reports) and `reply.cancel` (in no public document).
 * @typedef {{type: 'session.update', session: SessionConfig}
 *   | {type: 'session.resume', session_id: string}
 *   | {type: 'session.end'}
 *   | {type: 'input.audio', audio: string}
 *   | {type: 'reply.create', instructions?: string}
 *   | {type: 'tool.result', call_id: string, result: string, is_error: boolean}} ClientMessage
 */

/**
 * What arrives, as the rest of the client knows it. An id that is missing is null: then the reply or the
 * utterance under way is meant.
 * @typedef {{type: 'ready', sessionId: string | null, expiresAtEpochSeconds: number | null, httpTools: string[]}
 *   | {type: 'updated', config: Record<string, unknown> | null, httpTools: string[] | null}
 *   | {type: 'error', code: string, text: string, param: string | null}
 *   | {type: 'ended', durationSeconds: number | null}
 *   | {type: 'speech-started'} | {type: 'speech-stopped'}
 *   | {type: 'user-text', itemId: string | null, text: string, final: boolean}
 *   | {type: 'reply-started', replyId: string}
 *   | {type: 'reply-audio', replyId: string | null, data: string}
 *   | {type: 'reply-word', replyId: string | null, word: string, startMs: number | null, endMs: number | null}
 *   | {type: 'reply-text', replyId: string | null, text: string, interrupted: boolean}
 *   | {type: 'reply-error', replyId: string | null, code: string, text: string, retryable: boolean}
 *   | {type: 'reply-done', replyId: string | null, interrupted: boolean}
 *   | {type: 'tool-call', callId: string, name: string, args: Record<string, unknown>}
 *   | {type: 'ignored', name: string}} ServerMessage
 */

/** @param {ClientMessage} message @returns {string} */
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

/**
 * Whether a frame is the one before once more, to the letter. Only frames that carry their time can be told
 * from one that merely says the same (silence, for example). Any may: epoch seconds live, ISO text on some pages;
 * older versions have none.
 * @param {unknown} data
 * @param {unknown} previous
 * @returns {boolean}
 */
export function isRepeated(data, previous) {
  return typeof data === 'string' && data === previous && data.includes('"timestamp"');
}

/** @typedef {Record<string, any>} Frame */

/**
 * A reader gives null where a field it cannot do without is missing.
 * @type {Record<string, (frame: Frame) => ServerMessage | null>}
 */
const READERS = {
  // Once a socket. Without `expires_at` (epoch seconds) in March 2026.
  'session.ready': (frame) => ({
    type: 'ready',
    sessionId: string(frame.session_id),
    expiresAtEpochSeconds: number(frame.expires_at),
    httpTools: httpTools(frame.config) ?? [],
  }),
  // After each accepted update, and before `session.ready`. Older copies have no `config`.
  'session.updated': ({ config }) => ({
    type: 'updated',
    config: isObject(config) ? config : null,
    httpTools: httpTools(config),
  }),
  'session.error': readError,
  'error': readError, // before launch; no code
  'session.ended': (frame) => ({
    type: 'ended',
    durationSeconds: number(frame.session_duration_seconds),
  }),
  // 0.6 s after the onset; may repeat, and by the documents comes for sounds that interrupt nothing too.
  'input.speech.started': () => ({ type: 'speech-started' }),
  'input.speech.stopped': () => ({ type: 'speech-stopped' }), // 0.9 to 3.3 s after the voice
  // Either is the whole utterance so far: it replaces. One page calls the text `delta`.
  'transcript.user.delta': (frame) => readUserText(frame, false),
  'transcript.user': (frame) => readUserText(frame, true),
  // Without `item_id`, and before `input.speech.stopped`, in March 2026.
  'reply.started': (frame) => ({ type: 'reply-started', replyId: string(frame.reply_id) ?? '' }),
  // Base64 of any number of bytes; a frame may end within a sample.
  'reply.audio': (frame) => {
    const data = string(frame.data);
    return data ? { type: 'reply-audio', replyId: string(frame.reply_id), data } : null;
  },
  // One word, to be appended; times are milliseconds from the start of the reply, or null.
  'transcript.agent.delta': (frame) => {
    const word = string(frame.delta) ?? string(frame.text);
    const [startMs, endMs] = [number(frame.start_ms), number(frame.end_ms)];
    return word === null
      ? null
      : { type: 'reply-word', replyId: string(frame.reply_id), word, startMs, endMs };
  },
  // After the audio; what was spoken, when interrupted. Sometimes missing, sometimes never spoken.
  'transcript.agent': (frame) => ({
    type: 'reply-text',
    replyId: string(frame.reply_id),
    text: string(frame.text) ?? '',
    interrupted: frame.interrupted === true,
  }),
  // Only with a language model of one's own; `reply.done` follows. In a generated model of the messages only.
  'reply.error': (frame) => ({
    type: 'reply-error',
    replyId: string(frame.reply_id),
    code: errorCode(frame),
    text: string(frame.message) ?? '',
    retryable: frame.retryable === true,
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
    const args = frame.arguments ?? frame.args; // `args` in March and April 2026
    if (callId === null || name === null) return null;
    return { type: 'tool-call', callId, name, args: isObject(args) ? args : {} };
  },
};

/** @param {Frame} frame @returns {ServerMessage} */
function readError(frame) {
  const [text, param] = [string(frame.message) ?? '', string(frame.param)];
  return { type: 'error', code: errorCode(frame), text, param };
}

/** One page prints `error_code`, and upper case; live it is `code`, lower case. @param {Frame} frame */
function errorCode(frame) {
  return (string(frame.code) ?? string(frame.error_code) ?? 'unknown').toLowerCase();
}

/** @param {Frame} frame @param {boolean} final @returns {ServerMessage} */
function readUserText(frame, final) {
  const text = string(frame.text) ?? string(frame.delta) ?? '';
  return { type: 'user-text', itemId: string(frame.item_id), text, final };
}

/**
 * Names of the tools that the service calls by itself: their tool.call is for information only.
 * @param {unknown} config as the service echoes it
 * @returns {string[] | null} null where it names no tools
 */
function httpTools(config) {
  if (!isObject(config) || !Array.isArray(config.tools)) return null;
  return config.tools.filter((tool) => tool?.http && string(tool.name)).map(({ name }) => name);
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

/** @param {unknown} data @returns {Frame | null} */
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
 * Whether a value is what JSON calls an object.
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param {unknown} value @returns {string | null} */
function string(value) {
  return typeof value === 'string' ? value : null;
}

/** @param {unknown} value @returns {number | null} */
function number(value) {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
