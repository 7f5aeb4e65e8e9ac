// What a browser says about itself means. Pure. Where a call would fail for the same reason, its words are used.

import { VoiceAgentError } from '../../voice-agent/errors.js';

/** @typedef {import('./diagnostics-types.js').Verdict} Verdict */

/**
 * @param {{state: string | null, isForbidden: boolean, isEmbedded: boolean}} permission   null = the browser does not tell
 * @returns {Verdict}
 */
export function judgePermission({ state, isForbidden, isEmbedded }) {
  const values = { permission: state, isForbidden, isEmbedded };
  if (isForbidden) return failed('microphone-blocked-by-policy', values);
  if (state === 'denied') return failed('microphone-denied', values);
  if (state === 'granted') return { status: 'passed', reason: 'granted', values };
  if (state === 'prompt') return { status: 'passed', reason: 'prompt', values };
  return { status: 'skipped', reason: 'unknown', values };
}

/** Without these there is no call; without the others there is one, with less comfort. */
const NEEDED = ['getUserMedia', 'AudioContext', 'AudioWorklet', 'WebSocket'];

/**
 * @param {{[name: string]: boolean}} features
 * @returns {Verdict}
 */
export function judgeFeatures(features) {
  const missing = Object.keys(features).filter((name) => !features[name]);
  const values = { missing: missing.join(', ') };
  if (missing.some((name) => NEEDED.includes(name))) return failed('unsupported-browser', values);
  if (missing.length) return { status: 'attention', reason: 'partial', values };
  return { status: 'passed', reason: 'complete' };
}

/** @param {boolean} isSecure @returns {Verdict} */
export function judgeAddress(isSecure) {
  return isSecure ? { status: 'passed', reason: 'secure' } : failed('insecure-context');
}

/**
 * @param {import('../../voice-agent/errors.js').ErrorCode} code
 * @param {import('./diagnostics-types.js').Values} [values]
 * @returns {Verdict}
 */
function failed(code, values) {
  return { status: 'failed', reason: code, values, error: new VoiceAgentError(code) };
}
