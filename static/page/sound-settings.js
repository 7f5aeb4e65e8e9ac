// Everything about sound in the side panel: microphone, speaker, volume, push-to-talk.

import { createDevicePicker } from './device-picker.js';
import { createMicrophoneMeter } from './microphone-meter.js';
import { lasting } from './preferences.js';
import { createSpeakerPicker } from './speaker-picker.js';
import { createVolume } from './volume.js';

const PUSH_TO_TALK = 'push-to-talk';

/**
 * @typedef {object} SoundElements
 * @property {HTMLSelectElement} microphone
 * @property {HTMLElement} microphoneLevel
 * @property {HTMLSelectElement} speaker
 * @property {HTMLElement} speakerField
 * @property {HTMLInputElement} volume
 * @property {HTMLOutputElement} volumeShown
 * @property {HTMLInputElement} pushToTalk
 */

/**
 * @typedef {object} SoundActions
 * @property {() => Promise<import('./page-types.js').Device[]>} listMicrophones
 * @property {() => Promise<import('./page-types.js').Device[]>} listSpeakers
 * @property {(deviceId: string) => Promise<void>} setMicrophone
 * @property {(deviceId: string) => Promise<void>} setSpeaker
 * @property {(volume: number) => void} setVolume   0 to 1
 * @property {(isWanted: boolean) => void} usePushToTalk
 * @property {() => void} chosen   another microphone is in use
 * @property {(error: import('./page-types.js').CallError) => void} refused
 */

/**
 * @param {SoundElements} elements
 * @param {import('./page-types.js').Texts} texts
 * @param {SoundActions} on
 */
export function createSoundSettings(elements, texts, on) {
  const { chosen, refused } = on;
  const microphones = createDevicePicker(elements.microphone, 'microphone', texts.microphone, {
    list: on.listMicrophones,
    choose: on.setMicrophone,
    chosen,
    refused,
  });
  const speakers = createSpeakerPicker(elements, texts.speaker, {
    list: on.listSpeakers,
    choose: on.setSpeaker,
    refused,
  });
  const meter = createMicrophoneMeter(elements.microphoneLevel);
  createVolume(elements, texts.volume, on.setVolume);

  const { pushToTalk } = elements;
  pushToTalk.addEventListener('change', () => {
    lasting.write(PUSH_TO_TALK, pushToTalk.checked ? 'on' : null);
    on.usePushToTalk(pushToTalk.checked);
  });
  pushToTalk.checked = lasting.readOneOf(PUSH_TO_TALK, ['off', 'on']) === 'on';
  on.usePushToTalk(pushToTalk.checked);

  /** The names of devices come with the permission, which may have been given meanwhile. */
  function refresh() {
    void microphones.refresh();
    void speakers.refresh();
  }

  return {
    refresh,
    showLevel: meter.show,
    /** @param {import('./page-types.js').CallState} state */
    showState(state) {
      meter.showState(state);
      if (state === 'live') refresh();
    },
  };
}
