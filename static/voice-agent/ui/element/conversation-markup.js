// The markup of the conversation, as the page has it, and of the controls below it.

import { icon } from './icons.js';
import { node } from './dom-node.js';

/** @typedef {import('./element-language.js').AllTexts} AllTexts */

/** @param {AllTexts} texts */
export function buildConversation({ templates: { conversation: words } }) {
  const log = node('div', {
    ...{ class: 'conversation__log', role: 'log', tabindex: '0' },
    ...{ 'aria-live': 'polite', 'aria-relevant': 'additions', 'aria-label': words.title },
  });
  const latest = node(
    'button',
    { class: 'conversation__latest button button--quiet', type: 'button', hidden: true },
    icon('down'),
    words.latest,
  );
  const composer = buildComposer(words);
  const { copy, menu } = buildCopy(words);
  const conversation = node(
    'section',
    { 'class': 'conversation', 'part': 'conversation', 'aria-label': words.title },
    node(
      'header',
      { class: 'conversation__head' },
      node('h2', { class: 'conversation__title' }, words.title),
      menu,
    ),
    log,
    node('p', { class: 'conversation__empty' }, words.empty),
    latest,
    composer,
  );
  return { conversation, log, latest, composer, copy };
}

/** @param {AllTexts['templates']['conversation']} words */
function buildComposer(words) {
  const text = node('input', {
    ...{ class: 'composer__text', name: 'text', type: 'text', maxlength: '2000' },
    ...{ 'aria-label': words.message, 'placeholder': words.placeholder },
    ...{ enterkeyhint: 'send', disabled: true },
  });
  const send = node(
    'button',
    { 'class': 'composer__send', 'type': 'submit', 'aria-label': words.send, 'disabled': true },
    icon('send'),
  );
  return node('form', { class: 'composer', part: 'composer', autocomplete: 'off' }, text, send);
}

/** @param {AllTexts['templates']['conversation']} words */
function buildCopy(words) {
  const said = node('output', { class: 'copy__said' });
  const toggle = node(
    'button',
    {
      ...{ class: 'button button--quiet button--round', type: 'button' },
      ...{ 'aria-expanded': 'false', 'aria-controls': 'copy-list' },
      ...{ 'aria-label': words.take, 'title': words.take },
    },
    icon('take'),
  );
  const takes = /** @type {const} */ (['copy', 'text', 'json', 'captions']).map((take) =>
    node(
      'li',
      {},
      node(
        'button',
        { 'class': 'copy__take', 'type': 'button', 'data-take': take },
        icon(take === 'copy' ? 'copy' : 'down-to'),
        words[take],
      ),
    ),
  );
  const list = node('ul', { class: 'copy__list', id: 'copy-list', hidden: true }, ...takes);
  return { copy: { toggle, list, said }, menu: node('div', { class: 'copy' }, said, toggle, list) };
}

/** @param {AllTexts} texts */
export function buildDock({ templates, call: words }) {
  const muteLabel = node('span', { class: 'mute__label' }, words.muteButton.mute);
  const mute = node(
    'button',
    { 'class': 'mute', 'part': 'mute', 'type': 'button', 'data-muted': 'false', 'hidden': true },
    icon('mic', 'mute__on'),
    icon('mic-off', 'mute__off'),
    muteLabel,
  );
  const { call, ...labels } = buildCallButton(words);
  const dock = node(
    'div',
    { 'class': 'dock', 'part': 'dock', 'role': 'group', 'aria-label': templates.dock.controls },
    mute,
    call,
    node('p', { class: 'dock__hint' }, templates.dock.hint),
  );
  return { dock, mute, muteLabel, call, ...labels };
}

/** It stays the same in every state, so that focus never jumps. @param {AllTexts['call']} words */
export function buildCallButton(words) {
  const callLabel = node('span', {}, words.callButton.start);
  const callWait = node('span', { 'class': 'call-button__wait', 'aria-hidden': 'true' });
  const call = node(
    'button',
    { class: 'call-button', part: 'button', type: 'button' },
    icon('mic', 'call-button__start'),
    icon('end', 'call-button__end'),
    callLabel,
    callWait,
  );
  return { call, callLabel, callWait };
}
