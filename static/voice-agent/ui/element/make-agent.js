// Makes the client's object for what an element wants.

import { createVoiceAgent } from '../../index.js';

/**
 * What an element wants.
 *
 * @typedef {object} Wishes
 * @property {URL} gate
 * @property {string | null} agent   by name; the gate's own choice when it is null
 * @property {{default: string, agents: import('../../main-thread/gate.js').PublicAgent[]} | null} agents   what the gate
 *   says of them, where the page knows
 * @property {import('./element-session.js').Overrides} session
 * @property {Record<string, import('../../index.js').Tool>} tools
 * @property {string | (() => string | Promise<string>) | undefined} accessToken
 */

/** @typedef {Pick<import('../../index.js').VoiceAgentOptions, 'microphone' | 'speaker' | 'volume'>} Sound */

/** All that is told of a call but what is for the curious. */
export const AGENT_EVENTS = /** @type {const} */ ([
  ...['state', 'transcript', 'speaking', 'level', 'playback', 'microphone', 'unheard'],
  ...['permission', 'device', 'sound', 'limit', 'tool', 'error'],
]);

/**
 * @param {Wishes} wishes
 * @param {Sound} sound
 * @param {(type: any, value: any) => void} onEvent
 */
export function makeAgent({ gate, tools, accessToken }, sound, onEvent) {
  const tokenUrl = new URL('api/voice-token', gate);
  const agent = createVoiceAgent({
    ...{ tokenUrl, tools, ...sound },
    ...(accessToken && { accessToken }),
  });
  for (const type of AGENT_EVENTS) {
    agent.on(/** @type {any} */ (type), (value) => onEvent(type, value));
  }
  return agent;
}

/** Whether one object serves both. @param {Wishes} one @param {Wishes | null} other */
export function areServedAlike(one, other) {
  return (
    one.gate.href === other?.gate.href &&
    one.tools === other.tools &&
    one.accessToken === other.accessToken
  );
}
