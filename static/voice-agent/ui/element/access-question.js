// Asks for the access code where the gate wants one and the page brought nothing. On the gate's own page a right code
// earns a cookie; elsewhere that would be a foreign one, so the code is shown to the gate with each request, as the
// page's own login would be.

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
 */
export function createAccessQuestion(elements, texts, { gate, isOurs, remember }) {
  /** @type {ReturnType<typeof createAccess> | null} */
  let access = null;
  const dialog = createAccessDialog(elements, texts, async (code) => {
    const entry = await /** @type {ReturnType<typeof createAccess>} */ (access).enter(code);
    const hasCookie = gate().origin === location.origin && window === top;
    if (entry.outcome === 'granted' && !hasCookie) remember(code);
    return entry;
  });

  return {
    /** How the gate decides who may call, as far as that is known. */
    get mode() {
      return access?.mode ?? null;
    },
    /** Whether the gate is known to say no. */
    get isDenied() {
      return access?.isDenied ?? false;
    },
    /** Whether it is known that a code would help. */
    get needsCode() {
      return access?.needsCode ?? false;
    },
    async ask() {
      if (!isOurs()) return;
      access = createAccess(new URL('api/access', gate()));
      await access.ask();
    },
    open: dialog.open,
  };
}
