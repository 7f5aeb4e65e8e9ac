// The table of how long the last answers took to be heard. Owns one <table>: its <tbody>, and its <tfoot> with the median.

import { createNumbers } from './details-facts.js';

const SHOWN = 5;

/** @typedef {import('../voice-agent/index.js').Stats['firstSounds'][number]} FirstSound */

/**
 * @param {HTMLTableElement} table
 * @param {import('./page-types.js').Texts} texts
 */
export function createAnswerTable(table, { language, details }) {
  const { secondsExactly } = createNumbers(language);
  const [body] = table.tBodies;
  const foot = /** @type {HTMLTableSectionElement} */ (table.tFoot);
  let shown = '';

  return {
    /** @param {FirstSound[]} answers   oldest first */
    show(answers) {
      const key = JSON.stringify(answers);
      if (key === shown) return;
      shown = key;
      const rows = answers.slice(-SHOWN).map(({ after, waitMs, sinceVoiceMs }) => {
        return row(details.after[after], secondsExactly(waitMs), secondsExactly(sinceVoiceMs));
      });
      body.replaceChildren(...rows);
      const { waitMs, sinceVoiceMs } = medians(answers);
      foot.replaceChildren(
        row(details.median, secondsExactly(waitMs), secondsExactly(sinceVoiceMs)),
      );
      table.hidden = answers.length === 0;
    },
  };
}

/**
 * Of answers to what was said; a greeting is none.
 * @param {FirstSound[]} answers
 */
export function medians(answers) {
  const spoken = answers.filter(({ after }) => after === 'speech');
  const voices = spoken.flatMap(({ sinceVoiceMs }) => (sinceVoiceMs === null ? [] : sinceVoiceMs));
  return { waitMs: median(spoken.map(({ waitMs }) => waitMs)), sinceVoiceMs: median(voices) };
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return null;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)];
  return (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {string} name @param {string[]} values */
function row(name, ...values) {
  const node = document.createElement('tr');
  const head = document.createElement('th');
  head.scope = 'row';
  head.textContent = name;
  node.append(head);
  for (const value of values) node.insertCell().textContent = value;
  return node;
}
