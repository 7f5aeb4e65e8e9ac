// The settings sheet: opens and closes it, and knows which agent is chosen.

import { createAgentFields } from './settings-fields.js';
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

/** @param {SettingsElements} elements @param {() => void} onClose */
export function createSettings({ sheet, form, open, close, done, restore, agent }, onClose) {
  const agents = [
    .../** @type {NodeListOf<HTMLFieldSetElement>} */ (
      form.querySelectorAll('fieldset[data-agent]')
    ),
  ].map(createAgentFields);
  const standard = agent?.value ?? agents[0]?.name;

  const chosen = () => agents.find(({ name }) => name === (agent?.value ?? standard)) ?? agents[0];

  /** @param {string | undefined} name */
  function choose(name) {
    if (agent && agents.some((one) => one.name === name)) agent.value = String(name);
    for (const one of agents) one.show(one === chosen());
    restore.hidden = !chosen().isEditable;
  }

  open.addEventListener('click', () => sheet.showModal());
  for (const button of [close, done]) button.addEventListener('click', () => sheet.close());
  sheet.addEventListener('close', onClose);
  // A press beside the sheet lands on the dialog element itself: its content covers all the rest of it.
  sheet.addEventListener('click', (event) => event.target === sheet && sheet.close());
  form.addEventListener('submit', (event) => event.preventDefault());
  agent?.addEventListener('change', () => {
    choose(agent.value);
    lasting.write('agent', agent.value === standard ? null : agent.value);
  });
  restore.addEventListener('click', () => chosen().restoreDefaults());
  choose(lasting.read('agent') ?? standard);

  return {
    open: () => sheet.showModal(),
    agentTitle: () => chosen().title,
    /** What to send at the start of the next call. */
    session: () => chosen().session(),
  };
}
