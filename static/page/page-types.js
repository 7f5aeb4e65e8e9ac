/**
 * What the page sees of the element, as types only. Every file of page/ may use them; nothing here runs.
 *
 * @typedef {typeof import('./texts/en.json')['call']} PageTexts
 * @typedef {PageTexts & import('../voice-agent/ui/ui-types.js').Texts} Texts   of one language; all have the same shape
 * @typedef {import('../voice-agent/ui/ui-types.js').CallState} CallState
 * @typedef {import('../voice-agent/ui/ui-types.js').CallError} CallError
 * @typedef {import('../voice-agent/ui/element/element-call.js').CallEvents} CallEvents
 * @typedef {{addEventListener<Type extends keyof CallEvents>(type: `voice-agent-${Type}`,
 *   listener: (event: CustomEvent<CallEvents[Type]>) => void): void}
 *   & import('../voice-agent/ui/element/voice-agent.js').VoiceAgentElement} VoiceAgent
 * @typedef {NonNullable<VoiceAgent['agents']>['agents'][number]} PublicAgent
 */

export {};
