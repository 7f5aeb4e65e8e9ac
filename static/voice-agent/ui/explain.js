// Turns an error of the client into what a person is told and may do. Pure.

import { duration, fill } from './format.js';

/** @typedef {'allow' | 'secure' | 'copy' | 'settings' | 'takeOver' | 'extend' | 'wake' | 'ownTab' | 'unmute' | 'stillHere'} Action */

/**
 * What can be done about an error besides trying again; `final`: trying again in this browser or at this address
 * cannot help.
 * @type {{[code: string]: {action?: Action, final?: boolean}}}
 */
const REMEDIES = {
  'insecure-context': { action: 'secure', final: true },
  'unsupported-browser': { action: 'copy', final: true },
  'sandboxed-frame': { action: 'ownTab', final: true },
  'microphone-not-offered': { action: 'copy' },
  'other-tab': { action: 'takeOver' },
  'agent-refused': { action: 'settings' },
};

/** @type {{[cause: string]: Action}} */
const WARNING_ACTIONS = {
  'sound-blocked': 'wake',
  'limit-near': 'extend',
  'unheard': 'unmute',
  'idle': 'stillHere',
};

/** Hints that say all there is to say, without the general words before them. */
const WHOLE_HINTS = ['system', 'dismissed'];

/**
 * @typedef {object} Explanation
 * @property {string} title
 * @property {string} text
 * @property {Action | null} action   the one thing to do besides trying again
 * @property {boolean} mayRetry            false when trying again here cannot help
 * @property {number} waitSeconds          0 = try again at once
 * @property {string | null} reference     id of the request, to tell whoever runs the page
 */

/**
 * @param {import('./ui-types.js').CallError} error   an unknown code is explained by its own message
 * @param {import('./ui-types.js').Texts} texts
 * @param {string | null} [access]   how the service decides who may call: open, code or jwt
 * @param {{hint?: import('./browser-hints.js').Hint, isFramed?: boolean, canType?: boolean}} [browser]   how it allows a
 *   microphone again; whether another page shows this one; whether a call can do without a microphone here
 * @returns {Explanation}
 */
export function explain(
  error,
  texts,
  access = null,
  { hint = 'other', isFramed = false, canType = false } = {},
) {
  const code = isAgentUnknown(error) ? 'agent-unknown' : error.code;
  const base = entry(texts.errors, code) ?? {
    title: texts.problem.unknown,
    text: error.message,
  };
  const isCodeMissing = access === 'code' && error.problem?.code === 'unauthenticated';
  const isFault = error.code === 'token-unavailable' && error.problem; // it was reached, and says so
  const problem =
    entry(texts.problems, isCodeMissing ? 'access_code' : string(error.problem?.code)) ??
    (isFault ? texts.problems.fault : null);
  const waitSeconds = Math.max(0, Math.ceil(error.retryAfterSeconds ?? 0));
  const { action = null, final = false } = remedyFor(code, hint, isFramed);
  const { title, text } = problem ?? base;
  const remedy = error.code === 'microphone-denied' ? unblockText(text, hint, texts) : text;
  const isOfMicrophone = error.code.startsWith('microphone-');
  return {
    title,
    text: canType && isOfMicrophone ? `${remedy} ${texts.problem.type}` : remedy,
    action,
    mayRetry: !final,
    waitSeconds,
    reference: string(error.problem?.request_id),
  };
}

/** Whether the page names an agent that its gate does not have. @param {import('./ui-types.js').CallError} error */
function isAgentUnknown({ code, param }) {
  return code === 'agent-refused' && param === 'agent';
}

/**
 * @param {string} code
 * @param {import('./browser-hints.js').Hint} hint
 * @param {boolean} isFramed
 * @returns {{action?: Action, final?: boolean}}
 */
function remedyFor(code, hint, isFramed) {
  if (isFramed && code === 'microphone-blocked-by-policy') return { action: 'ownTab', final: true };
  if (hint === 'button' && code === 'microphone-denied') return { action: 'allow' };
  return REMEDIES[code] ?? {};
}

/**
 * @param {string} text
 * @param {import('./browser-hints.js').Hint} hint
 * @param {import('./ui-types.js').Texts} texts
 */
function unblockText(text, hint, { unblock }) {
  return WHOLE_HINTS.includes(hint) ? unblock[hint] : `${text} ${unblock[hint]}`;
}

/**
 * @param {number} seconds   until it makes sense to try again
 * @param {import('./ui-types.js').Texts} texts
 */
export function explainWait(seconds, texts) {
  return fill(texts.problem.wait, { duration: duration(seconds, texts.language) });
}

/**
 * @param {keyof import('./ui-types.js').Texts['warnings']} cause
 * @param {import('./ui-types.js').Texts} texts
 * @param {{[name: string]: string}} [values]   for the words in braces
 * @returns {Explanation}
 */
export function warn(cause, texts, values = {}) {
  const { title, text } = texts.warnings[cause];
  return {
    title,
    text: fill(text, values),
    action: WARNING_ACTIONS[cause] ?? null,
    mayRetry: true,
    waitSeconds: 0,
    reference: null,
  };
}

/**
 * Codes come from elsewhere, so only names that we wrote ourselves count.
 *
 * @param {{[code: string]: {title: string, text: string}}} texts
 * @param {string | null} code
 */
function entry(texts, code) {
  return code !== null && Object.hasOwn(texts, code) ? texts[code] : null;
}

/** @param {unknown} value @returns {string | null} */
function string(value) {
  return typeof value === 'string' && value !== '' ? value : null;
}
