// The tables in Markdown: what was measured, and what of it was wanted.

import { median } from '../analysis/numbers.js';

/**
 * @typedef {object} Figures
 * @property {number} requests
 * @property {number} kB
 * @property {number} [definedMs]
 * @property {number} [drawnMs]
 * @property {number} scriptMs
 * @property {number} taskMs
 */

/** @typedef {keyof Figures} Figure */

const NAMES = {
  'ours': 'our element',
  'before': '… at 7f097b0',
  'peer': '`@elevenlabs/convai-widget-embed`',
  'page': 'our page `/`',
  'page before': '… at 7f097b0',
};

/** @type {{figure: Figure, title: string}[]} */
const COLUMNS = [
  { figure: 'requests', title: 'requests' },
  { figure: 'kB', title: 'kB' },
  { figure: 'definedMs', title: 'defined, ms' },
  { figure: 'drawnMs', title: 'drawn, ms' },
  { figure: 'scriptMs', title: 'script, ms' },
  { figure: 'taskMs', title: 'main thread, ms' },
];

/** Of a subject, at most so much; or so many times the same of another. */
/** @type {{what: string, subject: string, figure: Figure, most: number, times?: string}[]} */
const TARGETS = [
  { what: 'element: requests until drawn', subject: 'ours', figure: 'requests', most: 4 },
  { what: 'element: kB until drawn', subject: 'ours', figure: 'kB', most: 42 },
  ratio('element: defined, to the peer', 'ours', 'definedMs', 0.7, 'peer'),
  ratio('element: drawn, to 7f097b0', 'ours', 'drawnMs', 0.3, 'before'),
  ratio('element: script, to the peer', 'ours', 'scriptMs', 0.25, 'peer'),
  { what: 'page: requests', subject: 'page', figure: 'requests', most: 6 },
  { what: 'page: kB', subject: 'page', figure: 'kB', most: 60 },
  ratio('page: main thread, to 7f097b0', 'page', 'taskMs', 0.8, 'page before'),
];

/**
 * @param {string} what
 * @param {string} subject
 * @param {Figure} figure
 * @param {number} most
 * @param {string} times
 */
function ratio(what, subject, figure, most, times) {
  return { what, subject, figure, most, times };
}

/** @param {Record<string, Figures[]>} results of each run, by subject */
export function report(results) {
  const lines = Object.entries(NAMES).map(([subject, name]) => [
    name,
    ...COLUMNS.map(({ figure }) => range(values(results, subject, figure))),
  ]);
  const verdicts = TARGETS.map(({ what, subject, figure, most, times }) => {
    const own = values(results, subject, figure);
    const others = times ? values(results, times, figure) : [];
    // A ratio is taken within one repetition, whose neighbours were the same.
    const measured = median(times ? own.map((value, run) => value / others[run]) : own);
    const digits = times ? 2 : 0;
    const isMet = Number(measured.toFixed(digits)) <= most;
    return [what, `≤ ${most}`, measured.toFixed(digits), isMet ? 'met' : 'missed'];
  });
  const head = ['', ...COLUMNS.map(({ title }) => title)];
  return `${table(head, lines)}\n\n${table(['what', 'target', 'measured', ''], verdicts)}`;
}

/** @param {Record<string, Figures[]>} results @param {string} subject @param {Figure} figure */
function values(results, subject, figure) {
  return results[subject].map((run) => run[figure] ?? NaN);
}

/** @param {number[]} measured */
function range(measured) {
  if (measured.some(Number.isNaN)) return '';
  const [middle, least, most] = [median(measured), Math.min(...measured), Math.max(...measured)];
  const show = (/** @type {number} */ value) => Math.round(value).toLocaleString('en');
  if (show(least) === show(most)) return show(middle);
  return `${show(middle)} [${show(least)}..${show(most)}]`;
}

/** @param {string[]} head @param {string[][]} lines */
function table(head, lines) {
  const rows = [head, head.map(() => '---'), ...lines];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
