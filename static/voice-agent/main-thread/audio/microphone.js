// Opens microphones and says in our words why one could not be opened. Main thread.

import { VoiceAgentError } from '../../errors.js';

/**
 * @typedef {object} MicrophoneOptions
 * @property {string} [deviceId] the browser's default where it is left out or gone
 * @property {boolean} [echoCancellation] on: or the agent hears itself
 * @property {boolean} [noiseSuppression] off: the service cleans the sound itself, and better
 * @property {boolean} [autoGainControl] off
 */

/** A refusal that comes sooner was nobody's answer: no person is as quick. */
const AT_ONCE_MS = 150;

/** @typedef {{allowsFeature: (name: string) => boolean}} Policy */

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
 * Open the microphone asked for; where a browser cannot meet a constraint, without it.
 * @param {MicrophoneOptions & {mustMatch?: boolean}} [options] mustMatch: rather none than another device
 * @returns {Promise<MediaStream>}
 * @throws {VoiceAgentError} microphone-denied, microphone-blocked-by-policy, microphone-not-offered,
 *   microphone-not-found, microphone-busy
 */
export async function openMicrophone(options) {
  const askedAtMs = performance.now();
  const [first, ...looser] = constraintsFor(options);
  let opening = navigator.mediaDevices.getUserMedia({ audio: first });
  for (const audio of looser) {
    opening = opening.catch((error) => {
      if (code(error) !== 'microphone-not-found') throw error;
      return navigator.mediaDevices.getUserMedia({ audio });
    });
  }
  try {
    return await opening;
  } catch (cause) {
    throw new VoiceAgentError(await whyNot(cause, askedAtMs), { cause });
  }
}

/**
 * Who refused: the page around this one, the visitor (now or before) or the system, or an app that asks nobody.
 * @param {any} cause error of getUserMedia
 * @param {number} askedAtMs
 * @returns {Promise<import('../../errors.js').ErrorCode>}
 */
async function whyNot(cause, askedAtMs) {
  if (code(cause) !== 'microphone-denied') return code(cause);
  if (isPolicyLikely(askedAtMs)) return 'microphone-blocked-by-policy';
  const isAtOnce = performance.now() - askedAtMs < AT_ONCE_MS;
  if (!isAtOnce || /system|dismissed/i.test(cause.message)) return 'microphone-denied';
  return (await permission())?.state === 'denied' ? 'microphone-denied' : 'microphone-not-offered';
}

/** @param {MediaStream} stream */
export function closeMicrophone(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/**
 * What a browser says of a microphone in use; null where it does not say.
 * @typedef {object} MicrophoneFacts
 * @property {string} label
 * @property {number | null} rateHz
 * @property {boolean | null} echoCancellation
 * @property {boolean | null} noiseSuppression
 * @property {boolean | null} autoGainControl
 */

/**
 * @param {MediaStreamTrack} track
 * @returns {MicrophoneFacts}
 */
export function microphoneFacts(track) {
  const { sampleRate, echoCancellation, noiseSuppression, autoGainControl } = track.getSettings();
  return {
    label: track.label,
    rateHz: sampleRate || null, // WebKitGTK says 0
    echoCancellation: isOn(echoCancellation),
    noiseSuppression: isOn(noiseSuppression),
    autoGainControl: isOn(autoGainControl),
  };
}

/**
 * @param {unknown} value newer browsers name the kind of cancelling in place of a plain yes
 * @returns {boolean | null}
 */
const isOn = (value) => (value === undefined ? null : Boolean(value));

/**
 * Whether opening the microphone will ask nothing: then the call may connect at the same time. Browsers
 * that cannot say count as asking, so that no paid session starts for somebody who refuses.
 * @returns {Promise<boolean>}
 */
export async function isMicrophoneGranted() {
  return (await permission())?.state === 'granted';
}

/**
 * Call `onState` with the state of the user's permission, now and at each change. Never called where the
 * browser cannot say.
 * @param {(state: PermissionState) => void} onState
 * @param {AbortSignal} [signal]   ends it
 */
export async function watchPermission(onState, signal) {
  const status = await permission();
  if (!status || signal?.aborted) return;
  status.addEventListener('change', () => onState(status.state), { signal });
  onState(status.state);
}

/** @returns {Promise<PermissionStatus | null>} */
async function permission() {
  try {
    const name = /** @type {PermissionName} */ ('microphone');
    return await navigator.permissions.query({ name });
  } catch {
    return null;
  }
}

/**
 * Constraints for getUserMedia, from all that is wanted down to any microphone at all.
 * @param {MicrophoneOptions & {mustMatch?: boolean}} [options]
 * @returns {(MediaTrackConstraints | true)[]}
 */
function constraintsFor({
  deviceId,
  echoCancellation = true,
  noiseSuppression = false,
  autoGainControl = false,
  mustMatch = false,
} = {}) {
  const sound = { channelCount: 1, echoCancellation, noiseSuppression, autoGainControl };
  const any = [sound, /** @type {const} */ (true)];
  if (!deviceId) return any;
  const device = { deviceId: { exact: deviceId } };
  return [{ ...sound, ...device }, device, ...(mustMatch ? [] : any)];
}

/** @param {any} error of getUserMedia */
function code(error) {
  return CODES[/** @type {keyof typeof CODES} */ (error?.name)] ?? 'microphone-busy';
}

/**
 * Whether the page around this one keeps the microphone from it: a frame without allow="microphone", or a
 * Permissions-Policy header.
 * @returns {boolean} false too where the browser cannot say
 */
export function isMicrophoneForbidden() {
  return policy()?.allowsFeature('microphone') === false;
}

/**
 * The microphone was refused: whether by the page around this one, as far as can be known. Browsers that do not tell
 * their policy refuse at once; so they do where the user has said no for ever, but a tab of its own helps with both.
 * @param {number} askedAtMs monotonic
 */
export function isPolicyLikely(askedAtMs) {
  if (policy()) return isMicrophoneForbidden();
  return isForeignFrame() && performance.now() - askedAtMs < AT_ONCE_MS;
}

/** The newer name is in no browser yet, and the older one not in all. @returns {Policy | undefined} */
function policy() {
  const page = /** @type {{permissionsPolicy?: Policy, featurePolicy?: Policy} | undefined} */ (
    globalThis.document
  );
  return page?.permissionsPolicy ?? page?.featurePolicy;
}

/** Whether a page of another origin shows this one. */
function isForeignFrame() {
  try {
    return (
      globalThis.top !== null && globalThis.top?.location.origin !== globalThis.location?.origin
    );
  } catch {
    return true; // not even allowed to ask
  }
}
