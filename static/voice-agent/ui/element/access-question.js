// Asks for the access code where the gate wants one and the page brought nothing. What was right is shown to the gate
// with each request, as the page's own login would be: a cookie of the gate would be a foreign one here.

import { createAccess } from '../access.js';
import { createAccessDialog } from '../access-dialog.js';

/**
 * @typedef {object} AccessContext
 * @property {() => URL} gate
 * @property {() => boolean} isOurs   whether the page leaves it to the element
 * @property {(code: string) => void} remember
 */

/**
 * @param {import('../access-dialog.js').AccessElements} elements
 * @param {import('../ui-types.js').Texts} texts
 * @param {AccessContext} context
 * @param {() => void} start   with the code that was right
 */
export function createAccessQuestion(elements, texts, { gate, isOurs, remember }, start) {
  /** @type {ReturnType<typeof createAccess> | null} */
  let access = null;
  const dialog = createAccessDialog(elements, texts, async (code) => {
    const entry = await /** @type {ReturnType<typeof createAccess>} */ (access).enter(code);
    if (entry.outcome === 'granted') remember(code);
    return entry;
  });

  return {
    /** How the gate decides who may call, as far as that is known. */
    get mode() {
      return access?.mode ?? null;
    },
    /** Whether a code would help. */
    async isNeeded() {
      if (!isOurs()) return false;
      access = createAccess(new URL('api/access', gate()));
      await access.ask();
      return access.mode === 'code';
    },
    open: () => dialog.open(start),
  };
}
