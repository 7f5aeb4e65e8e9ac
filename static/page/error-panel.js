// The one place where trouble is told: what happened, what to do, at most one action.

import { explainWait } from './explain.js';
import { fill } from './format.js';

/** @typedef {import('./explain.js').Explanation} Explanation */

/**
 * @param {HTMLElement} panel   role="alert": its content is announced when it appears
 * @param {import('./types.js').Texts} texts
 * @param {{settings: () => void, takeOver: () => void, extend: () => void, wake: () => void,
 *   dismiss: () => void}} on
 */
export function createErrorPanel(panel, texts, on) {
  const { actions } = texts;
  /** @type {{[action in NonNullable<Explanation['action']>]: () => HTMLElement}} */
  const controls = {
    secure: () => link(actions.secure, location.href.replace(/^http:/, 'https:')),
    copy: () => copyButton(location.href, actions),
    settings: () => button(actions.settings, on.settings),
    takeOver: () => button(actions.takeOver, on.takeOver),
    extend: () => button(actions.extend, on.extend),
    wake: () => button(actions.wake, on.wake),
  };

  let shown = '';
  /** Of how long to wait: counted down in words, announced only as the panel appears. */
  const wait = element('p', 'problem__wait', '');
  wait.setAttribute('role', 'timer');
  wait.setAttribute('aria-live', 'off');

  return {
    /** @param {Explanation} explanation @param {{canDismiss: boolean}} options */
    show(explanation, { canDismiss }) {
      // The same words again would only be announced again.
      const key = JSON.stringify([explanation, canDismiss]);
      if (key === shown) return;
      shown = key;
      const parts = [
        element('h2', 'problem__title', explanation.title),
        element('p', 'problem__text', explanation.text),
      ];
      if (explanation.waitSeconds) {
        wait.textContent = explainWait(explanation.waitSeconds, texts);
        parts.push(wait);
      }
      if (explanation.reference) {
        parts.push(
          element(
            'p',
            'problem__reference',
            fill(texts.problem.reference, { id: explanation.reference }),
          ),
        );
      }
      if (explanation.action) parts.push(controls[explanation.action]());
      else if (canDismiss) parts.push(button(texts.problem.dismiss, on.dismiss));
      panel.replaceChildren(...parts);
    },
    /** @param {number} seconds   0 when the wait is over */
    showWait(seconds) {
      const text = explainWait(seconds, texts);
      if (seconds <= 0) wait.remove();
      else if (wait.textContent !== text) wait.textContent = text;
    },
    clear() {
      shown = '';
      panel.replaceChildren();
    },
    /** For when the button that had the focus goes away. */
    focusAction() {
      /** @type {HTMLElement | null} */ (panel.querySelector('button, a'))?.focus();
    },
  };
}

/** @param {string} name @param {string} className @param {string} text */
function element(name, className, text) {
  const node = document.createElement(name);
  node.className = className;
  node.textContent = text;
  return node;
}

/** @param {string} text @param {() => void} onClick */
function button(text, onClick) {
  const node = element('button', 'problem__action button button--outline', text);
  node.setAttribute('type', 'button');
  node.addEventListener('click', onClick);
  return node;
}

/** @param {string} text @param {string} href */
function link(text, href) {
  const node = element('a', 'problem__action button button--outline', text);
  node.setAttribute('href', href);
  return node;
}

/**
 * Copies an address; where the clipboard is closed to us, the address itself is shown for copying by hand.
 * @param {string} address
 * @param {import('./types.js').Texts['actions']} actions
 */
function copyButton(address, actions) {
  const node = button(actions.copy, async () => {
    try {
      await navigator.clipboard.writeText(address);
      node.textContent = actions.copied;
    } catch {
      node.textContent = address;
    }
  });
  return node;
}
