// Between the DOM and the element: its events, what its attributes say of its look, and what was set too early.

import { languageOf } from './element-language.js';
import { AGENT_EVENTS } from './make-agent.js';

const VARIANTS = /** @type {const} */ (['full', 'page', 'compact', 'headless']);

/**
 * Each event of a call becomes one of the DOM, with the client's value as `detail`.
 *
 * @param {HTMLElement} element
 * @param {import('./element-call.js').Call} call
 */
export function tellAsEvents(element, call) {
  for (const type of [...AGENT_EVENTS, 'mute', 'settings']) {
    call.on(/** @type {any} */ (type), (detail) => {
      const options = { bubbles: true, composed: true, detail };
      element.dispatchEvent(new CustomEvent(`voice-agent-${type}`, options));
    });
  }
}

/** @param {HTMLElement} element @returns {import('./element-shell.js').Look} */
export function lookOf(element) {
  const variant = element.getAttribute('variant') ?? '';
  const form = VARIANTS.find((one) => one === variant) ?? 'full';
  const isFloating = element.hasAttribute('floating') && form !== 'headless';
  return { form: isFloating ? 'floating' : form, language: languageOf(element) };
}

/**
 * A property that was set before the element was defined hides the one that is defined: it is set again.
 *
 * @param {object} element
 * @param {string} name
 */
export function takeEarly(element, name) {
  if (!Object.hasOwn(element, name)) return;
  const early = Reflect.get(element, name);
  Reflect.deleteProperty(element, name);
  Reflect.set(element, name, early);
}
