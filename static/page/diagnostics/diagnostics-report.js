// The report as plain text, for whoever helps. In English and with stable names, whatever language the visitor reads;
// without token, code, or the names of devices. Pure.

import { kindOf } from '../report.js';

/**
 * @typedef {object} Surroundings
 * @property {Date} time
 * @property {string} version     of the service
 * @property {string} address     of the page, without what stands behind `?`
 * @property {string} browser     as it calls itself
 * @property {string} language    of the page
 * @property {string} screen
 */

const INDENT = '    ';

/**
 * @param {readonly {id: string}[]} checks
 * @param {ReadonlyMap<string, import('./diagnostics-types.js').Verdict>} results
 * @param {Surroundings} surroundings
 */
export function writeReport(checks, results, surroundings) {
  const { time, version, address, browser, language, screen } = surroundings;
  const lines = [
    'Voicegate diagnostics',
    `time: ${time.toISOString()}`,
    `version: ${version}`,
    `page: ${address}`,
    `browser: ${browser}`,
    `language: ${language}`,
    `screen: ${screen}`,
    '',
  ];
  for (const { id } of checks) {
    const verdict = results.get(id);
    lines.push(verdict ? `${id}: ${verdict.status} (${verdict.reason})` : `${id}: not run`);
    if (verdict) lines.push(...details(verdict).map((line) => INDENT + line));
  }
  return `${lines.join('\n')}\n`;
}

/** @param {import('./diagnostics-types.js').Verdict} verdict */
function details({ values = {}, error }) {
  const lines = Object.entries(values).map(([name, value]) =>
    name === 'deviceLabel' ? `device: ${kindOf(value)}` : `${name}: ${plain(value)}`,
  );
  // Of a problem only its names: its sentences are another program's.
  if (error?.problem?.code) lines.push(`problem: ${word(error.problem.code)}`);
  if (error?.problem?.request_id) lines.push(`request_id: ${word(error.problem.request_id)}`);
  if (error?.retryAfterSeconds) lines.push(`retry_after_seconds: ${error.retryAfterSeconds}`);
  return lines;
}

/** @param {unknown} value */
function plain(value) {
  if (value === null) return 'unknown';
  return typeof value === 'number' ? String(Math.round(value * 10) / 10) : String(value);
}

/** Names and ids are short, and hold nothing else. @param {unknown} value */
function word(value) {
  return String(value)
    .slice(0, 64)
    .replace(/[^\w.:-]/g, '');
}
