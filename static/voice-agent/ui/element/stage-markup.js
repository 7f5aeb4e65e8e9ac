// The markup of what a call is doing: orb, state in words, trouble, and the question for an access code.

import { node } from './dom-node.js';

const SVG = 'http://www.w3.org/2000/svg';

/** @typedef {import('./element-language.js').AllTexts} AllTexts */

/** The orb with both voices. */
export function buildOrb() {
  const ring = node('canvas', { class: 'orb__ring' });
  const progress = document.createElementNS(SVG, 'svg');
  progress.setAttribute('class', 'orb__progress');
  progress.setAttribute('viewBox', '0 0 100 100');
  const circle = document.createElementNS(SVG, 'circle');
  const shape = { cx: '50', cy: '50', r: '48.5', pathLength: '100' };
  for (const [name, value] of Object.entries(shape)) circle.setAttribute(name, value);
  progress.append(circle);
  const orb = node(
    'div',
    { 'class': 'orb', 'part': 'orb', 'aria-hidden': 'true' },
    node('div', { class: 'orb__halo' }),
    progress,
    ring,
    node('div', { class: 'orb__core' }),
  );
  return { orb, ring };
}

/** @param {AllTexts} texts */
export function buildStatus({ templates, call }) {
  const statusName = node('span', {}, call.states.idle.name);
  const statusDetail = node('span', { class: 'status__detail' });
  const speaking = node('p', { class: 'status__speaking' });
  const elapsed = node('time', {}, '0:00');
  const timeLeft = node('span', { class: 'status__left' });
  const status = node(
    'div',
    { class: 'status', part: 'status' },
    node(
      'output',
      { 'class': 'status__state', 'aria-label': templates.stage.state },
      statusName,
      ' ',
      statusDetail,
    ),
    speaking,
    node(
      'p',
      { 'class': 'status__time', 'role': 'timer', 'aria-live': 'off' },
      node('span', { class: 'visually-hidden' }, templates.stage.elapsed),
      ' ',
      elapsed,
      ' ',
      timeLeft,
    ),
  );
  return { status, statusName, statusDetail, speaking, elapsed, timeLeft };
}

/** Asked for before the first call where the operator gave out access codes. @param {AllTexts} texts */
export function buildAccess({ templates, call }) {
  const words = templates.access;
  const error = node('p', { class: 'field__error', id: 'access-error', role: 'alert' });
  const code = node('input', {
    ...{ id: 'access-code', type: 'text', maxlength: '128', autocomplete: 'off' },
    ...{ autocapitalize: 'none', spellcheck: 'false', enterkeyhint: 'go' },
    ...{ 'aria-describedby': 'access-error', 'required': true, 'autofocus': true },
  });
  const cancel = node('button', { class: 'button button--quiet', type: 'button' }, words.cancel);
  const submit = node(
    'button',
    { class: 'button button--solid', type: 'submit' },
    call.access.submit,
  );
  const form = node(
    'form',
    { class: 'ask__form', autocomplete: 'off', novalidate: true },
    node('h2', { id: 'access-title' }, words.title),
    node('p', { class: 'ask__text', id: 'access-text' }, words.text),
    node('div', { class: 'field' }, node('label', { for: 'access-code' }, words.code), code, error),
    node('div', { class: 'ask__actions' }, cancel, submit),
  );
  const dialog = node(
    'dialog',
    {
      ...{ class: 'ask', part: 'access' },
      ...{ 'aria-labelledby': 'access-title', 'aria-describedby': 'access-text' },
    },
    form,
  );
  return { dialog, form, code, error, submit, cancel };
}
