// One line of the transcript as an element. Text is only ever set as text.

/**
 * A row for the present state of a turn. A partial row is hidden from assistive technology; when the turn is final the
 * transcript puts a new row in its place, which the log then announces, once.
 *
 * @param {import('./types.js').Turn} turn
 * @param {string} agentTitle
 * @param {import('./types.js').Texts['transcript']} texts
 */
export function createTurnRow(turn, agentTitle, texts) {
  const row = document.createElement('div');
  row.className = 'turn';
  row.dataset.role = turn.role;
  row.dataset.final = String(turn.final);
  if (!turn.final) row.setAttribute('aria-hidden', 'true');
  const by = child(row, 'p', 'turn__by');
  child(by, 'span', 'turn__name').textContent = turn.role === 'user' ? texts.you : agentTitle;
  by.append(' ', timeOf(turn.startedAt));
  child(row, 'p', 'turn__text');
  updateTurnRow(row, turn, texts);
  return row;
}

/**
 * @param {HTMLElement} row
 * @param {import('./types.js').Turn} turn
 * @param {import('./types.js').Texts['transcript']} texts
 */
export function updateTurnRow(row, turn, texts) {
  const text = /** @type {HTMLElement} */ (row.querySelector('.turn__text'));
  if (text.textContent !== turn.text) text.textContent = turn.text;
  if (turn.interrupted && row.dataset.interrupted !== 'true') {
    row.dataset.interrupted = 'true';
    child(row, 'p', 'turn__mark').textContent = texts.interrupted;
  }
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
