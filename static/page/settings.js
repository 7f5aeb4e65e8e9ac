// What the next call is with: tells the element which agent is chosen and what of it the visitor changed.

import { byId } from './find.js';
import { lasting } from './preferences.js';
import { createAgentFields } from './settings-fields.js';
import { createSheet } from './sheet.js';

/**
 * @param {import('./page-types.js').VoiceAgent} element   knows its agents, and need not be defined yet
 * @param {import('./page-types.js').Texts} texts
 */
export function createSettings(element, texts) {
  const form = byId('settings-form', HTMLFormElement);
  const restore = byId('settings-restore', HTMLButtonElement);
  /** Only where there is a choice. */
  const choice = /** @type {HTMLSelectElement | null} */ (document.getElementById('agent'));
  const { default: standard, agents } = /** @type {NonNullable<typeof element.agents>} */ (
    element.agents
  );
  const fields = new Map(
    agents.map((agent) => {
      const fieldset = form.querySelector(`fieldset[data-agent="${agent.name}"]`);
      return [
        agent.name,
        createAgentFields(/** @type {HTMLFieldSetElement} */ (fieldset), agent, element, texts),
      ];
    }),
  );
  const panel = createSheet(
    {
      sheet: byId('settings', HTMLDialogElement),
      open: byId('settings-open', HTMLButtonElement),
      closers: [byId('settings-close'), byId('settings-done')],
    },
    {
      opened() {
        for (const one of fields.values()) one.opened();
      },
    },
  );
  /** Whom the call under way, or the last one, is with. */
  let called = '';

  const name = () => choice?.value ?? standard;
  const chosen = () => /** @type {ReturnType<typeof createAgentFields>} */ (fields.get(name()));

  /** From the next call on. */
  function tell() {
    element.setAttribute('agent', name());
    element.session = chosen().edits();
  }

  function showChosen() {
    for (const [agent, one] of fields) one.show(agent === name());
    restore.hidden = !chosen().isEditable;
    tell();
  }

  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', tell);
  choice?.addEventListener('change', () => {
    showChosen();
    lasting.write('agent', choice.value === standard ? null : choice.value);
  });
  restore.addEventListener('click', () => {
    chosen().restoreDefaults();
    tell();
  });
  element.addEventListener('voice-agent-settings', panel.open);
  const remembered = lasting.read('agent');
  if (choice && remembered && fields.has(remembered)) choice.value = remembered;
  showChosen();

  return {
    /** @param {import('./page-types.js').CallState} state */
    showState(state) {
      if (state === 'connecting') called = name();
      const isCall = state === 'live' || state === 'reconnecting';
      for (const [agent, one] of fields) one.showCall(isCall && agent === called);
    },
  };
}
