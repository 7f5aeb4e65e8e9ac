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

export { listMicrophones, listSpeakers } from './devices/devices.js';
export { watchPermission as watchMicrophonePermission } from './devices/microphone.js';
export { VoiceAgentError };

/** @typedef {VoiceAgent} Agent */
/** @typedef {import('./api-types.js').VoiceAgentOptions} VoiceAgentOptions */
/** @typedef {import('./api-types.js').StartOptions} StartOptions */
/** @typedef {import('./api-types.js').AgentEvents} AgentEvents */
/** @typedef {import('./api-types.js').StateEvent} StateEvent */
/** @typedef {import('./errors.js').ErrorCode} ErrorCode */
/** @typedef {import('./wire/protocol.js').SessionConfig} SessionConfig */
/** @typedef {import('./session/state.js').AgentState} AgentState */
/** @typedef {import('./session/stats.js').Stats} Stats */
/** @typedef {import('./session/event-log.js').LogEntry} LogEntry */
/** @typedef {import('./api-types.js').AgentStats} AgentStats */
/** @typedef {import('./host/tool-runner.js').Tool} Tool */
/** @typedef {import('./host/tool-runner.js').ToolEvent} ToolEvent */
/** @typedef {import('./talk/transcript.js').Turn} Turn */

/**
 * Make an agent. Nothing is asked of the user and nothing costs until `start()`.
 * @param {VoiceAgentOptions} [options]
 * @returns {VoiceAgent}
 * @throws {TypeError | RangeError} an option or a tool is not what it must be
 */
export function createVoiceAgent(options) {
  return new VoiceAgent(options);
}
