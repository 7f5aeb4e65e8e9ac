// One check in the list: its state as icon and word, what it means, what was measured, and a button to repeat it.

import { drawIcon } from '../../voice-agent/ui/draw-icon.js';
import icons from '../page-icons.json' with { type: 'json' };

/** @type {Record<string, string | string[]>} */
const ICONS = icons;

/**
 * @param {HTMLElement} row
 * @param {import('./diagnostics-types.js').DiagnosticsTexts} texts
 * @param {() => void} onRepeat
 */
export function createRow(row, texts, onRepeat) {
  const id = /** @type {import('./diagnostics-types.js').CheckId} */ (row.dataset.check);
  const status = part('.check__status');
  const text = part('.check__text');
  const values = part('.check__values');
  const actions = part('.check__actions');
  const repeat = /** @type {HTMLButtonElement} */ (part('button'));
  repeat.addEventListener('click', () => repeat.ariaDisabled !== 'true' && onRepeat());

  /** @param {string} selector */
  function part(selector) {
    return /** @type {HTMLElement} */ (row.querySelector(selector));
  }

  /**
   * @param {import('./diagnostics-types.js').RowStatus} now
   * @param {{text: string, values?: [string, string][], link?: {text: string, href: string} | null}} content
   */
  function show(now, content) {
    row.dataset.status = now;
    part('.check__icon').replaceWith(drawIcon(ICONS[now], 'check__icon'));
    status.textContent = texts.statuses[now];
    text.textContent = content.text;
    values.replaceChildren(...(content.values ?? []).map(pair));
    actions.replaceChildren(...(content.link ? [anchor(content.link)] : []));
  }

  return {
    id,
    show,
    showWaiting: () => show('waiting', { text: texts.checks[id].about }),
    showRunning: () => show('running', { text: texts.checks[id].about }),
    /** Not `disabled`: that would take the focus away. @param {boolean} isOff */
    setBusy(isOff) {
      repeat.setAttribute('aria-disabled', String(isOff));
    },
    focus: () => repeat.focus(),
  };
}

/** @param {[string, string]} pair */
function pair([name, value]) {
  const group = document.createElement('div');
  const [term, description] = ['dt', 'dd'].map((kind) => document.createElement(kind));
  term.textContent = name;
  description.textContent = value;
  group.append(term, ' ', description);
  return group;
}

/** @param {{text: string, href: string}} link */
function anchor({ text, href }) {
  const node = document.createElement('a');
  node.className = 'button button--outline';
  node.textContent = text;
  node.href = href;
  return node;
}
