// A session's settings: how they are sent, what may be changed in them once it has begun, and how changes add up. Pure.

import { VoiceAgentError } from '../../errors.js';
import { isObject } from '../connection/protocol.js';

/** Fields of the `session` object that a client may send. Source: documents, "session-configuration". */
const FIELDS = ['system_prompt', 'greeting', 'tools', 'input', 'output', 'agent_id'];

/**
 * Fixed by the first session.update. Of `input.format` one source says that it may change and no other does:
 * our audio is of one format, so it does not.
 */
const FIXED = ['greeting', 'output.voice', 'output.format', 'input.format'];

/** @typedef {import('../connection/protocol.js').SessionConfig} SessionConfig */

/**
 * What speaks against a later update, as far as it can be said without asking the service.
 * @param {unknown} session
 * @returns {VoiceAgentError | null}
 */
export function refusal(session) {
  if (!isObject(session)) return wrong('', 'The settings must be an object.');
  const unknown = Object.keys(session).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined)
    return wrong(unknown, `'${unknown}' is not a setting. Known are ${FIELDS.join(', ')}.`);
  if ('agent_id' in session)
    return fixed('agent_id', 'agent_id can only be set on the first session.update');
  const path = FIXED.find((name) => isSet(session, name.split('.')));
  if (path) return fixed(path, `'${path}' cannot be changed after the first session.update`);
  return wrongType(session);
}

/**
 * Bounds are left to the service: they move, and it survives a wrong value.
 * @param {SessionConfig} session
 */
function wrongType({ system_prompt: prompt, tools, input, output }) {
  if (prompt !== undefined && typeof prompt !== 'string')
    return wrong('system_prompt', "'system_prompt' must be text.");
  if (tools !== undefined && !Array.isArray(tools))
    return wrong('tools', "'tools' must be an array: it replaces the tools there were.");
  for (const [name, group] of Object.entries({ input, output }))
    if (group !== undefined && !isObject(group)) return wrong(name, `'${name}' must be an object.`);
  return canonicalJson({ tools, input, output }) === null
    ? wrong('', 'The settings must be JSON: without cycles and big integers.')
    : null;
}

/**
 * Settings with changes, as the service was seen to merge them: objects merge, arrays and all else replace.
 * Neither argument is changed.
 * @param {Record<string, any>} config
 * @param {Record<string, any>} changes
 * @returns {Record<string, any>}
 */
export function mergedConfig(config, changes) {
  const merged = { ...config };
  for (const [name, value] of Object.entries(changes)) {
    const known = merged[name];
    merged[name] = isObject(known) && isObject(value) ? mergedConfig(known, value) : value;
  }
  return merged;
}

/**
 * The update that makes one config the other. What is the same is left out: some of it must not be named again.
 * @param {Record<string, any>} before
 * @param {Record<string, any>} now
 * @returns {Record<string, any>}
 */
export function differenceOf(before, now) {
  /** @type {Record<string, any>} */
  const changes = {};
  for (const name of Object.keys({ ...before, ...now })) {
    const [old, value] = [before[name], now[name] ?? null];
    if (JSON.stringify(old) === JSON.stringify(value)) continue;
    changes[name] = isObject(old) && isObject(value) ? differenceOf(old, value) : value;
  }
  return changes;
}

/**
 * Settings without those that were taken back by null: to leave one out means the same in a first update.
 * @param {Record<string, any>} config
 * @returns {Record<string, any>}
 */
export function withoutNulls(config) {
  const set = Object.entries(config).filter(([, value]) => value !== null);
  return Object.fromEntries(
    set.map(([name, value]) => [name, isObject(value) ? withoutNulls(value) : value]),
  );
}

/** @param {Record<string, any>} session @param {string[]} path */
function isSet(session, [group, name]) {
  return name === undefined ? group in session : isObject(session[group]) && name in session[group];
}

/** @param {string} param @param {string} message in the service's own words */
function fixed(param, message) {
  return new VoiceAgentError('immutable-field', { message, param });
}

/** @param {string} param @param {string} message */
function wrong(param, message) {
  return new VoiceAgentError('update-refused', { message, param });
}

/**
 * One text for values that are the same, whatever the order of their keys.
 * @param {unknown} value as JSON.parse gives it
 * @returns {string | null} null for what is nested too deeply to be written
 */
export function canonicalJson(value) {
  try {
    return JSON.stringify(value, sorted);
  } catch {
    return null;
  }
}

/** @param {string} _key @param {any} value */
function sorted(_key, value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * A copy that crosses to the Worker: proxies of Vue, MobX or Immer become what they stand for.
 * @param {unknown} session
 * @returns {SessionConfig}
 * @throws {VoiceAgentError} invalid-session, with the field
 */
export function plainSession(session) {
  if (!isObject(session))
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
