// Whether this page can make calls at all. Main thread.

import { isMicrophoneForbidden } from './audio/microphone.js';
import { VoiceAgentError } from '../errors.js';

/** Hosts that are reached without any network. */
const OWN_HOSTS = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Errors that a missing network explains. */
const OF_THE_LINE = new Set(['token-unavailable', 'connection-failed']);

/** Of a frame with `sandbox` and without `allow-same-origin`: no service can list it, no browser gives it a microphone. */
const OPAQUE_ORIGIN = 'null';

/**
 * @param {{microphone?: boolean, sound?: boolean}} [needs] of the call; by default it has both
 * @returns {VoiceAgentError | null} what is in the way, or null when nothing is
 */
export function missingSupport({ microphone = true, sound = true } = {}) {
  if (globalThis.isSecureContext === false) return new VoiceAgentError('insecure-context');
  const isComplete =
    (!microphone || typeof globalThis.navigator?.mediaDevices?.getUserMedia === 'function') &&
    (!sound || typeof AudioWorkletNode === 'function') &&
    typeof WebSocket === 'function';
  if (!isComplete) return new VoiceAgentError('unsupported-browser');
  const { origin, location } = globalThis;
  if (origin === OPAQUE_ORIGIN && location.protocol !== 'file:')
    return new VoiceAgentError('sandboxed-frame');
  const isForbidden = microphone && isMicrophoneForbidden();
  return isForbidden ? new VoiceAgentError('microphone-blocked-by-policy') : null;
}

/**
 * Without a network nobody need be asked for the microphone first.
 * @param {string | URL} tokenUrl where the call begins
 * @returns {VoiceAgentError | null}
 */
export function missingNetwork(tokenUrl) {
  const { hostname } = new URL(tokenUrl, globalThis.document?.baseURI);
  const isNeeded = !OWN_HOSTS.test(hostname);
  return isNeeded && isOffline() ? new VoiceAgentError('offline') : null;
}

/**
 * What kept a call from starting, by its plain name where that is a missing network.
 * @param {VoiceAgentError} error
 */
export function withoutNetwork(error) {
  const isOfTheLine = OF_THE_LINE.has(error.code) && error.problem === null;
  return isOfTheLine && isOffline() ? new VoiceAgentError('offline', { cause: error }) : error;
}

/** Only a plain no counts: a yes means little. */
function isOffline() {
  return navigator.onLine === false;
}
