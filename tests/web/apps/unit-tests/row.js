// Prints a row of the table: `node row.js TITLE NEED REPORT`, the report being jest's JSON, which vitest writes too.

import { readFileSync } from 'node:fs';

/** Columns, by how the names of their tests begin. */
const COLUMNS = [
  'an agent',
  'an element that is there',
  'an element is',
  'an element (',
  "React's",
];

const [title, need, report] = process.argv.slice(2);
const [{ assertionResults, message }] = JSON.parse(readFileSync(report, 'utf8')).testResults;
const cells = COLUMNS.map((column) => {
  const tests = assertionResults.filter((test) => test.title.startsWith(column));
  return tests.length > 0 && tests.every(({ status }) => status === 'passed') ? 'right' : 'WRONG';
});
console.log(`| ${[title, ...cells, need].join(' | ')} |`);
const failures = assertionResults.flatMap(({ failureMessages }) => failureMessages ?? []);
if (cells.includes('WRONG')) console.error([...failures, message].join('\n'));
