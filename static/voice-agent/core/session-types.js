// What the host and the session core say to each other, as types: plain objects, so that they can cross a port.
// Holds no code and is never loaded.

/**
 * @typedef {ReturnType<import('../errors.js').VoiceAgentError['toJSON']>} PlainError
 * @typedef {import('./connection/protocol.js').SessionConfig} SessionConfig
 * @typedef {import('./call-state.js').EndReason} EndReason
 * @typedef {import('./conversation/transcript.js').Turn} Turn
 */

/**
 * A call, as the host wants it.
 * @typedef {object} StartCommand
 * @property {'start'} type
 * @property {string} tokenUrl absolute
 * @property {string} [wsUrl] where tokens are used whose answer does not name it
 * @property {RequestCredentials} [credentials] whether cookies go to the token service
 * @property {boolean} [asksAccess] whether the host has an access token for each request of a token
 * @property {SessionConfig} session of the first session.update
 * @property {Record<string, import('./conversation/tool-calls.js').ToolPolicy>} [toolPolicies] by the tool's name
 * @property {'intent' | 'always' | 'never'} [tokenPrefetch] whether a token may be fetched before it is needed: only
 *   on `prepare` (default), all through the call as well, or never
 * @property {number} [keepSpeechSeconds] how much speech is kept while there is no session; 20 by default
 * @property {boolean} [keepEarlySpeech] whether what is said before a greeting begins is sent
 * @property {{sessionId: string | null, turns: readonly Turn[]} | null} [resume] the conversation to go on with:
 *   in its session, or in a new one where that is not known or not there any more
 */

/**
 * What the host asks for.
 * @typedef {StartCommand
 *   | {type: 'proceed'}
 *   | {type: 'prepare'} & import('./connection/token/token.js').TokenService
 *   | {type: 'access-token'} & import('./connection/token/access-tokens.js').AccessAnswer
 *   | {type: 'audio', capture: MessagePort, playback: MessagePort}
 *   | {type: 'stop', reason?: EndReason} | {type: 'hang-up', reason?: EndReason}
 *   | {type: 'wake'} | {type: 'extend'}
 *   | {type: 'mute', muted: boolean}
 *   | {type: 'say', text: string} | {type: 'reply', instructions: string | null}
 *   | {type: 'update', id: number, session: SessionConfig}
 *   | {type: 'tool-result', callId: string, value: unknown, isError: boolean}
 *   | {type: 'fail', error: PlainError}
 *   | {type: 'watch', on: boolean}} SessionCommand
 *
 * `proceed`: the microphone is allowed, connect. `prepare`: a call is likely, have a token ready. `access-token`:
 * the answer to `access-token-wanted`. `hang-up`: the page goes away, there is no time for answers. `wake`: the page or the network is back, look after the
 * connection now. `extend`: go on beyond the time limit, in a new session. `fail`: the call cannot go on.
 * `watch`: somebody wants to see what happens, or nobody any more; see `event-log.js`.
 */

/**
 * What the host is told.
 * @typedef {{type: 'state', state: import('./call-state.js').AgentState, recovery: null | 'resumed' | 'continued',
 *     reason: EndReason | null, error: PlainError | null}
 *   | {type: 'session', sessionId: string | null}
 *   | {type: 'receipt', sessionId: string, receipt: string}
 *   | {type: 'access-token-wanted', id: number}
 *   | {type: 'transcript', turn: Turn}
 *   | {type: 'speaking', user: boolean, agent: boolean}
 *   | {type: 'level', microphone: number, agent: number, playback: import('./downlink/speaker-link.js').Heard | null}
 *   | {type: 'playback', replyId: string, positionMs: number, done: boolean, flushed: boolean}
 *   | {type: 'microphone', silent: boolean}
 *   | {type: 'unheard', speaking: boolean}
 *   | {type: 'limit', secondsLeft: number | null, refused?: boolean}
 *   | {type: 'time-left', leftMs: number | null}
 *   | {type: 'tool-call', callId: string, name: string, args: Record<string, unknown>}
 *   | {type: 'tool-cancel', callId: string}
 *   | {type: 'tool', callId: string, name: string, args: Record<string, unknown>, status: 'elsewhere'}
 *   | {type: 'update-done', id: number, error: PlainError | null}
 *   | {type: 'stats', stats: import('./telemetry/stats.js').Stats}
 *   | {type: 'debug', kind: string, [detail: string]: unknown}} SessionEvent
 *
 * `session`: another session is ready and used from now on. `receipt`: the token of this session, used already or
 * not, came with this receipt. `access-token-wanted`: a token is to be fetched, and the host's access token with it.
 * `level`: and how much of a reply has been heard so far,
 * where that has changed. `playback`: how much of it was heard in the end.
 * `unheard`: the user speaks although the microphone is muted, or does so no more.
 * `time-left`: until the time limit, now and each time it changes; null: none is known.
 * `limit`: the call must end soon; null, when that has been put off. `tool-cancel`: nobody waits for it any more. `tool`: the service runs it itself.
 */

export {};
