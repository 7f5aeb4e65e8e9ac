// Fills the element's shadow root: style sheet, markup and view, made anew when another variant or language is asked
// for; nothing for the variant without any.

import { createFloating } from './floating.js';
import { textsIn } from './element-language.js';
import { buildMarkup } from './element-markup.js';
import { showStyled } from './element-styles.js';
import { node } from './dom-node.js';
import { tellDeveloper } from './developer-hints.js';
import { createView } from './element-view.js';

/** @typedef {{variant: 'full' | 'compact' | 'headless', isFloating: boolean, language: string}} Look */

/**
 * @param {ShadowRoot} shadow
 * @param {import('./element-call.js').Call} call
 * @param {object} page
 * @param {() => Look} page.look   as the attributes say
 * @param {() => {theme: string | null, isDisabled: boolean}} page.manner
 * @param {() => void} page.opened   a floating element, for the first time
 * @param {Pick<Parameters<typeof createView>[2], 'access' | 'isElsewhere'>} page.context
 */
export function createShell(shadow, call, { look, manner, opened, context }) {
  let isOpen = false;
  let shown = '';
  let view = new AbortController();
  /** @type {ReturnType<typeof createView> | null} */
  let present = null;
  /** @type {HTMLElement | null} */
  let root = null;
  /** @type {import('./element-call.js').AgentEvents['state'] | null} */
  let last = null;
  call.on('state', (change) => {
    last = change;
    if (!call.isActive) void refresh(); // what was asked for during the call
  });

  async function refresh() {
    const wish = look();
    const key = JSON.stringify(wish);
    if (!isOpen || key === shown || (present && call.isActive)) return;
    shown = key;
    clear();
    const { variant, isFloating, language } = wish;
    if (variant === 'headless') return;
    const isWanted = () => isOpen && key === shown;
    try {
      const texts = await textsIn(language);
      if (isWanted()) show(texts, { variant, isFloating });
    } catch (error) {
      if (isWanted()) showMissing(error);
    }
  }

  /** @param {import('./element-language.js').AllTexts} texts @param {{variant: 'full' | 'compact', isFloating: boolean}} wish */
  function show(texts, wish) {
    const elements = buildMarkup(texts, wish);
    root = createRoot(wish.isFloating ? 'full' : wish.variant);
    root.lang = texts.call.language;
    root.append(...elements.nodes);
    present = createView(root, elements, { ...context, texts, call, signal: view.signal });
    const floating =
      elements.floating &&
      createFloating(elements.floating, texts.element, {
        opened: () => (opened(), elements.call.focus()),
      });
    const tell = () => floating?.show(call.isActive, call.title);
    call.on('state', tell, view);
    call.on('title', tell, view);
    tell();
    adapt();
    present.goOn(last, call.turns);
    showStyled(shadow, root);
  }

  /** @param {unknown} error */
  function showMissing(error) {
    shown = ''; // tried again with the next change
    tellDeveloper(
      `its texts could not be loaded (${error}). connect-src in the page's Content-Security-Policy must name the gate.`,
    );
    root = createRoot('compact');
    root.append(node('p', { role: 'alert' }, 'The voice agent could not be loaded.'));
    showStyled(shadow, root);
  }

  function adapt() {
    const { theme, isDisabled } = manner();
    if (!root) return;
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    else delete root.dataset.theme;
    present?.showDisabled(isDisabled);
  }

  function clear() {
    view.abort();
    view = new AbortController();
    present = root = null;
    shadow.replaceChildren();
  }

  return {
    open() {
      isOpen = true;
      return refresh();
    },
    refresh,
    /** Theme or whether it is disabled have changed. */
    adapt,
    close() {
      isOpen = false;
      shown = '';
      last = null;
      clear();
    },
  };
}

/** @param {string} variant */
function createRoot(variant) {
  return node('div', {
    ...{ 'class': 'voice-agent', 'data-variant': variant, 'data-state': 'idle' },
    ...{ 'data-speaking': 'none', 'data-muted': 'false', 'data-conversation': 'empty' },
  });
}
