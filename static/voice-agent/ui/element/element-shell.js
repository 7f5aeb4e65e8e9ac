// Fills the element's shadow root: styles, markup and view, made anew when another variant or language is asked for;
// nothing for the variant without any. What the page's server wrote into the root is used as it is.

import { tellDeveloper } from './developer-hints.js';
import { textsIn } from './element-language.js';
import { buildRoot, partsOf } from './element-markup.js';
import { showStyled } from './element-styles.js';
import { createView } from './element-view.js';
import { fill } from '../format.js';

/** @typedef {{form: 'full' | 'page' | 'compact' | 'floating' | 'headless', language: string, isTextOnly: boolean}} ViewAttributes */

/**
 * @param {ShadowRoot} shadow
 * @param {import('./element-call.js').Call} call
 * @param {object} page
 * @param {() => ViewAttributes} page.viewAttributes   as the attributes say
 * @param {() => {theme: string | null, isDisabled: boolean, isPushToTalk: boolean}} page.liveAttributes
 * @param {() => void} page.opened   a floating element, for the first time
 * @param {Pick<Parameters<typeof createView>[2], 'access' | 'isElsewhere'>} page.context
 */
export function createShell(shadow, call, { viewAttributes, liveAttributes, opened, context }) {
  let isOpen = false;
  let shown = '';
  /** @type {AbortController | undefined} */
  let view;
  /** @type {ReturnType<typeof createView> | null} */
  let present = null;
  /** @type {HTMLElement | null} */
  let root = null;
  /** What the page's server wrote: good for one view. @type {HTMLElement | null} */
  let served = shadow.querySelector('.voice-agent');
  /** @type {import('./element-call.js').AgentEvents['state'] | null} */
  let last = null;
  call.on('state', (change) => {
    last = change;
    if (!call.isActive) void refresh(); // what was asked for during the call
  });

  async function refresh() {
    const wish = viewAttributes();
    const key = JSON.stringify(wish);
    if (!isOpen || key === shown || (present && call.isActive)) return;
    shown = key;
    clear();
    const { form, language, isTextOnly } = wish;
    if (form === 'headless') return shadow.replaceChildren();
    const isWanted = () => isOpen && key === shown;
    try {
      const texts = await textsIn(language);
      if (isWanted()) show(texts, form, isTextOnly);
    } catch (error) {
      if (isWanted()) showMissing(error);
    }
  }

  /**
   * @param {import('./element-language.js').AllTexts} texts
   * @param {Exclude<ViewAttributes['form'], 'headless'>} form
   * @param {boolean} isTextOnly
   */
  function show(texts, form, isTextOnly) {
    const isServed = served?.dataset.variant === form && served.lang === texts.call.language;
    root = isServed && served ? served : buildRoot(texts, form);
    served = null;
    if (isTextOnly) root.dataset.talk = 'text';
    else delete root.dataset.talk;
    const elements = partsOf(root);
    view = new AbortController();
    present = createView(root, elements, {
      ...context,
      texts,
      call,
      isTextOnly,
      signal: view.signal,
    });
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
    present.goOn(last);
    showStyled(shadow, root);
  }

  /** @param {unknown} error */
  function showMissing(error) {
    shown = ''; // tried again with the next change
    tellDeveloper(
      `its texts could not be loaded (${error}). connect-src in the page's Content-Security-Policy must name the gate.`,
    );
    root = document.createElement('div');
    const alert = document.createElement('p');
    root.className = 'voice-agent';
    root.dataset.variant = 'compact';
    alert.role = 'alert';
    alert.textContent = 'The voice agent could not be loaded.';
    root.append(alert);
    showStyled(shadow, root);
  }

  function adapt() {
    const { theme, isDisabled, isPushToTalk } = liveAttributes();
    if (!root) return;
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    else delete root.dataset.theme;
    present?.showDisabled(isDisabled);
    present?.usePushToTalk(isPushToTalk);
  }

  function clear() {
    view?.abort();
    present = root = null;
  }

  return {
    open() {
      isOpen = true;
      return refresh();
    },
    refresh,
    /** Theme, push to talk, or whether it is disabled have changed. */
    adapt,
    /** @param {import('../../errors.js').VoiceAgentError} error   that no call was the cause of */
    tell: (error) => present?.showError(error),
    /** The page changed what may have caused that error. @param {string} cause   a code or how it begins */
    settle: (cause) => present?.dismissIf(cause),
    close() {
      isOpen = false;
      shown = '';
      last = null;
      clear();
      shadow.replaceChildren();
    },
  };
}

// A button in a corner of the page that opens the element. A call goes on while it is closed.

/**
 * @param {{panel: HTMLElement, title: HTMLElement, launcher: HTMLButtonElement, close: HTMLButtonElement}} elements
 * @param {import('./element-language.js').AllTexts['element']} texts
 * @param {object} on
 * @param {() => void} on.opened   the focus is to go inside
 */
function createFloating({ panel, title, launcher, close }, texts, { opened }) {
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
