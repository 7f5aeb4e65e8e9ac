// The rows of the conversation in the order of their times, in whatever order they come, and what each one says.

/** Older rows go: a page that stays open for hours must not grow without end. */
const MAX_ROWS = 400;

/**
 * What a row says, for copies of the conversation.
 * @typedef {{kind: 'turn', at: number, endedAt: number, turn: import('./ui-types.js').Turn, name: string, pauseMs: number | null}
 *   | {kind: 'tool', at: number, call: import('./ui-types.js').ToolCall}
 *   | {kind: 'note', at: number, text: string}} Item   times in epoch milliseconds
 */

/** @param {HTMLElement} log   its children are the rows */
export function createRowList(log) {
  /** Rows of the present call by what they show. @type {Map<string, HTMLElement>} */
  const rows = new Map();
  /** @type {WeakMap<Element, {id: string, item: Item}>} */
  const about = new WeakMap();

  const itemOf = (/** @type {Element} */ row) => about.get(row)?.item;

  /** @param {HTMLElement} row @param {number} at */
  function insert(row, at) {
    let after = log.lastElementChild;
    while (after && (itemOf(after)?.at ?? 0) > at) after = after.previousElementSibling;
    if (after) after.after(row);
    else log.prepend(row);
    while (log.childElementCount > MAX_ROWS) remove(log.firstElementChild);
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
    remove: (id) => remove(rows.get(id)),
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
      rows.set(id, row);
      about.set(row, { id, item: known ? { ...item, at: itemOf(known)?.at ?? item.at } : item });
      if (!known) insert(row, item.at);
      else if (known !== row) known.replaceWith(row);
    },
    /** A new call: the rows stay, but nothing changes them any more. */
    close: () => rows.clear(),
    /** @returns {Item[]} oldest first */
    items: () => [...log.children].flatMap((row) => itemOf(row) ?? []),
  };
}
