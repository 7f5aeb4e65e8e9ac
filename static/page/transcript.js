// The conversation as rows in the order in which people spoke, each replaced or updated by its turn's id.

import { createFollower } from './follow.js';
import { createNote, createTurnRow, timeText, updateTurnRow } from './turn-row.js';
import { fill } from './format.js';

/** Older rows go: a page that stays open for hours must not grow without end. */
const MAX_ROWS = 400;

/**
 * @param {{log: HTMLElement, latest: HTMLButtonElement}} elements
 * @param {import('./types.js').Texts['transcript']} texts
 * @param {() => string} agentTitle
 */
export function createTranscript({ log, latest }, texts, agentTitle) {
  /** Rows of the present call by turn id. @type {Map<string, HTMLElement>} */
  const rows = new Map();
  /** @type {WeakMap<Element, number>} */
  const startedAt = new WeakMap();
  const follow = createFollower(log, latest);

  /** @param {HTMLElement} row @param {number} at  epoch milliseconds */
  function insert(row, at) {
    startedAt.set(row, at);
    let after = log.lastElementChild;
    while (after && (startedAt.get(after) ?? 0) > at) after = after.previousElementSibling;
    if (after) after.after(row);
    else log.prepend(row);
    while (log.childElementCount > MAX_ROWS) log.firstElementChild?.remove();
  }

  /** @param {import('./types.js').Turn} turn */
  function place(turn) {
    const known = rows.get(turn.id);
    if (turn.final && !turn.text.trim()) {
      known?.remove();
      rows.delete(turn.id);
    } else if (known && known.dataset.final === String(turn.final)) {
      updateTurnRow(known, turn, texts);
    } else {
      const row = createTurnRow(turn, agentTitle(), texts);
      rows.set(turn.id, row);
      if (!known) return insert(row, turn.startedAt);
      startedAt.set(row, startedAt.get(known) ?? turn.startedAt);
      known.replaceWith(row);
    }
  }

  /** @param {string} text */
  function note(text) {
    follow(() => insert(createNote(text), Date.now()));
  }

  return {
    /** @param {import('./types.js').Turn} turn */
    show(turn) {
      follow(() => place(turn));
    },
    note,
    /** A new call: what was said before stays to be read, under its own heading. */
    startCall() {
      rows.clear();
      if (log.childElementCount) note(fill(texts.call, { time: timeText(Date.now()) }));
    },
    isEmpty: () => log.childElementCount === 0,
  };
}
