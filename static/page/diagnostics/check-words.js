// Verdicts and values in the visitor's language. Pure.

import { explain } from '../../voice-agent/ui/explain.js';
import { duration, fill } from '../../voice-agent/ui/format.js';

/**
 * @typedef {import('./diagnostics-types.js').DiagnosticsTexts} Texts
 * @typedef {import('./diagnostics-types.js').Verdict} Verdict
 * @typedef {import('./diagnostics-types.js').CheckId} CheckId
 */

/**
 * What a verdict means and what to do about it: in the words of the main page where it is the same trouble.
 *
 * @param {CheckId} id
 * @param {Verdict} verdict
 * @param {Texts} texts
 * @param {string | null} access   how the service decides who may call: open, code or jwt
 * @param {import('../../voice-agent/ui/browser-hints.js').Hint} hint   how this browser allows a microphone again
 */
export function wordsFor(id, verdict, texts, access, hint) {
  if (verdict.error) {
    const words = explain(verdict.error, texts.call, access, { hint });
    const { title, text, waitSeconds, reference } = words;
    const wait = waitSeconds
      ? fill(texts.call.problem.wait, { duration: duration(waitSeconds, texts.call.language) })
      : '';
    const support = reference ? fill(texts.call.problem.reference, { id: reference }) : '';
    return [`${title}.`, text, wait, support].filter(Boolean).join(' ');
  }
  /** @type {{[reason: string]: string}} */
  const verdicts = { ...texts.general, ...texts.checks[id].verdicts };
  const needed = /** @type {CheckId} */ (verdict.values?.needed);
  return fill(verdicts[verdict.reason] ?? texts.general.broken, {
    title: texts.checks[needed]?.title ?? '',
  });
}

/** Whether the visitor can do something about it on the main page. @param {Verdict} verdict @param {string | null} access */
export function needsCode({ error }, access) {
  return error?.problem?.code === 'unauthenticated' && access === 'code';
}

/**
 * What was measured, as pairs of name and value; what is no measurement stays out.
 *
 * @param {Verdict} verdict
 * @param {Texts} texts
 * @returns {[string, string][]}
 */
export function valuesFor({ values = {} }, texts) {
  /** @type {{[name: string]: string}} */
  const names = texts.values;
  return Object.entries(values)
    .filter(([name, value]) => Object.hasOwn(names, name) && value !== null)
    .map(([name, value]) => [names[name], valueText(name, value, texts)]);
}

/** @param {string} name   ends with the unit @param {string | number | boolean | null} value @param {Texts} texts */
function valueText(name, value, { words, call }) {
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (typeof value !== 'number')
    return Object.hasOwn(words, String(value))
      ? /** @type {{[word: string]: string}} */ (words)[String(value)]
      : String(value);
  const rounded = new Intl.NumberFormat(call.language, { maximumFractionDigits: 0 });
  const unit = /(Ms|Hz|Db)$/.exec(name)?.[1];
  const number = rounded.format(value).replace('-', '−');
  return unit ? `${number}\u00a0${{ Ms: 'ms', Hz: 'Hz', Db: 'dB' }[unit]}` : number;
}

/** @param {Iterable<Verdict>} verdicts */
export function count(verdicts) {
  const counts = { passed: 0, attention: 0, failed: 0, skipped: 0 };
  for (const { status } of verdicts) counts[status] += 1;
  return counts;
}

/** How many of each there are, as a line. @param {Iterable<Verdict>} verdicts @param {Texts} texts */
export function countsFor(verdicts, texts) {
  const counts = Object.entries(count(verdicts)).filter(([, number]) => number > 0);
  return counts
    .map(([status, number]) =>
      fill(texts.counts[/** @type {keyof Texts['counts']} */ (status)], { count: number }),
    )
    .join(' · ');
}
