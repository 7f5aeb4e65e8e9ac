// What fills the side panel besides the agent's own fields. It is fetched when the panel is opened for the first time,
// or once a call is under way; until then only what was chosen on earlier visits counts.

import { showRememberedSize } from './captions-size.js';
import { isPushToTalkWanted } from './push-to-talk-memory.js';

/** @typedef {ReturnType<typeof import('./side-panel-fields.js').createSidePanelFields>} Fields */

/**
 * @param {import('./side-panel-fields.js').FieldElements} elements
 * @param {import('./types.js').Texts} texts
 * @param {import('./side-panel-fields.js').FieldActions} on
 */
export function createSidePanel(elements, texts, on) {
  /** @type {Fields | null} */
  let fields = null;
  /** @type {import('./types.js').CallState} */
  let state = 'idle';

  showRememberedSize();
  on.usePushToTalk(isPushToTalkWanted());

  async function fill() {
    try {
      const { createSidePanelFields } = await import('./side-panel-fields.js');
      if (fields) return;
      fields = createSidePanelFields(elements, texts, on);
      fields.showState(state);
    } catch {
      // Offline, most likely: the next opening tries again.
    }
  }

  return {
    /** The panel is opened. */
    open() {
      if (fields) fields.refresh();
      else void fill();
    },
    /** @param {number} level   of the microphone, 0 to 1 */
    showLevel(level) {
      fields?.showLevel(level);
    },
    /** @param {import('./types.js').CallState} now */
    showState(now) {
      state = now;
      if (fields) fields.showState(now);
      else if (now === 'live') void fill(); // so that a lost connection does not keep it away
    },
  };
}
