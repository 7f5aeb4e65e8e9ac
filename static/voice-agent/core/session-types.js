// What the host and the session core say to each other, as types: plain objects, so that they can cross a port.
// Holds no code and is never loaded.

/**
 * @typedef {ReturnType<import('../errors.js').VoiceAgentError['toJSON']>} PlainError
 * @typedef {import('./connection/protocol.js').SessionConfig} SessionConfig
 * @typedef {import('./call-state.js').EndReason} EndReason
 * @typedef {import('./conversation/transcript.js').Turn} Turn
 */

/**
 * How a call goes about it.
 * @typedef {object} CallOptions
 * @property {'intent' | 'always' | 'never'} [tokenPrefetch] whether a token may be fetched before it is needed:
 *   on `prepare({isPressed: true})` (default); all through a call as well, so that a lost one is back sooner; or never
 * @property {number} [keepSpeechSeconds] how much speech is kept while there is no connection; 20 by default
 * @property {boolean} [keepEarlySpeech] send what was said before a greeting begins; it may interrupt the greeting
 * @property {boolean} [tellHeard] after an interruption tell the agent, in a note at the end of its prompt, how far it was
 *   heard; by default true. A stored agent's prompt is not known here, and is left as it is
 */

/**
 * A call, as the host wants it.
 * @typedef {CallDetails & CallOptions & import('./connection/token/token.js').TokenService} StartCommand
 *
 * @typedef {object} CallDetails
 * @property {'start'} type
 * @property {SessionConfig} session of the first session.update
 * @property {Record<string, import('./conversation/tool-calls.js').ToolPolicy>} [toolPolicies] by the tool's name
 * @property {boolean} [microphone] false: the session begins without the sound of one
 * @property {boolean} [textOnly] there is no sound either way: no audio ports will come
 * @property {{sessionId: string | null, turns: readonly Turn[]} | null} [resume] the conversation to go on with:
 *   in its session, or in a new one where that is not known or not there any more
 */

/**
 * What the host asks for.
 * @typedef {StartCommand
 *   | {type: 'proceed'}
 *   | {type: 'prepare'} & import('./connection/token/token.js').TokenService
 *   | {type: 'access-token'} & import('./connection/token/token-prefetch.js').AccessAnswer
 *   | {type: 'audio', capture: MessagePort, playback: MessagePort}
 *   | {type: 'stop', reason?: EndReason} | {type: 'hang-up', reason?: EndReason}
 *   | {type: 'wake'} | {type: 'extend'}
 *   | {type: 'mute', muted: boolean} | {type: 'hold', held: boolean}
 *   | {type: 'say', text: string} | {type: 'reply', instructions: string | null}
 *   | {type: 'update', id: number, session: SessionConfig}
 *   | {type: 'tool-result', callId: string, value: unknown, isError: boolean}
 *   | {type: 'fail', error: PlainError}
 *   | {type: 'watch', on: boolean}} SessionCommand
 *
 * `proceed`: the microphone is allowed, connect. `prepare`: a call is about to begin, have a token ready. `access-token`:
 * the answer to `access-token-wanted`. `hang-up`: the page goes away, there is no time for answers. `wake`: the page or the network is back, look after the
 * connection now. `extend`: go on beyond the time limit, in a new session. `fail`: the call cannot go on.
 * `watch`: somebody wants to see what happens, or nobody any more; see `event-log.js`.
 */

/**
 * What the host is told.
 * @typedef {{type: 'state', state: import('./call-state.js').AgentState, recovery: null | 'resumed' | 'continued',
 *     reason: EndReason | null, error: PlainError | null}
 *   | {type: 'reconnect', secondsLeft: number | null}
 *   | {type: 'session', sessionId: string | null}
 *   | import('./audio-link.js').AudioEvent
 *   | import('./connection/reconnect/connection-keeper.js').KeeperEvent
 *   | import('./conversation/conversation.js').ConversationEvent
 *   | import('./conversation/updates.js').UpdateEvent
 *   | import('./conversation/updates.js').VoiceEvent
 *   | import('./telemetry/stats.js').StatsEvent} SessionEvent
 *
 * `reconnect`: the next attempt is made in so many seconds; null: now. `session`: another session is ready and used from
 * now on.
 */

export {};
