// The conversation as rows: turns, tool calls and notes, each replaced or updated by its id.

import { createFollower } from './follow.js';
import { fill } from './format.js';
import { createToolCard, updateToolCard } from './tool-card.js';
import { createNote, createTurnRow, showPause, timeText, updateTurnRow } from './turn-row.js';

/**
 * @param {{log: HTMLElement, latest: HTMLButtonElement}} elements
 * @param {import('./ui-types.js').Texts} texts
 * @param {() => string} agentTitle
 */
export function createTranscript({ log, latest }, texts, agentTitle) {
  const rows = createRowList(log);
  const follow = createFollower(log, latest);
  /** Before the latest answer, which may have no row yet. @type {{turnId: string, pauseMs: number} | null} */
  let pause = null;
  let notes = 0;

  /** @param {import('./ui-types.js').Turn} turn */
  function place(turn) {
    const id = `turn ${turn.id}`;
    if (turn.final && !turn.text.trim()) return rows.remove(id);
    const known = rows.find(id);
    const name = turn.role === 'user' ? texts.transcript.you : agentTitle();
    const isSame = known?.dataset.final === String(turn.final);
    const row = known && isSame ? known : createTurnRow(turn, name, texts);
    if (row === known) updateTurnRow(row, turn, texts);
    const item = known && rows.itemOf(known);
    const before = item?.kind === 'turn' ? item : null;
    const pauseMs = pause?.turnId === turn.id ? pause.pauseMs : (before?.pauseMs ?? null);
    if (pauseMs !== null) showPause(row, pauseMs, texts);
    const endedAt = before?.turn.final ? before.endedAt : Date.now();
    const times = { at: turn.startedAt, endedAt };
    rows.put(id, row, { kind: 'turn', ...times, turn, name, pauseMs });
  }

  /** @param {import('./ui-types.js').ToolCall} call */
  function placeTool(call) {
    const id = `tool ${call.callId}`;
    const card = rows.find(id) ?? createToolCard(call, texts.tools);
    rows.put(id, card, { kind: 'tool', at: Date.now(), call });
    updateToolCard(card, call, texts.tools);
  }

  /** @param {string} text @param {number} [at]   epoch milliseconds */
  function note(text, at = Date.now()) {
    follow(() => rows.put(`note ${(notes += 1)}`, createNote(text), { kind: 'note', at, text }));
  }

  return {
    /** @param {import('./ui-types.js').Turn} turn */
    show(turn) {
      follow(() => place(turn));
    },
    /** @param {import('./ui-types.js').ToolCall} call */
    showTool(call) {
      follow(() => placeTool(call));
    },
    /** How long the agent took to answer with that turn. @param {string} turnId @param {number} pauseMs */
    showPause(turnId, pauseMs) {
      pause = { turnId, pauseMs };
      const row = rows.find(`turn ${turnId}`);
      const item = row && rows.itemOf(row);
      if (row && item?.kind === 'turn') follow(() => place(item.turn));
    },
    note,
    /** A new call: what was said before stays to be read, under its own heading. @param {number} at   epoch milliseconds */
    startCall(at) {
      rows.close();
      pause = null;
      if (log.childElementCount) note(fill(texts.transcript.call, { time: timeText(at) }), at);
    },
    isEmpty: () => log.childElementCount === 0,
    items: rows.items,
  };
}

// The rows of the conversation in the order of their times, in whatever order they come, and what each one says.

/** Older rows go: a page that stays open for hours must not grow without end. */
const MAX_ROWS = 400;

/** What they said stays for copies, about as long as the client keeps its turns. */
const MAX_GONE = 2_000;

/**
 * What a row says, for copies of the conversation.
 * @typedef {{kind: 'turn', at: number, endedAt: number, turn: import('./ui-types.js').Turn, name: string, pauseMs: number | null}
 *   | {kind: 'tool', at: number, call: import('./ui-types.js').ToolCall}
 *   | {kind: 'note', at: number, text: string}} Item   times in epoch milliseconds
 */

/** @param {HTMLElement} log   its children are the rows */
function createRowList(log) {
  /** Rows of the present call by what they show. @type {Map<string, HTMLElement>} */
  const rows = new Map();
  /** @type {WeakMap<Element, {id: string, item: Item}>} */
  const about = new WeakMap();
  /** What rows said that had to go, by id, oldest first. @type {Map<string, Item>} */
  const gone = new Map();

  const itemOf = (/** @type {Element} */ row) => about.get(row)?.item;

  /** @param {HTMLElement} row @param {number} at */
  function insert(row, at) {
    let after = log.lastElementChild;
    while (after && (itemOf(after)?.at ?? 0) > at) after = after.previousElementSibling;
    if (after) after.after(row);
    else log.prepend(row);
    while (log.childElementCount > MAX_ROWS) drop(/** @type {Element} */ (log.firstElementChild));
  }

  /** @param {Element} row */
  function drop(row) {
    const known = about.get(row);
    if (known) gone.set(known.id, known.item);
    const [oldest] = gone.keys();
    if (gone.size > MAX_GONE) gone.delete(oldest);
    remove(row);
  }

  /** @param {Element | null | undefined} row */
  function remove(row) {
    const id = row && about.get(row)?.id;
    if (id && rows.get(id) === row) rows.delete(id);
    row?.remove();
  }

  return {
    /** @param {string} id */
    find: (id) => rows.get(id),
    /** @param {string} id */
    remove(id) {
      gone.delete(id);
      remove(rows.get(id));
    },
    itemOf,
    /**
     * A row in place of the one with that id; a new one finds its place by its time.
     *
     * @param {string} id
     * @param {HTMLElement} row
     * @param {Item} item
     */
    put(id, row, item) {
      const known = rows.get(id);
      const { at } = (known && itemOf(known)) ?? gone.get(id) ?? item;
      rows.set(id, row);
      about.set(row, { id, item: { ...item, at } });
      if (!known) insert(row, at);
      else if (known !== row) known.replaceWith(row);
    },
    /** A new call: the rows stay, but nothing changes them any more. */
    close: () => rows.clear(),
    /** @returns {Item[]} oldest first, of rows that are gone, too */
    items: () => [...gone.values(), ...[...log.children].flatMap((row) => itemOf(row) ?? [])],
  };
}
