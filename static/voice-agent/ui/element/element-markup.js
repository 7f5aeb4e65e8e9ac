// All that an element shows, by variant.

import { buildCallButton, buildConversation, buildDock } from './conversation-markup.js';
import { icon } from './icons.js';
import { node } from './dom-node.js';
import { buildAccess, buildOrb, buildStatus } from './stage-markup.js';

/** @typedef {'full' | 'compact'} Variant */

/**
 * @param {import('./element-language.js').AllTexts} texts
 * @param {{variant: Variant, isFloating: boolean}} wish
 */
export function buildMarkup(texts, { variant, isFloating }) {
  const { status, ...words } = buildStatus(texts);
  const problem = node('div', { class: 'problem', part: 'problem', role: 'alert' });
  const access = buildAccess(texts);
  const shared = { ...words, problem, access };
  if (variant === 'compact' && !isFloating) {
    const button = buildCallButton(texts.call);
    const frame = node(
      'div',
      { class: 'frame', part: 'frame' },
      button.call,
      status,
      problem,
      access.dialog,
    );
    return { ...shared, ...button, nodes: [frame], talk: null, floating: null };
  }
  const { orb, ring } = buildOrb();
  const { conversation, ...inside } = buildConversation(texts);
  const { dock, mute, muteLabel, ...button } = buildDock(texts);
  const stage = node(
    'section',
    { 'class': 'stage', 'part': 'stage', 'aria-label': texts.templates.stage.region },
    ...[orb, status, problem],
  );
  const frame = node(
    'div',
    { class: 'frame', part: 'frame' },
    stage,
    conversation,
    dock,
    access.dialog,
  );
  const floating = isFloating ? buildFloating(texts, frame) : null;
  return {
    ...shared,
    ...button,
    nodes: floating ? [floating.panel, floating.launcher] : [frame],
    talk: { orb, ring, mute, muteLabel, ...inside },
    floating,
  };
}

/** @param {import('./element-language.js').AllTexts} texts @param {HTMLElement} frame */
function buildFloating({ element }, frame) {
  const close = node(
    'button',
    {
      ...{ class: 'panel__close button button--quiet button--round', type: 'button' },
      'aria-label': element.close,
    },
    icon('close'),
  );
  const title = node('h2', { class: 'panel__title' });
  const head = node('header', { class: 'panel__head' }, title, close);
  const panel = node(
    'section',
    { class: 'panel', part: 'panel', id: 'panel', role: 'dialog', hidden: true },
    head,
    frame,
  );
  const launcher = node(
    'button',
    {
      ...{ class: 'launcher', part: 'launcher', type: 'button' },
      ...{ 'aria-haspopup': 'dialog', 'aria-expanded': 'false', 'aria-controls': 'panel' },
    },
    icon('mic', 'launcher__mic'),
    node('span', { class: 'launcher__dot' }),
  );
  return { panel, title, launcher, close };
}
