// Where a gate is, and what it says of its agents; what keeps a page from asking it. Main thread.

import { VoiceAgentError } from '../errors.js';

/** Timeout of each request. */
const TIMEOUT_MS = 10_000;

/** Where a gate has these files, in every release. */
const OUR_FOLDER = /\/static\/voice-agent\/.*$/;

/**
 * @typedef {object} PublicAgent
 * @property {string} name
 * @property {string} title
 * @property {import('../core/connection/protocol.js').SessionConfig | null} session   null: not for whoever asked
 * @property {number} [idle_seconds]   quiet before the caller is asked whether anybody is there; 0: never
 * @property {boolean} [feedback]   whether the gate takes what callers say of a call
 * @property {number | null} [price_per_hour_usd]   what callers are told that an hour costs
 * @property {string[]} editable   what of it a page may set: voice, system_prompt, greeting
 */

/**
 * @typedef {object} PublicAgents
 * @property {string} default   by name
 * @property {PublicAgent[]} agents
 * @property {Record<string, string>} [voice_samples]   addresses of recordings, by voice
 * @property {boolean} [feedback]   whether the gate takes what callers say of a call
 * @property {number | null} [price_per_hour_usd]   what callers are told that an hour costs
 */

/** @typedef {PublicAgent & {session: import('../core/connection/protocol.js').SessionConfig}} WholeAgent */

/**
 * @param {string | null} attribute   as the page's author wrote it
 * @param {string} module   address of one of our modules: without an attribute its origin is the gate
 * @param {string} page
 * @returns {URL} with a slash at its end
 * @throws {TypeError} the attribute is no address
 */
export function gateUrl(attribute, module, page) {
  const own = OUR_FOLDER.test(module) ? module.replace(OUR_FOLDER, '/') : new URL('/', page).href;
  const { href } = new URL(attribute?.trim() || own, page);
  return new URL(href.endsWith('/') ? href : `${href}/`);
}

/**
 * @param {URL} gate
 * @param {string | null} name   the gate's own choice when left out
 * @param {RequestInit} [credentials]   of whoever asks; without, those of a page of the gate's own origin
 * @returns {Promise<PublicAgent>}
 * @throws {VoiceAgentError}
 */
export async function loadAgent(gate, name, credentials) {
  const answer = await ask(gate, credentials);
  const { default: standard, agents } = answer;
  const agent = agents.find((/** @type {PublicAgent} */ one) => one.name === (name || standard));
  if (agent) return ofGate(agent, answer);
  const names = agents.map((/** @type {PublicAgent} */ one) => one.name).join(', ');
  const message = `${gate.href} has no agent "${name}"; it has: ${names}.`;
  throw new VoiceAgentError('agent-refused', { message, param: 'agent' });
}

/**
 * An agent with what its gate says of all.
 * @param {PublicAgent} agent
 * @param {PublicAgents | null} gate
 * @returns {PublicAgent}
 */
export function ofGate(agent, gate) {
  const { feedback, price_per_hour_usd } = gate ?? {};
  return {
    ...agent,
    ...(feedback !== undefined && { feedback }),
    ...(price_per_hour_usd !== undefined && { price_per_hour_usd }),
  };
}

/** @param {URL} gate @param {RequestInit} [credentials] @returns {Promise<PublicAgents>} */
async function ask(gate, credentials) {
  let answer;
  try {
    answer = await get(new URL('api/agents', gate), credentials);
  } catch (cause) {
    throw await unreachable(gate, cause);
  }
  const body = await answer.json().catch(() => null);
  if (answer.ok && Array.isArray(body?.agents)) return body;
  const code = answer.status === 403 ? 'token-refused' : 'token-unavailable';
  throw new VoiceAgentError(code, { problem: body?.code ? body : null });
}

/**
 * Browsers do not tell a refused page why. But the client's files are for everyone: where they can be had and the
 * agents cannot, it is this page that is refused.
 *
 * @param {URL} gate
 * @param {unknown} cause
 */
async function unreachable(gate, cause) {
  try {
    await get(new URL('static/voice-agent/package.json', gate));
  } catch {
    return new VoiceAgentError('token-unavailable', { cause });
  }
  const problem = { status: 403, code: 'origin_not_allowed' };
  return new VoiceAgentError('token-refused', { problem, cause });
}

/** @param {URL} url @param {RequestInit} [init] */
function get(url, init = { credentials: 'same-origin' }) {
  return fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
}
