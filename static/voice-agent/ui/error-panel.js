// The one place where trouble is told: what happened, what to do, at most one action.

import { explainWait } from './explain.js';
import { fill } from './format.js';
import { button, element } from './make-element.js';

/** @typedef {import('./explain.js').Explanation} Explanation */

/**
 * @param {HTMLElement} panel   role="alert": its content is announced when it appears
 * @param {import('./ui-types.js').Texts} texts
 * @param {{settings?: () => void, allow: (answer: 'asked' | 'allowed' | 'refused') => void, takeOver: () => void, extend: () => void, wake: () => void, unmute: () => void,
 *   stillHere: () => void, dismiss: () => void, focusElsewhere: () => void}} on   `focusElsewhere`: what had the focus is
 *   gone
 */
export function createErrorPanel(panel, texts, on) {
  const { actions } = texts;
  /** @type {{[action in NonNullable<Explanation['action']>]: () => HTMLElement}} */
  const controls = {
    allow: () => allowButton(on.allow),
    secure: () => link(actions.secure, location.href.replace(/^http:/, 'https:')),
    ownTab: () => link(actions.ownTab, location.href, { isNewTab: true }),
    copy: () => copyButton(location.href, actions),
    settings: () => button(ACTION, actions.settings, () => on.settings?.()),
    takeOver: () => button(ACTION, actions.takeOver, on.takeOver),
    extend: () => button(ACTION, actions.extend, on.extend),
    wake: () => button(ACTION, actions.wake, on.wake),
    unmute: () => button(ACTION, actions.unmute, on.unmute),
    stillHere: () => button(ACTION, actions.stillHere, on.stillHere),
  };

  let shown = '';
  /** Counted down in words, announced only as the panel appears. */
  const timer = element('p', 'problem__timer');
  timer.setAttribute('role', 'timer');
  timer.setAttribute('aria-live', 'off');
  const bar = /** @type {HTMLProgressElement} */ (element('progress', 'problem__progress'));
  bar.setAttribute('aria-hidden', 'true'); // the timer says it

  /** @param {string} text */
  function showTimer(text) {
    if (timer.textContent !== text) timer.textContent = text;
    timer.hidden = text === '';
  }

  /** @param {Node[]} parts */
  function replace(parts) {
    const hadFocus = panel.matches(':focus-within');
    panel.replaceChildren(...parts);
    if (hadFocus) focusAction();
  }

  /** Where the panel has nothing to press, the focus goes to whatever does. */
  function focusAction() {
    /** @type {HTMLElement | null} */
    const target = panel.querySelector('.problem__action');
    if (target) target.focus();
    else on.focusElsewhere();
  }

  return {
    /** @param {Explanation} explanation @param {{canDismiss: boolean}} options */
    show(explanation, { canDismiss }) {
      // The same words again would only be announced again.
      const key = JSON.stringify([explanation, canDismiss]);
      if (key === shown) return;
      shown = key;
      const { title, text, action, reference, waitSeconds } = explanation;
      showTimer(waitSeconds ? explainWait(waitSeconds, texts) : '');
      bar.hidden = true;
      const parts = [
        element('h2', 'problem__title', title),
        element('p', 'problem__text', text),
        timer,
        bar,
      ];
      if (reference) {
        const words = fill(texts.problem.reference, { id: reference });
        parts.push(element('p', 'problem__reference', words));
      }
      const canAct = action !== 'settings' || on.settings;
      if (action && canAct) parts.push(controls[action]());
      if (canDismiss) {
        const close = button('problem__dismiss button button--round', '×', on.dismiss);
        close.setAttribute('aria-label', texts.problem.dismiss);
        parts.push(close);
      }
      replace(parts);
    },
    /** @param {number} seconds   0 when the wait is over */
    showWait(seconds) {
      showTimer(seconds > 0 ? explainWait(seconds, texts) : '');
    },
    /** What goes on in this trouble. @param {string} text @param {number} [share]   0 to 1, still to come */
    showTime(text, share) {
      showTimer(text);
      bar.hidden = share === undefined;
      if (share !== undefined) bar.value = Math.round(share * 100) / 100;
    },
    clear() {
      if (shown === '') return;
      shown = '';
      replace([]);
    },
    focusAction,
  };
}

// What the panel of trouble is made of.

const ACTION = 'problem__action button button--outline';

/** @param {string} text @param {string} href @param {{isNewTab?: boolean}} [options] */
function link(text, href, { isNewTab = false } = {}) {
  const node = element('a', ACTION, text);
  node.setAttribute('href', href);
  if (isNewTab) {
    node.setAttribute('target', '_blank');
    node.setAttribute('rel', 'noopener');
  }
  return node;
}

/**
 * The browser's own button for a microphone, which asks again even where scripts are refused without a question. It
 * writes its own words, in the language of the page.
 * Source: WICG, PEPC, "media capture HTML elements", November 2026; Chromium 156.
 *
 * @param {(answer: 'asked' | 'allowed' | 'refused') => void} onAnswer
 */
function allowButton(onAnswer) {
  const node = /** @type {HTMLElement & {track: MediaStreamTrack}} */ (
    element('microphone', 'problem__action problem__allow')
  );
  node.tabIndex = 0; // it is 0, but tools that look for what takes the focus do not know it
  node.addEventListener('click', () => onAnswer('asked'));
  for (const type of ['cancel', 'error']) node.addEventListener(type, () => onAnswer('refused'));
  node.addEventListener('track', () => {
    node.track.stop(); // the call opens its own
    onAnswer('allowed');
  });
  return node;
}

/**
 * Copies an address; where the clipboard is closed to us, the address itself is shown for copying by hand.
 * @param {string} address
 * @param {import('./ui-types.js').Texts['actions']} actions
 */
function copyButton(address, actions) {
  const node = button(ACTION, actions.copy, async () => {
    try {
      await navigator.clipboard.writeText(address);
      node.textContent = actions.copied;
    } catch {
      node.textContent = address;
    }
  });
  return node;
}
