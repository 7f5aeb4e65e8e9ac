// Whether this page can make calls at all. Main thread.

import { VoiceAgentError } from '../errors.js';

/**
 * @returns {VoiceAgentError | null} what is in the way, or null when nothing is
 */
export function missingSupport() {
  if (!globalThis.isSecureContext) return new VoiceAgentError('insecure-context');
  const isComplete =
    typeof navigator.mediaDevices?.getUserMedia === 'function' &&
    typeof AudioWorkletNode === 'function' &&
    typeof WebSocket === 'function';
  return isComplete ? null : new VoiceAgentError('unsupported-browser');
}
