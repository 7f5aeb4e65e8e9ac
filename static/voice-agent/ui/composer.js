// Typed words beside the voice; only while the agent can take them.

/**
 * @param {HTMLFormElement} form   with one text field and one submit button
 * @param {(text: string) => void} onSay
 */
export function createComposer(form, onSay) {
  const field = /** @type {HTMLInputElement} */ (form.elements.namedItem('text'));
  const send = /** @type {HTMLButtonElement} */ (form.querySelector('button'));

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text || send.disabled) return;
    onSay(text);
    field.value = '';
    field.focus();
  });

  return {
    /** @param {import('./ui-types.js').CallState} state */
    showState(state) {
      // What was typed stays in the field while the connection is away.
      field.disabled = state !== 'live' && state !== 'reconnecting';
      send.disabled = state !== 'live';
    },
  };
}
