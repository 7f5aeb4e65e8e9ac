// Composes the page around its element: side panels that are told what changed in the call. The state of the call stands
// on the body too, for what of the page goes by it.

import { addTexts } from '../voice-agent/ui/element/element-language.js';
import { define } from '../voice-agent/ui/element/voice-agent.js';
import { createDetailsSheet } from './details-sheet.js';
import { createDisplaySettings } from './display-settings.js';
import { createSettings } from './settings.js';
import { createSoundSettings } from './sound-settings.js';

/** @typedef {import('./page-types.js').VoiceAgent} VoiceAgent */

const element = /** @type {VoiceAgent} */ (document.querySelector('voice-agent'));
const texts = read('texts');
addTexts(texts);
element.agents = read('agents');
// Before the element is defined, so that it knows its agent from the beginning.
const settings = createSettings(element, texts.call);
define();
const sound = createSoundSettings(element, texts.call);
const display = createDisplaySettings(element);
createDetailsSheet(element, texts.call);

element.addEventListener('voice-agent-state', ({ detail: { state } }) => {
  document.body.dataset.state = state;
  for (const part of [settings, sound, display]) part.showState(state);
});

// Whoever is here may press soon: what a call is made of is fetched then, and not by those who only look.
const signs = new AbortController();
for (const sign of ['pointermove', 'pointerdown', 'keydown'])
  addEventListener(sign, () => (signs.abort(), element.agentClient), signs);

/** What the service wrote into the page for its scripts. @param {string} id @returns {any} */
function read(id) {
  return JSON.parse(String(document.getElementById(id)?.textContent));
}
