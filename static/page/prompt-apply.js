// Gives a changed system prompt to the agent in the middle of a call.

/**
 * @param {HTMLElement} fieldset   of one agent
 * @param {import('./page-types.js').VoiceAgent} element
 * @param {import('./page-types.js').Texts} texts
 */
export function createPromptApply(fieldset, element, texts) {
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
