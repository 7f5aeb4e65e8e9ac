// The fields of the side panel for sound and looks, as one piece to fetch.

import { createDisplaySettings } from './display-settings.js';
import { createSoundSettings } from './sound-settings.js';

/**
 * @typedef {object} FieldElements
 * @property {import('./sound-settings.js').SoundElements} sound
 * @property {Parameters<typeof createDisplaySettings>[0]} display
 *
 * @typedef {import('./sound-settings.js').SoundActions & Parameters<typeof createDisplaySettings>[1]} FieldActions
 */

/**
 * @param {FieldElements} elements
 * @param {import('./types.js').Texts} texts
 * @param {FieldActions} on
 */
export function createSidePanelFields(elements, texts, on) {
  const sound = createSoundSettings(elements.sound, texts, on);
  const display = createDisplaySettings(elements.display, on);

  return {
    refresh: sound.refresh,
    showLevel: sound.showLevel,
    /** @param {import('./types.js').CallState} state */
    showState(state) {
      sound.showState(state);
      display.showState();
    },
  };
}
