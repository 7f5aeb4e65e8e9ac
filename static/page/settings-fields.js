// The fields of one agent in the side panel: restores what the visitor changed, remembers it, reads it.

import { lasting, passing } from './preferences.js';
import { draftSession } from './session-draft.js';

const OTHER = '*'; // value of the option that opens the free text field

/** Which memory holds which field; prompts are personal and go with the tab. */
const memory = { voice: lasting, system_prompt: passing, greeting: passing };

/** @typedef {HTMLSelectElement | HTMLTextAreaElement | HTMLInputElement} Control */

/** @param {HTMLFieldSetElement} fieldset  rendered by templates/partials/agent-fields.html */
export function createAgentFields(fieldset) {
  const { agent = '', title = '', session = '{}', editable = '' } = fieldset.dataset;
  const configured = /** @type {import('./page-types.js').SessionConfig} */ (JSON.parse(session));
  const allowed = editable.split(' ').filter(Boolean);
  const voice = /** @type {HTMLSelectElement | null} */ (field('voice'));
  const otherVoice = /** @type {HTMLInputElement | null} */ (field('other-voice'));
  const defaults = {
    voice: voice?.value ?? '',
    system_prompt: valueOf('system_prompt'),
    greeting: valueOf('greeting'),
  };

  /** @param {string} name @returns {Control | null} */
  function field(name) {
    return fieldset.querySelector(`[data-field="${name}"]`);
  }

  /** @param {string} name */
  function valueOf(name) {
    return field(name)?.value ?? '';
  }

  function chosenVoice() {
    return (voice?.value === OTHER ? otherVoice?.value : voice?.value) ?? '';
  }

  /** @param {string} name */
  function showVoice(name) {
    if (!voice || !otherVoice) return;
    const isListed = name !== OTHER && [...voice.options].some((option) => option.value === name);
    voice.value = isListed ? name : OTHER;
    if (!isListed) otherVoice.value = name;
    otherVoice.hidden = isListed;
  }

  /** @param {keyof typeof memory} name @returns {string | null} */
  function edit(name) {
    const value = name === 'voice' ? chosenVoice() : valueOf(name);
    return value === defaults[name] ? null : value;
  }

  function remember() {
    for (const name of allowed) {
      if (name === 'voice' || name === 'system_prompt' || name === 'greeting') {
        memory[name].write(`${agent}:${name}`, edit(name));
      }
    }
  }

  function restore() {
    for (const name of /** @type {const} */ (['system_prompt', 'greeting'])) {
      const text = field(name);
      if (text && allowed.includes(name))
        text.value = passing.read(`${agent}:${name}`) ?? defaults[name];
    }
    showVoice(lasting.readWord(`${agent}:voice`) ?? defaults.voice);
  }

  fieldset.addEventListener('input', (event) => {
    if (otherVoice && voice && event.target === voice) {
      otherVoice.hidden = voice.value !== OTHER;
      if (!otherVoice.hidden) otherVoice.focus();
    }
    remember();
  });
  restore();

  return {
    name: agent,
    title,
    isEditable: allowed.length > 0,
    /** @param {boolean} isShown */
    show(isShown) {
      fieldset.hidden = !isShown;
    },
    session: () =>
      draftSession(
        configured,
        { voice: edit('voice'), system_prompt: edit('system_prompt'), greeting: edit('greeting') },
        allowed,
      ),
    restoreDefaults() {
      for (const name of /** @type {const} */ (['voice', 'system_prompt', 'greeting'])) {
        memory[name].write(`${agent}:${name}`, null);
      }
      restore();
    },
  };
}
