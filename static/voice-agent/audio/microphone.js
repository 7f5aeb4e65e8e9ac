// Opens microphones and says in our words why one could not be opened. Main thread.

import { VoiceAgentError } from '../errors.js';

/**
 * @typedef {object} MicrophoneOptions
 * @property {string} [deviceId] the browser's default where it is left out or gone
 * @property {boolean} [echoCancellation] on: or the agent hears itself
 * @property {boolean} [noiseSuppression] off: the service cleans the sound itself, and better
 * @property {boolean} [autoGainControl] off
 */

/** What the DOMException names of getUserMedia mean to us. Source: W3C Media Capture, section 10.2. */
const CODES = /** @type {const} */ ({
  NotAllowedError: 'microphone-denied',
  SecurityError: 'microphone-denied',
  NotFoundError: 'microphone-not-found',
  OverconstrainedError: 'microphone-not-found',
  NotReadableError: 'microphone-busy',
  AbortError: 'microphone-busy',
});

/**
 * @param {MicrophoneOptions} [options]
 * @returns {Promise<MediaStream>}
 * @throws {VoiceAgentError} microphone-denied, microphone-not-found, microphone-busy
 */
export async function openMicrophone(options = {}) {
  const {
    deviceId,
    echoCancellation = true,
    noiseSuppression = false,
    autoGainControl = false,
  } = options;
  const audio = {
    channelCount: 1,
    echoCancellation,
    noiseSuppression,
    autoGainControl,
    ...(deviceId ? { deviceId: { ideal: deviceId } } : {}),
  };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (cause) {
    const name = /** @type {keyof typeof CODES} */ (/** @type {Error} */ (cause).name);
    throw new VoiceAgentError(CODES[name] ?? 'microphone-busy', { cause });
  }
}

/**
 * Microphones to choose from; names are known only once the user has allowed one.
 * @returns {Promise<{deviceId: string, label: string}[]>}
 */
export async function listMicrophones() {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices
    .filter(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== '')
    .map(({ deviceId, label }) => ({ deviceId, label }));
}

/**
 * Whether opening the microphone will ask nothing: then the call may connect at the same time. Browsers
 * that cannot say count as asking, so that no paid session starts for somebody who refuses.
 * @returns {Promise<boolean>}
 */
export async function isMicrophoneGranted() {
  try {
    const name = /** @type {PermissionName} */ ('microphone');
    return (await navigator.permissions.query({ name })).state === 'granted';
  } catch {
    return false;
  }
}

/** @param {MediaStream} stream */
export function closeMicrophone(stream) {
  for (const track of stream.getTracks()) track.stop();
}
