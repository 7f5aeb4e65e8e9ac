/**
 * What the parts see of the client and of the texts, as types only; nothing here runs.
 *
 * @typedef {typeof import('../texts/en.json')['call']} Texts   of one language; all languages have the same shape
 *
 * @typedef {import('../index.js').AgentEvents} AgentEvents
 * @typedef {import('../index.js').AgentState} CallState
 * @typedef {AgentEvents['state']} StateChange
 * @typedef {AgentEvents['speaking']} Speaking
 * @typedef {AgentEvents['level']} Levels
 * @typedef {AgentEvents['playback']} Playback
 * @typedef {import('../index.js').Turn} Turn
 * @typedef {Turn['words'][number]} Word
 * @typedef {import('../index.js').ToolEvent} ToolCall
 * @typedef {import('../index.js').StartOptions} StartOptions
 * @typedef {Pick<import('../index.js').VoiceAgentError, 'retryable' | 'message' | 'retryAfterSeconds'>
 *   & {code: string, param?: string | null, cause?: unknown, problem: {[name: string]: unknown} | null}} CallError
 */

export {};
