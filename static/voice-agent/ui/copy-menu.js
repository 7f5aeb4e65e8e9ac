// A button that opens a short list of ways to take the conversation along.

import { take } from './take.js';

/** How long the button says what was done. */
const SAID_MS = 3_000;

/**
 * @param {{toggle: HTMLButtonElement, list: HTMLElement, said: HTMLElement}} elements   buttons in the list say in
 *   `data-take` what they do
 * @param {import('./ui-types.js').Texts} texts
 * @param {() => import('./transcript-view.js').Item[]} items
 * @param {AbortSignal} [signal]   the menu is gone
 */
export function createCopyMenu({ toggle, list, said }, texts, items, signal) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let quieten;

  const isOpen = () => !list.hidden;

  /** @param {boolean} open */
  function setOpen(open) {
    list.hidden = !open;
    toggle.setAttribute('aria-expanded', String(open));
  }

  /** @param {string} text */
  function say(text) {
    clearTimeout(quieten);
    said.textContent = text;
    quieten = setTimeout(() => (said.textContent = ''), SAID_MS);
  }

  /** @param {import('./take.js').Kind} kind */
  async function takeAlong(kind) {
    say(await take(kind, items(), texts));
  }

  toggle.addEventListener('click', () => setOpen(!isOpen()));
  list.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('button') : null;
    if (!button) return;
    setOpen(false);
    toggle.focus();
    void takeAlong(/** @type {import('./take.js').Kind} */ (button.dataset.take));
  });
  for (const part of [toggle, list]) {
    part.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !isOpen()) return;
      event.preventDefault();
      setOpen(false);
      toggle.focus();
    });
    part.addEventListener('focusout', ({ relatedTarget }) => {
      const isInside =
        relatedTarget === toggle || list.contains(/** @type {Node | null} */ (relatedTarget));
      if (!isInside && relatedTarget) setOpen(false);
    });
  }
  document.addEventListener(
    'pointerdown',
    (event) => {
      const path = event.composedPath(); // inside a shadow root, too
      if (isOpen() && !path.includes(toggle) && !path.includes(list)) setOpen(false);
    },
    { signal },
  );

  return takeAlong;
}
