/**
 * What the page sees of the browser client, as types only. Every file of page/ may use them; nothing here runs.
 *
 * @typedef {typeof import('./texts/en.json')['call']} PageTexts
 * @typedef {PageTexts & import('../voice-agent/ui/ui-types.js').Texts} Texts   of one language; all have the same shape
 * @typedef {import('../voice-agent/ui/ui-types.js').CallState} CallState
 * @typedef {import('../voice-agent/ui/ui-types.js').StateChange} StateChange
 * @typedef {import('../voice-agent/ui/ui-types.js').Turn} Turn
 * @typedef {import('../voice-agent/ui/ui-types.js').StartOptions} StartOptions
 * @typedef {import('../voice-agent/ui/ui-types.js').Speaking} Speaking
 * @typedef {import('../voice-agent/ui/ui-types.js').CallError} CallError
 *
 * @typedef {{deviceId: string, label: string}} Device
 * @typedef {{[name: string]: unknown}} SessionConfig   what the browser sends at the start of a call, in the words of the wire
 */

export {};
