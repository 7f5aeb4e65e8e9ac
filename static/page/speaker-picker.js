// Where the agent is heard; offered only where the browser lets a page choose and there is something to choose.

import { createDevicePicker } from './device-picker.js';

/**
 * @param {{speaker: HTMLSelectElement, speakerField: HTMLElement}} elements
 * @param {import('./page-types.js').Texts['speaker']} texts
 * @param {Parameters<typeof createDevicePicker>[3]} on
 */
export function createSpeakerPicker({ speaker, speakerField }, texts, on) {
  return createDevicePicker(speaker, 'speaker', texts, {
    ...on,
    listed: (speakers) => {
      speakerField.hidden = speakers.length === 0 || !canChooseSpeaker();
    },
  });
}

/** Source: W3C Web Audio API 1.1, AudioContext.setSinkId. */
function canChooseSpeaker() {
  return typeof AudioContext === 'function' && 'setSinkId' in AudioContext.prototype;
}
