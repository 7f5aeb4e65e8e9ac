// The messages of the wire as types, wire names kept. Holds no code and is never loaded.
// Source: public documents and live recordings, March to September 2026; checked against
// tests/contract/messages.schema.json.

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
 * Every event may carry `timestamp`: epoch seconds live, ISO text on some pages, nothing in older versions.
 * @typedef {{timestamp?: number | string}} Stamped
 *
 * After each accepted update; before `session.ready` on the first. Older copies have no `config`.
 * @typedef {Stamped & {type: 'session.updated', config?: ConfigEcho}} SessionUpdated
 *
 * Once a socket. March 2026: without `expires_at` (epoch seconds).
 * @typedef {Stamped & {type: 'session.ready', session_id?: string, expires_at?: number, resume_token?: string,
 *   config?: ConfigEcho}} SessionReady
 *
 * One page prints `error_code`, and upper case; live it is `code`, lower case.
 * @typedef {Stamped & {type: 'session.error', code?: string, error_code?: string, message: string,
 *   param?: string | null, session_id?: string | null}} SessionError
 *
 * The shape before launch: no code.
 * @typedef {Stamped & {type: 'error', message: string}} BareError
 *
 * Last frame of a clean end. `audio_duration_seconds` was null in every live sample.
 * @typedef {Stamped & {type: 'session.ended', session_duration_seconds: number,
 *   audio_duration_seconds?: number | null}} SessionEnded
 *
 * `started` comes 0.6 s after the onset, may repeat, and by the documents for sounds that interrupt nothing
 * too; `stopped` is the end of a turn, 0.9 to 3.3 s after the voice.
 * @typedef {Stamped & {type: 'input.speech.started' | 'input.speech.stopped'}} InputSpeech
 *
 * The whole utterance so far: it replaces. One page calls it `delta`.
 * @typedef {Stamped & {type: 'transcript.user.delta' | 'transcript.user', item_id?: string, text?: string,
 *   delta?: string}} UserTranscript
 *
 * March 2026: without `item_id`, and before `input.speech.stopped`.
 * @typedef {Stamped & {type: 'reply.started', reply_id: string, item_id?: string}} ReplyStarted
 *
 * Base64 of any number of bytes; a frame may end within a sample.
 * @typedef {Stamped & {type: 'reply.audio', reply_id?: string, data: string}} ReplyAudio
 *
 * One word, to be appended; times are milliseconds from the start of the reply, or null.
 * @typedef {Stamped & {type: 'transcript.agent.delta', reply_id?: string, item_id?: string, delta: string,
 *   start_ms?: number | null, end_ms?: number | null}} AgentWord
 *
 * After the audio; cut to what was spoken when interrupted. Sometimes missing, sometimes never spoken.
 * @typedef {Stamped & {type: 'transcript.agent', reply_id?: string, item_id?: string, text: string,
 *   interrupted?: boolean}} AgentTranscript
 *
 * Last event of a reply. Without a status it was completed.
 * @typedef {Stamped & {type: 'reply.done', reply_id: string,
 *   status?: 'completed' | 'interrupted' | 'cancelled' | 'failed'}} ReplyDone
 *
 * Only with a language model of one's own; `reply.done` follows. In a generated model of the messages only.
 * @typedef {Stamped & {type: 'reply.error', reply_id: string, code: string, message: string, retryable?: boolean,
 *   status_code?: number | null, provider_code?: string | null, provider_param?: string | null}} ReplyError
 *
 * `args` in March and April 2026, `arguments` since.
 * @typedef {Stamped & {type: 'tool.call', call_id: string, name: string, arguments?: Record<string, unknown>,
 *   args?: Record<string, unknown>}} ToolCall
 *
 * Seen around replies; carries nothing that is needed.
 * @typedef {Stamped & {type: 'reply.content_part.started' | 'reply.content_part.done'}} ContentPart
 *
 * The configuration as the service tells it back. Opaque but for this: a tool with `http` is called by the
 * service itself.
 * @typedef {{tools?: {name: string, http?: object | null}[], [field: string]: unknown}} ConfigEcho
 *
 * @typedef {SessionUpdated | SessionReady | SessionError | BareError | SessionEnded | InputSpeech
 *   | UserTranscript | ReplyStarted | ReplyAudio | AgentWord | AgentTranscript | ReplyDone | ReplyError
 *   | ToolCall | ContentPart} ServerFrame
 */

export {};
