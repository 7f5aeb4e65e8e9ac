// Asks for the access code where the gate wants one and the page brought nothing. On the gate's own page a right code
// earns a cookie; elsewhere that would be a foreign one, so the code is shown to the gate with each request, as the
// page's own login would be. Fetched where a gate says no, or may.

import { createAccess } from '../access.js';
import { duration, fill } from '../format.js';

/**
 * @typedef {object} AccessContext
 * @property {() => URL} gate
 * @property {() => boolean} isOurs   whether the page leaves it to the element
 * @property {(code: string) => void} remember
 */

/**
 * @param {AccessElements} elements
 * @param {import('../ui-types.js').Texts} texts
 * @param {AccessContext} context
 */
export function createAccessQuestion(elements, texts, { gate, remember }) {
  let access = createAccess(new URL('api/access', gate()));
  const dialog = createAccessDialog(elements, texts, async (code) => {
    const entry = await access.enter(code);
    const hasCookie = gate().origin === location.origin && window === top;
    if (entry.outcome === 'granted' && !hasCookie) remember(code);
    return entry;
  });

  return {
    /** How the gate decides who may call, as far as that is known. */
    get mode() {
      return access.mode;
    },
    /** Whether the gate is known to say no. */
    get isDenied() {
      return access.isDenied;
    },
    /** Whether it is known that a code would help. */
    get needsCode() {
      return access.needsCode;
    },
    async ask() {
      access = createAccess(new URL('api/access', gate()));
      await access.ask();
    },
    open: dialog.open,
  };
}

// Asks for the access code, until it is right or the visitor gives up.

/**
 * @typedef {object} AccessElements
 * @property {HTMLDialogElement} dialog
 * @property {HTMLFormElement} form
 * @property {HTMLInputElement} code
 * @property {HTMLElement} error   role="alert", and described by it: the field
 * @property {HTMLButtonElement} submit
 * @property {HTMLButtonElement} cancel
 */

/**
 * @param {AccessElements} elements
 * @param {import('../ui-types.js').Texts} texts
 * @param {(code: string) => Promise<import('../access.js').Entry>} enter
 */
function createAccessDialog(
  { dialog, form, code, error, submit, cancel },
  { access: texts, language },
  enter,
) {
  let onGranted = () => {};
  let isAsking = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} runs while no further attempt is allowed */
  let waiting;

  /** @param {string} text @param {boolean} isWrong whether the field is to be marked */
  function say(text, isWrong) {
    error.textContent = text;
    code.setAttribute('aria-invalid', String(isWrong));
  }

  /** Not `disabled`: that would take the focus away. @param {boolean} isBusy */
  function hold(isBusy) {
    submit.setAttribute('aria-disabled', String(isBusy || waiting !== undefined));
    submit.textContent = isBusy ? texts.checking : texts.submit;
    code.readOnly = isBusy;
  }

  /** @param {number} seconds */
  function wait(seconds) {
    waiting = setTimeout(() => {
      waiting = undefined;
      say(texts.again, false);
      hold(false);
    }, seconds * 1000);
  }

  async function attempt() {
    const given = code.value.trim();
    if (isAsking || waiting !== undefined) return;
    if (given === '') return say(texts.empty, true);
    isAsking = true;
    say('', false); // the same words again are then announced again
    hold(true);
    const { outcome, waitSeconds } = await enter(given);
    isAsking = false;
    if (outcome === 'limited') wait(waitSeconds || 1);
    hold(false);
    if (outcome === 'granted') return finish();
    say(
      fill(texts[outcome], { duration: duration(waitSeconds || 1, language) }),
      outcome === 'wrong',
    );
    code.select();
  }

  function finish() {
    if (!dialog.open) return; // given up meanwhile
    dialog.close();
    onGranted();
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt();
  });
  cancel.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    code.value = '';
    if (waiting === undefined) say('', false);
  });

  return {
    /** @param {() => void} then   once the code was right, and in its click or key press */
    open(then) {
      onGranted = then;
      if (!dialog.open) dialog.showModal();
    },
  };
}
