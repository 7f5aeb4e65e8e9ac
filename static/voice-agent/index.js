/**
 * Voicegate's browser client: a voice agent in any web page, without the API key.
 *
 * ```js
 * import { createVoiceAgent } from '/static/voice-agent/index.js';
 * const agent = createVoiceAgent({ tokenUrl: '/api/voice-token', session: { greeting: 'Hello!' } });
 * agent.on('transcript', ({ role, text }) => console.log(role, text));
 * button.onclick = () => agent.start();
 * ```
 * @module
 */

import { VoiceAgent } from './agent.js';
import { VoiceAgentError } from './errors.js';

export { listMicrophones } from './audio/microphone.js';
export { VoiceAgentError };

/** @typedef {VoiceAgent} Agent */
/** @typedef {import('./agent.js').VoiceAgentOptions} VoiceAgentOptions */
/** @typedef {import('./agent.js').AgentEvents} AgentEvents */
/** @typedef {import('./agent.js').StateEvent} StateEvent */
/** @typedef {import('./errors.js').ErrorCode} ErrorCode */
/** @typedef {import('./protocol.js').SessionConfig} SessionConfig */
/** @typedef {import('./state.js').AgentState} AgentState */
/** @typedef {import('./transcript.js').Turn} Turn */

/**
 * Make an agent. Nothing is asked of the user and nothing costs until `start()`.
 * @param {VoiceAgentOptions} [options]
 * @returns {VoiceAgent}
 */
export function createVoiceAgent(options) {
  return new VoiceAgent(options);
}
