// Turns an error of the client into what a person is told and may do. Pure.

import { errorPanel, errors, problems, warnings } from './messages.js';
import { duration, fill } from './format.js';

/**
 * @typedef {object} Explanation
 * @property {string} title
 * @property {string} text
 * @property {import('./messages.js').Action | null} action   the one thing to do besides trying again
 * @property {boolean} mayRetry            false when trying again here cannot help
 * @property {number} waitSeconds          0 = try again at once
 * @property {string | null} reference     id of the request, to tell whoever runs the page
 */

/**
 * @param {import('./types.js').CallError} error   an unknown code is explained by its own message
 * @param {string | null} [access]   how the service decides who may call: open, code or jwt
 * @returns {Explanation}
 */
export function explain(error, access = null) {
  const base = entry(errors, error.code) ?? { title: 'The call did not work', text: error.message };
  const isCodeMissing = access === 'code' && error.problem?.code === 'unauthenticated';
  const problem = entry(problems, isCodeMissing ? 'access_code' : text(error.problem?.code));
  const waitSeconds = Math.max(0, Math.ceil(error.retryAfterSeconds ?? 0));
  return {
    title: (problem ?? base).title,
    text: (problem ?? base).text,
    action: base.action ?? null,
    mayRetry: !base.final,
    waitSeconds,
    reference: text(error.problem?.request_id),
  };
}

/** @param {number} seconds   until it makes sense to try again */
export function explainWait(seconds) {
  return fill(errorPanel.wait, { duration: duration(seconds) });
}

/**
 * @param {keyof typeof warnings} cause
 * @param {{[name: string]: string}} [values]   for the words in braces
 * @returns {Explanation}
 */
export function warn(cause, values = {}) {
  /** @type {import('./messages.js').ErrorText} */
  const { title, text, action } = warnings[cause];
  return {
    title,
    text: fill(text, values),
    action: action ?? null,
    mayRetry: true,
    waitSeconds: 0,
    reference: null,
  };
}

/**
 * Codes come from elsewhere, so only names that we wrote ourselves count.
 *
 * @param {{[code: string]: import('./messages.js').ErrorText}} texts
 * @param {string | null} code
 */
function entry(texts, code) {
  return code !== null && Object.hasOwn(texts, code) ? texts[code] : null;
}

/** @param {unknown} value @returns {string | null} */
function text(value) {
  return typeof value === 'string' && value !== '' ? value : null;
}
