// Makes the client's object for what an element wants.

import { createVoiceAgent } from '../../index.js';

/** @typedef {import('../../index.js').AgentEvents} AgentEvents */

/**
 * What an element wants.
 *
 * @typedef {object} Wishes
 * @property {URL} gate
 * @property {string | null} agent   by name; the gate's own choice when it is null
 * @property {import('./element-session.js').Overrides} session
 * @property {Record<string, import('../../index.js').Tool>} tools
 * @property {string | (() => string | Promise<string>) | undefined} accessToken
 */

/** All that is told of a call but its state, and what is for the curious. */
const EVENTS = /** @type {const} */ ([
  ...['transcript', 'speaking', 'level', 'playback', 'microphone', 'unheard', 'permission'],
  ...['device', 'sound', 'limit', 'tool', 'error'],
]);

/**
 * @param {Wishes} wishes
 * @param {object} on
 * @param {(change: AgentEvents['state']) => void} on.state
 * @param {(type: any, value: any) => void} on.other   every other event, with its type
 */
export function makeAgent({ gate, tools, accessToken }, on) {
  const tokenUrl = new URL('api/voice-token', gate);
  const agent = createVoiceAgent({ tokenUrl, tools, ...(accessToken && { accessToken }) });
  agent.on('state', on.state);
  for (const type of EVENTS) {
    agent.on(/** @type {keyof AgentEvents} */ (type), (value) => on.other(type, value));
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
