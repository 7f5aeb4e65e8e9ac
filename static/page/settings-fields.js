// The fields of one agent in the side panel: restores what the visitor changed, remembers it, reads it.

import { importAgain } from '../voice-agent/ui/import-again.js';
import { lasting, passing } from './preferences.js';

const OTHER = '*'; // value of the option that opens the free text field

/** Which memory holds which field; prompts are personal and go with the tab. */
const memory = { voice: lasting, system_prompt: passing, greeting: passing };
const NAMES = /** @type {const} */ (['voice', 'system_prompt', 'greeting']);

/** @typedef {HTMLSelectElement | HTMLTextAreaElement | HTMLInputElement} Control */

/**
 * @param {HTMLFieldSetElement} fieldset  rendered by templates/partials/agent-fields.html
 * @param {import('./page-types.js').PublicAgent} agent
 * @param {import('./page-types.js').VoiceAgent} element
 * @param {import('./page-types.js').Texts} texts
 */
export function createAgentFields(fieldset, { name: agent, session, editable }, element, texts) {
  const allowed = NAMES.filter((name) => editable.includes(name));
  const voice = /** @type {HTMLSelectElement | null} */ (field('voice'));
  const otherVoice = /** @type {HTMLInputElement | null} */ (field('other-voice'));
  const defaults = {
    voice: voice?.value ?? '',
    system_prompt: valueOf('system_prompt'),
    greeting: valueOf('greeting'),
  };
  const apply = createPromptApply(fieldset, element, texts);
  /** @type {ReturnType<typeof import('./voice-list.js').createVoiceList> | null} */
  let voices = null;

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
    otherVoice.hidden = isListed || voices?.has(name) === true;
    voices?.show(name);
  }

  /** A voice was chosen in the list, or that its name will be typed. @param {string} value */
  function chooseVoice(value) {
    if (!voice || !otherVoice || value !== OTHER) return showVoice(value);
    if (voice.value !== OTHER || voices?.has(otherVoice.value)) otherVoice.value = '';
    voice.value = OTHER;
    otherVoice.hidden = false;
    otherVoice.focus();
  }

  /** Puts voices by language in place of the plain list; where that cannot be had, it stays. */
  async function showVoiceList() {
    const label = /** @type {HTMLElement | null} */ (fieldset.querySelector('[for^="voice-"]'));
    if (!voice || !label || voices) return voices?.reveal();
    const { createVoiceList } = await importAgain(
      () => import('./voice-list.js'),
      new URL('./voice-list.js', import.meta.url),
    );
    if (voices) return;
    const offered = [...voice.options].map(({ value }) => value);
    voices = createVoiceList({
      name: voice.id,
      label,
      offered: offered.filter((value) => value !== OTHER && value !== ''),
      other: OTHER,
      samples: element.agents?.voice_samples ?? {},
      texts,
      choose: chooseVoice,
    });
    voice.after(...voices.elements);
    voice.hidden = true;
    showVoice(chosenVoice());
    voices.reveal();
  }

  /** @param {keyof typeof memory} name @returns {string | null}   null: as the operator set it */
  function edit(name) {
    const value = name === 'voice' ? chosenVoice() : valueOf(name);
    return value === defaults[name] ? null : value;
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
    for (const name of allowed) memory[name].write(`${agent}:${name}`, edit(name));
    if (event.target === otherVoice) voices?.show(chosenVoice());
  });
  restore();

  /** What the visitor changed; a text of spaces is none, and no voice at all the operator's. */
  function edits() {
    const changed = allowed.flatMap((name) => {
      const value = edit(name);
      if (value === null || (name === 'voice' && !value.trim())) return [];
      return [[name, name === 'voice' || !value.trim() ? value.trim() : value]];
    });
    return Object.fromEntries(changed);
  }

  return {
    isEditable: allowed.length > 0,
    edits,
    /** @param {boolean} isShown */
    show(isShown) {
      fieldset.hidden = !isShown;
    },
    /** Somebody looks. */
    opened() {
      showVoiceList().catch(() => {}); // offline, most likely; the next opening tries again
    },
    /** @param {boolean} isCalled whether the call under way is with this agent */
    showCall(isCalled) {
      if (isCalled) voices?.stop();
      apply.showCall(
        isCalled ? String(edits().system_prompt ?? session?.system_prompt ?? '') : null,
      );
    },
    restoreDefaults() {
      for (const name of NAMES) memory[name].write(`${agent}:${name}`, null);
      restore();
    },
  };
}

// Gives a changed system prompt to the agent in the middle of a call.

/**
 * @param {HTMLElement} fieldset   of one agent
 * @param {import('./page-types.js').VoiceAgent} element
 * @param {import('./page-types.js').Texts} texts
 */
function createPromptApply(fieldset, element, texts) {
  const row = /** @type {HTMLElement | null} */ (fieldset.querySelector('[data-part="apply"]'));
  const button = row?.querySelector('button');
  const outcome = row?.querySelector('output');
  const prompt = /** @type {HTMLTextAreaElement | null} */ (
    fieldset.querySelector('[data-field="system_prompt"]')
  );
  if (!row || !button || !outcome || !prompt) return { showCall() {} };

  /** What the agent goes by now; null = this agent is in no call. @type {string | null} */
  let inUse = null;
  const isNew = () => prompt.value.trim() !== '' && prompt.value !== inUse;

  function show() {
    row?.toggleAttribute('hidden', inUse === null);
    // Not `disabled`: that would take the focus away from whoever has just pressed it.
    button?.setAttribute('aria-disabled', String(!isNew()));
  }

  prompt.addEventListener('input', () => {
    outcome.value = '';
    show();
  });
  button.addEventListener('click', async () => {
    if (inUse === null || !isNew()) return;
    const before = inUse;
    const text = prompt.value;
    inUse = text;
    show();
    try {
      await element.agentClient.update({ system_prompt: text });
      outcome.value = texts.settings.applied;
    } catch {
      if (inUse === text) inUse = before;
      show();
      outcome.value = `${texts.errors['update-refused'].title}. ${texts.errors['update-refused'].text}`;
    }
  });

  return {
    /** @param {string | null} instructions   of the call that this agent is in; null = it is in none */
    showCall(instructions) {
      if (inUse !== null && instructions !== null) return; // it may have changed since the call began
      inUse = instructions;
      outcome.value = '';
      show();
    },
  };
}
