/**
 * @typedef {typeof import('./texts/en.json')['call']} Texts   of one language; all languages have the same shape
 */

/**
 * What the page sees of the browser client, as types only. Every file of page/ may use them; nothing here runs.
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
 *
 * @typedef {{resume?: boolean, takeOver?: boolean}} StartOptions
 *
 * @typedef {{user: boolean, agent: boolean}} Speaking
 * @typedef {{microphone: number, agent: number}} Levels   perceptual, 0..1, at most 15 a second
 * @typedef {{deviceId: string, label: string}} Microphone
 *
 * @typedef {object} CallError
 * @property {string} code
 * @property {boolean} retryable
 * @property {string} message                    one sentence for a person
 * @property {number | null} retryAfterSeconds   do not try again sooner
 * @property {{[name: string]: unknown} | null} problem   the service's problem document (RFC 9457)
 *
 * @typedef {{[name: string]: unknown}} SessionConfig   what the browser sends at the start of a call, in the words of the wire
 */

export {};
