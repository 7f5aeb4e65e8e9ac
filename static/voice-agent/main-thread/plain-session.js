// A session's settings as they can be sent. Pure; main thread.

import { VoiceAgentError } from '../errors.js';

/** @typedef {import('../core/connection/protocol.js').SessionConfig} SessionConfig */

/**
 * A copy that crosses to the Worker: proxies of Vue, MobX or Immer become what they stand for.
 * @param {unknown} session
 * @returns {SessionConfig}
 * @throws {VoiceAgentError} invalid-session, with the field
 */
export function plainSession(session) {
  if (typeof session !== 'object' || session === null || Array.isArray(session))
    throw new VoiceAgentError('invalid-session', { message: 'The session must be an object.' });
  /** @type {Record<string, unknown>} */
  const copy = {};
  for (const [field, value] of Object.entries(session)) {
    if (value !== undefined) copy[field] = plain(field, value);
  }
  return copy;
}

/** @param {string} field @param {unknown} value */
function plain(field, value) {
  let text;
  try {
    text = JSON.stringify(value, refuseNoData);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    const message = `The session's "${field}" must be JSON: ${reason}`;
    throw new VoiceAgentError('invalid-session', { message, param: field, cause });
  }
  return JSON.parse(text);
}

/** What JSON would leave out without a word. @param {string} name @param {unknown} value */
function refuseNoData(name, value) {
  if (typeof value === 'function' || typeof value === 'symbol')
    throw new TypeError(name ? `"${name}" is a ${typeof value}.` : `it is a ${typeof value}.`);
  return value;
}
