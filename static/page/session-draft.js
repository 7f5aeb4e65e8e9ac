// Lays what a visitor changed over what the operator configured. Pure.

/**
 * @typedef {object} Edits   null = not changed
 * @property {string | null} voice
 * @property {string | null} system_prompt
 * @property {string | null} greeting
 */

/**
 * The session to send. Only fields that the operator made editable are touched; the configured object stays as it was.
 * An emptied greeting or prompt is left out (the wire knows no null there), an emptied voice falls back to the
 * configured one.
 *
 * @param {import('./page-types.js').SessionConfig} configured
 * @param {Edits} edits
 * @param {readonly string[]} editable
 * @returns {import('./page-types.js').SessionConfig}
 */
export function draftSession(configured, edits, editable) {
  const session = { ...configured };
  for (const name of /** @type {const} */ (['system_prompt', 'greeting'])) {
    const text = edits[name];
    if (text === null || !editable.includes(name)) continue;
    if (text.trim()) session[name] = text;
    else delete session[name];
  }
  if (edits.voice?.trim() && editable.includes('voice')) {
    session.output = {
      .../** @type {object} */ (configured.output ?? {}),
      voice: edits.voice.trim(),
    };
  }
  return session;
}
