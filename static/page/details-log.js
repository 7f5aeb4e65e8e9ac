// The list of what happened: takes lines in at any time, draws them when it is told to.

import { createFollower } from '../voice-agent/ui/follow.js';
import { element } from '../voice-agent/ui/make-element.js';

/** @typedef {import('../voice-agent/index.js').LogEntry} LogEntry */

const SIGNS = { in: '←', out: '→', here: '•' };

/**
 * @param {object} elements
 * @param {HTMLElement} elements.list
 * @param {HTMLButtonElement} elements.latest
 * @param {HTMLSelectElement} elements.filter
 * @param {HTMLElement} elements.empty   said while there is no line
 * @param {import('./page-types.js').Texts} texts
 */
export function createLogList({ list, latest, filter, empty }, { details }) {
  /** @type {Map<number, LogEntry>} ascending */
  const entries = new Map();
  /** @type {Map<number, HTMLElement>} */
  const rows = new Map();
  /** @type {Set<number>} lines that are new or have changed since they were drawn */
  const news = new Set();
  const follow = createFollower(list, latest);
  /** Following asks for a layout: not while the list is scrolled out of the panel. */
  let isInView = false;
  new IntersectionObserver(([{ isIntersecting }]) => {
    isInView = isIntersecting;
    if (isInView) follow(() => {});
  }).observe(list);

  filter.addEventListener('change', () => follow(() => (list.dataset.filter = filter.value)));

  /** @param {LogEntry} entry */
  function drawRow(entry) {
    const { id, atMs, direction, group } = entry;
    const row = rows.get(id) ?? document.createElement('li');
    if (!rows.has(id)) {
      rows.set(id, row);
      row.dataset.group = group;
      const sign = element('span', 'log__sign', SIGNS[direction]);
      sign.setAttribute('role', 'img');
      sign.setAttribute('aria-label', details.directions[direction]);
      const what = document.createElement('span');
      what.append(element('span', 'log__name', ''), ' ', element('span', 'log__facts', ''));
      row.append(element('time', 'log__time', logTime(atMs)), sign, what);
      list.append(row);
    }
    const [name, facts] = /** @type {HTMLElement} */ (row.lastElementChild).children;
    name.textContent = logName(entry);
    facts.textContent = logFacts(entry);
  }

  function drawNews() {
    for (const [id, row] of rows) {
      if (entries.has(id)) continue;
      row.remove();
      rows.delete(id);
    }
    for (const id of news) {
      const entry = entries.get(id);
      if (entry) drawRow(entry);
    }
    news.clear();
    empty.hidden = rows.size > 0;
  }

  return {
    get entries() {
      return [...entries.values()];
    },
    /** @param {{firstId: number, entries: LogEntry[]}} change */
    add({ firstId, entries: changed }) {
      for (const id of entries.keys()) if (id < firstId) entries.delete(id);
      for (const entry of changed) {
        entries.set(entry.id, entry);
        news.add(entry.id);
      }
    },
    draw() {
      const isGone = [...rows.keys()].some((id) => !entries.has(id));
      if (news.size === 0 && !isGone) return;
      if (isInView) follow(drawNews);
      else drawNews();
    },
  };
}

// One line of the log as people read it.

/** Milliseconds since the call began: 72345 → "1:12.35". @param {number} ms */
export function logTime(ms) {
  const hundredths = Math.floor(ms / 10);
  const pad = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const [minutes, seconds] = [Math.floor(hundredths / 6000), Math.floor(hundredths / 100) % 60];
  return `${minutes}:${pad(seconds)}.${pad(hundredths % 100)}`;
}

/** "reply.audio ×48" @param {LogEntry} entry */
function logName({ name, count }) {
  return count > 1 ? `${name} ×${count}` : name;
}

/** "1.0 s, 65 kB, replyId=reply_1" @param {LogEntry} entry */
function logFacts({ soundMs, bytes, detail }) {
  const parts = Object.entries(detail).map(([name, value]) => `${name}=${value}`);
  if (bytes >= 1000) parts.unshift(`${Math.round(bytes / 1000)} kB`);
  else if (bytes > 0) parts.unshift(`${bytes} B`);
  if (soundMs > 0) parts.unshift(`${(soundMs / 1000).toFixed(1)} s`);
  return parts.join(', ');
}

/** The whole line as plain text, for the report. @param {LogEntry} entry */
export function logLine(entry) {
  const { direction, atMs } = entry;
  return [logTime(atMs), direction, logName(entry), logFacts(entry)].filter(Boolean).join(' ');
}
