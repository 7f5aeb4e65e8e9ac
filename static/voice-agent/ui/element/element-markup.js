// The markup of an element as nodes, and what of it the parts own. One store for this and for the service, which writes
// it into its pages so that something is painted before a script has run (app/web/markup.py): ui/markup.json.
//
// ["tag.class#id", {attribute: value}, ...children]; "$call.states" is a text, "@stage" a piece from there, and
// ["icon", name, class] an icon. true: an attribute without a value.

import { drawIcon, ICONS } from '../draw-icon.js';
import markup from '../markup.json' with { type: 'json' };

/** @typedef {import('./element-language.js').AllTexts} AllTexts */
/** @typedef {ReturnType<typeof partsOf>} Parts */

/** @type {Record<string, any>} */
const MARKUP = markup;

const SVG = 'http://www.w3.org/2000/svg';

/** Those that stand in the markup and are none of HTML's. */
const OF_SVG = ['svg', 'circle'];

/**
 * @param {AllTexts} texts
 * @param {'full' | 'page' | 'compact' | 'floating'} form
 * @returns {HTMLElement}
 */
export function buildRoot(texts, form) {
  const [root] = build(MARKUP.root, texts);
  root.append(...build(MARKUP[form], texts));
  root.dataset.variant = form === 'floating' ? 'full' : form;
  root.lang = texts.call.language;
  return root;
}

/**
 * @param {any} piece   as in markup.json
 * @param {AllTexts} texts
 * @returns {any[]}
 */
function build(piece, texts) {
  if (typeof piece === 'string') {
    if (piece.startsWith('@')) return build(MARKUP[piece.slice(1)], texts);
    return [textOf(piece, texts)];
  }
  const [name, ...rest] = piece;
  if (typeof name !== 'string' || name.startsWith('@'))
    return piece.flatMap((/** @type {any} */ one) => build(one, texts));
  if (name === 'icon') return [drawIcon(ICONS[rest[0]], rest[1])];
  const [names, id] = name.split('#');
  const [tag, ...classes] = names.split('.');
  const node = OF_SVG.includes(tag)
    ? document.createElementNS(SVG, tag)
    : document.createElement(tag);
  if (classes.length > 0) node.setAttribute('class', classes.join(' '));
  if (id) node.id = id;
  const hasAttributes = rest[0]?.constructor === Object;
  for (const [attribute, value] of Object.entries(hasAttributes ? rest.shift() : {}))
    node.setAttribute(attribute, value === true ? '' : textOf(value, texts));
  node.append(...rest.flatMap((/** @type {any} */ child) => build(child, texts)));
  return [node];
}

/** @param {string} word   a text, or where it stands @param {any} texts @returns {string} */
function textOf(word, texts) {
  if (!word.startsWith('$')) return word;
  return word
    .slice(1)
    .split('.')
    .reduce((all, key) => all[key], texts);
}

/**
 * What the parts own; what a variant has not is null.
 *
 * @param {HTMLElement} root
 */
export function partsOf(root) {
  /** @param {string} id @returns {any} */
  const part = (id) => root.querySelector(`#${id}`);
  return {
    statusName: part('status-name'),
    statusDetail: part('status-detail'),
    speaking: part('speaking'),
    elapsed: part('elapsed'),
    timeLeft: part('time-left'),
    problem: part('problem'),
    pointer: part('pointer'),
    call: part('call'),
    callLabel: part('call-label'),
    callWait: part('call-wait'),
    access: {
      dialog: part('access'),
      form: part('access-form'),
      code: part('access-code'),
      error: part('access-error'),
      submit: part('access-submit'),
      cancel: part('access-cancel'),
    },
    talk: part('log') && {
      orb: part('orb'),
      ring: part('orb-ring'),
      rest: part('orb-rest'),
      mute: part('mute'),
      muteLabel: part('mute-label'),
      hold: part('hold'),
      holdLabel: part('hold-label'),
      type: part('type'),
      log: part('log'),
      latest: part('latest'),
      composer: part('composer'),
      after: part('after'),
      copy: { toggle: part('copy-open'), list: part('copy-list'), said: part('copy-said') },
    },
    floating: part('panel') && {
      panel: part('panel'),
      title: part('panel-title'),
      launcher: part('launcher'),
      close: part('panel-close'),
    },
  };
}
