// A tool that the agent called, as a quiet card: its name and how it stands; what it was given and gave, on demand.

import { fill } from './format.js';
import { child } from './make-element.js';

/** What a person may want to look at; the rest is only counted. */
const MAX_CHARACTERS = 4_000;

/** States after which nothing more comes. */
const OVER = new Set(['done', 'failed', 'refused', 'cancelled', 'elsewhere']);

/** @typedef {import('./ui-types.js').ToolCall} ToolCall */
/** @typedef {import('./ui-types.js').Texts['tools']} ToolTexts */

/**
 * Silent for screen readers until the call is over; then its line is announced, once, as a whole.
 *
 * @param {ToolCall} call
 * @param {ToolTexts} texts
 */
export function createToolCard({ name, args }, texts) {
  const card = document.createElement('details');
  card.className = 'tool';
  card.setAttribute('aria-live', 'off');
  const summary = child(card, 'summary', 'tool__summary');
  const line = child(summary, 'span', 'tool__line');
  line.setAttribute('aria-atomic', 'true');
  child(line, 'span', 'tool__name').textContent = name;
  line.append(' ');
  child(line, 'span', 'tool__state');
  addPart(card, texts.arguments, args, texts);
  return card;
}

/**
 * @param {HTMLElement} card
 * @param {ToolCall} call
 * @param {ToolTexts} texts
 */
export function updateToolCard(card, call, texts) {
  if (card.dataset.status === call.status) return;
  card.dataset.status = call.status;
  if (OVER.has(call.status)) card.removeAttribute('aria-live');
  card.querySelector('.tool__state')?.replaceChildren(texts.states[call.status]);
  if (call.status === 'done') addPart(card, texts.result, call.result, texts);
  if (call.status === 'failed') addPart(card, texts.error, call.error, texts);
}

/**
 * JSON as a person reads it, within bounds.
 *
 * @param {unknown} value
 * @param {ToolTexts} texts
 */
export function readable(value, texts) {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '');
  if (text.length <= MAX_CHARACTERS) return text;
  const count = text.length - MAX_CHARACTERS;
  return `${text.slice(0, MAX_CHARACTERS)}\n${fill(texts.more, { count })}`;
}

/** @param {HTMLElement} card @param {string} title @param {unknown} value @param {ToolTexts} texts */
function addPart(card, title, value, texts) {
  const part = document.createElement('div');
  part.className = 'tool__part';
  part.setAttribute('aria-live', 'off');
  child(part, 'p', 'tool__title').textContent = title;
  const shown = child(part, 'pre', 'tool__value');
  shown.dir = 'auto';
  shown.textContent = readable(value, texts);
  card.append(part);
}
