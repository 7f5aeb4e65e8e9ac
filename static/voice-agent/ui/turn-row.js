// One line of the transcript as an element. Text is only ever set as text.

import { fill } from './format.js';
import { child } from './make-element.js';

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
  const speaker = child(by, 'span', 'turn__name');
  speaker.dir = 'auto';
  speaker.textContent = name;
  by.append(' ', timeOf(turn.startedAt));
  const words = child(row, 'p', 'turn__text');
  words.dir = 'auto';
  // A translator would be a word behind all the time; what is final it may have.
  if (!turn.final) words.translate = false;
  updateTurnRow(row, turn, texts);
  return row;
}

/** What was last written into a text, whatever a browser's translator has made of it. @type {WeakMap<Element, string>} */
const written = new WeakMap();

/**
 * Only the text node changes: a word costs one line's layout, and is no addition that would be announced.
 *
 * @param {HTMLElement} row
 * @param {import('./ui-types.js').Turn} turn
 * @param {import('./ui-types.js').Texts} texts
 */
export function updateTurnRow(row, turn, texts) {
  const words = /** @type {HTMLElement} */ (row.querySelector('.turn__text'));
  if (written.get(words) !== turn.text) write(words, turn.text);
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

/** @param {HTMLElement} words @param {string} text */
function write(words, text) {
  written.set(words, text);
  const language = languageOf(text);
  if (words.getAttribute('lang') !== language) words.lang = language;
  const { firstChild } = words;
  // Translators put elements in place of text nodes.
  if (firstChild instanceof Text && firstChild === words.lastChild) firstChild.data = text;
  else words.textContent = text;
}

/**
 * Scripts in which of all languages that the service hears or speaks only one is written.
 * Source: AssemblyAI documentation, "Supported languages" and "Voices", September 2026.
 * @type {[language: string, script: RegExp][]}
 */
const SCRIPTS = [
  ['he', /\p{Script=Hebrew}/u],
  ['ar', /\p{Script=Arabic}/u],
  ['hi', /\p{Script=Devanagari}/u],
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ['zh', /\p{Script=Han}/u],
  ['ko', /\p{Script=Hangul}/u],
  ['ru', /\p{Script=Cyrillic}/u],
];

/**
 * The language of a text by its script, since the service does not tell it. By its first letter, as `dir="auto"` tells
 * the direction: a foreign word further on changes neither.
 *
 * @param {string} text
 * @returns {string}   BCP 47; "" is what HTML calls an unknown language, rather than the page's
 */
export function languageOf(text) {
  const [first = ''] = /\p{L}/u.exec(text) ?? [];
  const found = SCRIPTS.find(([, script]) => script.test(first))?.[0] ?? '';
  // Japanese is Han and kana together, and may begin with either.
  return found === 'zh' && SCRIPTS[3][1].test(text) ? 'ja' : found;
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
