// One line of the transcript as an element. Text is only ever set as text.

import { fill } from './format.js';

/**
 * A row for the present state of a turn. A partial row is hidden from assistive technology; when the turn is final the
 * transcript puts a new row in its place, which the log then announces, once.
 *
 * @param {import('./ui-types.js').Turn} turn
 * @param {string} name   of who speaks
 * @param {import('./ui-types.js').Texts} texts
 */
export function createTurnRow(turn, name, texts) {
  const row = document.createElement('div');
  row.className = 'turn';
  row.dataset.role = turn.role;
  row.setAttribute('part', `turn turn-${turn.role}`);
  row.dataset.final = String(turn.final);
  if (!turn.final) row.setAttribute('aria-hidden', 'true');
  const by = child(row, 'p', 'turn__by');
  child(by, 'span', 'turn__name').textContent = name;
  by.append(' ', timeOf(turn.startedAt));
  child(row, 'p', 'turn__text').append('');
  updateTurnRow(row, turn, texts);
  return row;
}

/**
 * Only the text node changes: a word costs one line's layout, and is no addition that would be announced.
 *
 * @param {HTMLElement} row
 * @param {import('./ui-types.js').Turn} turn
 * @param {import('./ui-types.js').Texts} texts
 */
export function updateTurnRow(row, turn, texts) {
  const text = /** @type {Text} */ (row.querySelector('.turn__text')?.firstChild);
  if (text.data !== turn.text) text.data = turn.text;
  if (turn.interrupted && row.dataset.interrupted !== 'true') {
    row.dataset.interrupted = 'true';
    child(row, 'p', 'turn__mark').textContent = texts.transcript.interrupted;
  }
}

/**
 * @param {HTMLElement} row
 * @param {number} pauseMs   before the answer
 * @param {import('./ui-types.js').Texts} texts
 */
export function showPause(row, pauseMs, texts) {
  const by = row.querySelector('.turn__by');
  if (!(by instanceof HTMLElement) || by.querySelector('.turn__pause')) return;
  by.append(' ');
  child(by, 'span', 'turn__pause').textContent = fill(texts.transcript.answered, {
    seconds: secondsText(pauseMs, texts.language),
  });
}

/** @param {string} text */
export function createNote(text) {
  const note = document.createElement('p');
  note.className = 'note';
  note.textContent = text;
  return note;
}

/** Hours and minutes as the visitor writes them. @param {number} epochMs */
export function timeText(epochMs) {
  return new Date(epochMs).toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' });
}

/** @param {number} ms @param {string} language */
function secondsText(ms, language) {
  const format = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return new Intl.NumberFormat(language, format).format(ms / 1000);
}

/** @param {number} epochMs */
function timeOf(epochMs) {
  const time = document.createElement('time');
  time.className = 'turn__time';
  time.dateTime = new Date(epochMs).toISOString();
  time.textContent = timeText(epochMs);
  return time;
}

/** @param {HTMLElement} parent @param {string} name @param {string} className */
function child(parent, name, className) {
  const node = document.createElement(name);
  node.className = className;
  parent.append(node);
  return node;
}
