/**
 * @typedef {typeof import('../texts/en.json')['call']} Texts   of one language; all languages have the same shape
 */

/**
 * What the parts see of the client, as types only; nothing here runs.
 *
 * @typedef {'idle' | 'connecting' | 'live' | 'reconnecting' | 'ending' | 'ended' | 'failed'} CallState
 *
 * @typedef {object} StateChange
 * @property {CallState} state
 * @property {CallState} previous
 * @property {CallError | null} error        why the call failed
 * @property {null | 'resumed' | 'continued'} recovery   how a lost connection came back; 'continued' = in a new session
 * @property {string | null} reason          why the call ended
 *
 * @typedef {object} Turn   The same id again replaces what was said before.
 * @property {string} id
 * @property {'user' | 'agent'} role
 * @property {string} text
 * @property {boolean} final        false while words are still coming
 * @property {boolean} interrupted  the user cut in; text is what was heard
 * @property {number} startedAt     epoch milliseconds
 * @property {Word[]} words         of the agent, with their places in the reply's sound; empty where nobody tells them
 *
 * @typedef {[startMs: number, word: string]} Word
 * @typedef {{replyId: string, positionMs: number, done: boolean, flushed: boolean}} Playback   how far a reply has been heard
 *
 * @typedef {object} ToolCall   The same call again replaces what was told before.
 * @property {string} callId
 * @property {string} name
 * @property {{[name: string]: unknown}} args
 * @property {'waiting' | 'running' | 'done' | 'failed' | 'refused' | 'cancelled' | 'elsewhere'} status
 * @property {unknown} [result]
 * @property {string} [error]
 *
 * @typedef {{resume?: boolean, takeOver?: boolean}} StartOptions
 *
 * @typedef {{user: boolean, agent: boolean}} Speaking
 * @typedef {{microphone: number, agent: number}} Levels   perceptual, 0..1, at most 15 a second
 *
 * @typedef {object} CallError
 * @property {string} code
 * @property {boolean} retryable
 * @property {string} message                    one sentence for a person
 * @property {number | null} retryAfterSeconds   do not try again sooner
 * @property {unknown} [cause]                   what the browser said, as text
 * @property {{[name: string]: unknown} | null} problem   the service's problem document (RFC 9457)
 */

export {};
