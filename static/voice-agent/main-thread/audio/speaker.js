// Where the agent is heard. Main thread.

import { VoiceAgentError } from '../../errors.js';

/** What newer browsers add. Source: W3C Web Audio API 1.1, AudioContext.setSinkId. */
/** @typedef {AudioContext & {setSinkId?: (deviceId: string) => Promise<void>}} RoutableContext */

/**
 * Play on this device.
 *
 * Leave it at the default where you can: a browser's echo canceller may know only what goes to the default
 * device, and then the agent hears itself. (Reported for Chrome, https://github.com/ricky0123/vad/issues/159.
 * Chromium 156 on Linux was measured to cancel on another device too, by 50 dB.)
 * @param {AudioContext} context
 * @param {string} deviceId one that `listSpeakers` names, or '' for the system's default
 * @throws {VoiceAgentError} unsupported-browser; audio-failed when it is not there. It then stays where it was
 */
export async function playOn(context, deviceId) {
  const routable = /** @type {RoutableContext} */ (context);
  if (!routable.setSinkId) {
    throw new VoiceAgentError('unsupported-browser', {
      message: 'This browser does not let a page choose the speaker.',
    });
  }
  try {
    await routable.setSinkId(deviceId);
  } catch (cause) {
    throw new VoiceAgentError('audio-failed', {
      message: 'The speaker could not be used.',
      cause,
    });
  }
}
