// The table in Markdown: each figure is a median, with the lowest and the highest run.

import { median } from './analysis/numbers.js';
import { ROWS } from './rows.js';

/** @typedef {import('./rows.js').Row} Row */

/**
 * Figures of each run, by scenario.
 * @typedef {Record<string, Record<string, number>[]>} Results
 */

/** @typedef {'met' | 'missed' | ''} Verdict */

/**
 * @param {Results} ours
 * @param {Results} quickstart
 * @returns {string}
 */
export function table(ours, quickstart) {
  const head = ['| what | target | ours | | quickstart |', '| --- | --- | --- | --- | --- |'];
  const measured = ROWS.filter(({ scenario }) => ours[scenario] || quickstart[scenario]);
  const lines = measured.map((row) => {
    const cells = [
      row.label,
      target(row),
      figures(row, values(row, ours)),
      verdict(row, values(row, ours)),
      figures(row, values(row, quickstart)),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [...head, ...lines].join('\n');
}

/**
 * @param {Row} row
 * @param {Results} results
 * @returns {number[]} of the runs that gave the figure; Infinity where it did not happen
 */
function values({ scenario, figure }, results) {
  const runs = results[scenario] ?? [];
  return runs.map((run) => run[figure] ?? NaN).filter((value) => !Number.isNaN(value));
}

/**
 * @param {Row} row
 * @param {number[]} measured
 * @returns {Verdict}
 */
export function verdict(row, measured) {
  const { most, exactly, digits = 0, judge = 'median' } = row;
  if (measured.length === 0 || (most === undefined && exactly === undefined)) return '';
  const value = judge === 'worst' ? Math.max(...measured) : median(measured);
  const shown = Number(value.toFixed(digits)); // what the table says is what counts
  const isMet = exactly === undefined ? shown <= Number(most) : shown === exactly;
  return isMet ? 'met' : 'missed';
}

/** @param {Row} row */
function target({ most, exactly, unit, judge }) {
  const bound =
    exactly !== undefined ? `${exactly}` : most !== undefined ? `≤ ${number(most)}` : '';
  const each = judge === 'worst' ? ' in every run' : '';
  return bound && `${bound} ${unit}`.trim() + each;
}

/**
 * @param {Row} row
 * @param {number[]} measured
 */
function figures({ digits = 0, unit, never = 'never' }, measured) {
  if (measured.length === 0) return '';
  const show = (/** @type {number} */ value) =>
    Number.isFinite(value) ? number(value, digits) : never;
  const middle = median(measured);
  if (measured.every((value) => show(value) === show(middle))) {
    return Number.isFinite(middle) ? `${show(middle)} ${unit}`.trim() : never;
  }
  const range = `[${show(Math.min(...measured))}..${show(Math.max(...measured))}]`;
  return `${show(middle)} ${range} ${unit}`.trim();
}

/**
 * @param {number} value
 * @param {number} [digits]
 */
function number(value, digits) {
  const text = value.toLocaleString('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits ?? 3,
  });
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}
