// A button in a corner of the page that opens the element. A call goes on while it is closed.

import { fill } from '../format.js';

/**
 * @param {{panel: HTMLElement, title: HTMLElement, launcher: HTMLButtonElement, close: HTMLButtonElement}} elements
 * @param {import('./element-language.js').AllTexts['element']} texts
 * @param {object} on
 * @param {() => void} on.opened   the focus is to go inside
 */
export function createFloating({ panel, title, launcher, close }, texts, { opened }) {
  /** @param {boolean} isOpen */
  function setOpen(isOpen) {
    if (panel.hidden === !isOpen) return;
    panel.hidden = !isOpen;
    launcher.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) opened();
    else launcher.focus();
  }

  launcher.addEventListener('click', () => setOpen(Boolean(panel.hidden)));
  close.addEventListener('click', () => setOpen(false));
  panel.addEventListener('keydown', (event) => {
    const isForOthers = event.defaultPrevented || panel.querySelector('dialog:modal');
    if (event.key !== 'Escape' || isForOthers) return;
    event.preventDefault();
    setOpen(false);
  });

  return {
    /** @param {boolean} isCall @param {string} agent   its title; empty while that is not known */
    show(isCall, agent) {
      const name = fill(texts.launcher, { agent: agent || texts.agent });
      const call = fill(texts.inCall, { agent: agent || texts.agent });
      title.textContent = agent;
      panel.setAttribute('aria-label', name);
      launcher.setAttribute('aria-label', isCall ? call : name);
    },
  };
}
