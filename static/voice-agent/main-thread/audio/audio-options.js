// What a page may say about sound, checked and completed. Pure, any thread.

/**
 * @typedef {object} AudioOptions
 * @property {import('./microphone.js').MicrophoneOptions} [microphone]
 * @property {{deviceId?: string}} [speaker] the browser's default where it is left out or gone
 * @property {number} [volume] of the agent, 0 to 1; 1 by default
 * @property {number} [frameMs] length of a microphone frame on the wire, 10 to 100; 20 by default
 */

/** Length of a frame on the wire. Source: audio-path measurements: the largest that fits one TCP segment. */
const FRAME_MS = 20;

/** Shorter frames cost messages for nothing; longer ones are heard as delay. */
const FRAME_RANGE_MS = [10, 100];

/**
 * @param {AudioOptions} [options]
 * @returns {Required<AudioOptions>}
 * @throws {TypeError | RangeError} frameMs or volume is not what it must be; says what is allowed
 */
export function completeAudioOptions({
  microphone = {},
  speaker = {},
  volume = 1,
  frameMs = FRAME_MS,
} = {}) {
  const [shortest, longest] = FRAME_RANGE_MS;
  assertBetween('frameMs', frameMs, shortest, longest, 'milliseconds');
  assertVolume(volume);
  return { microphone, speaker, volume, frameMs };
}

/**
 * @param {number} volume
 * @throws {TypeError | RangeError}
 */
export function assertVolume(volume) {
  assertBetween('volume', volume, 0, 1, '');
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {number} least
 * @param {number} most
 * @param {string} unit
 */
function assertBetween(name, value, least, most, unit) {
  const rule = `${name} must be a number from ${least} to ${most} ${unit}`.trimEnd();
  if (typeof value !== 'number') throw new TypeError(`${rule}, not ${typeof value}.`);
  if (!(value >= least && value <= most)) throw new RangeError(`${rule}, not ${value}.`);
}
