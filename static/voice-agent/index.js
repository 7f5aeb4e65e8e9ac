/**
 * Voicegate's browser client: a voice agent in any web page, without the API key.
 *
 * ```js
 * import { createVoiceAgent } from 'https://gate.example/static/voice-agent/index.js';
 * const agent = createVoiceAgent({ gate: 'https://gate.example' });
 * agent.on('transcript', ({ role, text }) => console.log(role, text));
 * button.onclick = () => agent.start().catch((error) => alert(error.message));
 * ```
 * @module
 */

import { VoiceAgent } from './agent.js';
import { VoiceAgentError } from './errors.js';

export { listMicrophones, listSpeakers } from './main-thread/audio/devices.js';
export { watchPermission as watchMicrophonePermission } from './main-thread/audio/microphone.js';
export { VoiceAgentError };

/** @typedef {VoiceAgent} Agent */
/** @typedef {import('./api-types.js').VoiceAgentOptions} VoiceAgentOptions */
/** @typedef {import('./api-types.js').StartOptions} StartOptions */
/** @typedef {import('./api-types.js').AgentEvents} AgentEvents */
/** @typedef {import('./api-types.js').StateEvent} StateEvent */
/** @typedef {import('./errors.js').ErrorCode} ErrorCode */
/** @typedef {import('./core/connection/protocol.js').SessionConfig} SessionConfig */
/** @typedef {import('./core/call-state.js').AgentState} AgentState */
/** @typedef {import('./core/telemetry/stats.js').Stats} Stats */
/** @typedef {import('./core/telemetry/event-log.js').LogEntry} LogEntry */
/** @typedef {import('./api-types.js').AgentStats} AgentStats */
/** @typedef {import('./main-thread/tools/tool-runner.js').Tool} Tool */
/** @typedef {import('./main-thread/tools/tool-runner.js').ToolEvent} ToolEvent */
/** @typedef {import('./core/conversation/transcript.js').Turn} Turn */

/**
 * Make an agent. Nothing is asked of the user and nothing costs until `start()`.
 * @template {Record<string, unknown>} const Schemas
 * @param {Omit<VoiceAgentOptions, 'tools'> & {tools?: {[Name in keyof Schemas]: import('./main-thread/tools/tool-runner.js').Tool<Schemas[Name]>}}} [options]
 * @returns {VoiceAgent}
 * @throws {TypeError | RangeError} an option or a tool is not what it must be
 */
export function createVoiceAgent(options) {
  return new VoiceAgent(options);
}
