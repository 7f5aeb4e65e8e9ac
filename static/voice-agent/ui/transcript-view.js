// The conversation as rows: turns, tool calls and notes, each replaced or updated by its id.

import { createFollower } from './follow.js';
import { fill } from './format.js';
import { createRowList } from './row-list.js';
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
  /** Before the answers of this call, by turn id. @type {Map<string, number>} */
  const pausesMs = new Map();
  let notes = 0;

  /** @param {import('./ui-types.js').Turn} turn */
  function place(turn) {
    const id = `turn ${turn.id}`;
    if (turn.final && !turn.text.trim()) return rows.remove(id);
    const known = rows.find(id);
    const name = turn.role === 'user' ? texts.transcript.you : agentTitle();
    const pauseMs = pausesMs.get(turn.id) ?? null;
    const isSame = known?.dataset.final === String(turn.final);
    const row = known && isSame ? known : createTurnRow(turn, name, texts);
    if (row === known) updateTurnRow(row, turn, texts);
    if (pauseMs !== null) showPause(row, pauseMs, texts);
    const before = known && rows.itemOf(known);
    const isOver = before?.kind === 'turn' && before.turn.final;
    const times = { at: turn.startedAt, endedAt: isOver ? before.endedAt : Date.now() };
    rows.put(id, row, { kind: 'turn', ...times, turn, name, pauseMs });
  }

  /** @param {import('./ui-types.js').ToolCall} call */
  function placeTool(call) {
    const id = `tool ${call.callId}`;
    const card = rows.find(id) ?? createToolCard(call, texts.tools);
    rows.put(id, card, { kind: 'tool', at: Date.now(), call });
    updateToolCard(card, call, texts.tools);
  }

  /** @param {string} text */
  function note(text) {
    const at = Date.now();
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
      pausesMs.set(turnId, pauseMs);
      const row = rows.find(`turn ${turnId}`);
      const item = row && rows.itemOf(row);
      if (row && item?.kind === 'turn') follow(() => place(item.turn));
    },
    note,
    /** A new call: what was said before stays to be read, under its own heading. */
    startCall() {
      rows.close();
      pausesMs.clear();
      if (log.childElementCount) note(fill(texts.transcript.call, { time: timeText(Date.now()) }));
    },
    isEmpty: () => log.childElementCount === 0,
    items: rows.items,
  };
}
