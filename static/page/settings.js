// What the next call is with: knows which agent is chosen and what of it the visitor changed.

import { createPromptApply } from './prompt-apply.js';
import { createAgentFields } from './settings-fields.js';
import { createSheet } from './sheet.js';
import { lasting } from './preferences.js';

/**
 * @typedef {object} SettingsElements
 * @property {HTMLDialogElement} sheet
 * @property {HTMLFormElement} form
 * @property {HTMLButtonElement} open
 * @property {HTMLButtonElement} close
 * @property {HTMLButtonElement} done
 * @property {HTMLButtonElement} restore
 * @property {HTMLSelectElement | null} agent   only when there are several
 */

/**
 * @param {SettingsElements} elements
 * @param {import('./page-types.js').Texts} texts
 * @param {object} on
 * @param {() => void} on.opened
 * @param {() => void} on.closed
 * @param {(session: import('./page-types.js').SessionConfig) => Promise<void>} on.update   the call under way
 */
export function createSettings({ sheet, form, open, close, done, restore, agent }, texts, on) {
  const fieldsets = /** @type {NodeListOf<HTMLFieldSetElement>} */ (
    form.querySelectorAll('fieldset[data-agent]')
  );
  const agents = [...fieldsets].map((fieldset) => ({
    ...createAgentFields(fieldset),
    apply: createPromptApply(fieldset, texts, on.update),
  }));
  const standard = agent?.value ?? agents[0]?.name;
  const panel = createSheet({ sheet, open, closers: [close, done] }, on);
  /** What the call under way, or the last one, began with. */
  let called = { name: '', prompt: '' };

  const chosen = () => agents.find(({ name }) => name === (agent?.value ?? standard)) ?? agents[0];

  /** @param {string | undefined} name */
  function choose(name) {
    if (agent && agents.some((one) => one.name === name)) agent.value = String(name);
    for (const one of agents) one.show(one === chosen());
    restore.hidden = !chosen().isEditable;
  }

  form.addEventListener('submit', (event) => event.preventDefault());
  agent?.addEventListener('change', () => {
    choose(agent.value);
    lasting.write('agent', agent.value === standard ? null : agent.value);
  });
  restore.addEventListener('click', () => chosen().restoreDefaults());
  choose(lasting.read('agent') ?? standard);

  return {
    open: panel.open,
    agentTitle: () => chosen().title,
    /** What to send at the start of the next call. */
    session: () => chosen().session(),
    /** @param {import('./page-types.js').CallState} state */
    showState(state) {
      if (state === 'connecting') {
        const { name, session } = chosen();
        called = { name, prompt: String(session().system_prompt ?? '') };
      }
      const isCall = state === 'live' || state === 'reconnecting';
      for (const { name, apply } of agents) {
        apply.showCall(isCall && name === called.name ? called.prompt : null);
      }
    },
  };
}
