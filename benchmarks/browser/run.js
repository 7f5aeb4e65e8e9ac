// `node benchmarks/browser/run.js`: measures our client beside the quickstart's page and prints a table.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Bench } from './bench.js';
import { median } from './analysis/numbers.js';
import { chromium } from './dependencies.js';
import { describeMachine } from './machine.js';
import { SCENARIOS } from './scenarios/index.js';
import { Stub } from './stub/stub.js';
import { OURS, pageFile, QUICKSTART, servedFolders } from './subjects.js';
import { table } from './table.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** @typedef {import('./subjects.js').Subject} Subject */
/** @typedef {import('./table.js').Results} Results */

const USAGE = `node benchmarks/browser/run.js [options]
  --runs N           repetitions (5)
  --only A,B         scenarios: ${Object.keys(SCENARIOS).join(', ')}
  --subject NAME     only "ours" or only "quickstart"
  --page FILE.html   measure this page in the quickstart's place
  --button SELECTOR  what starts a call there (button)
  --field SELECTOR   what must be filled in there before, such as an API key
  --client FOLDER    take static/ from another tree
  --json FILE        write every figure of every run
  --readme           put the table into README.md beside this file`;

async function main() {
  const options = readOptions();
  const started = new Date();
  const { file, client } = options;
  const stub = await Stub.start(servedFolders({ root: ROOT, client, file }));
  /** @type {number[]} */
  const loads = [];
  /** @type {Record<string, Results>} */
  const results = { ours: {}, quickstart: {} };
  const quit = () => stub.stop().then(() => process.exit(130));
  process.once('SIGINT', quit);
  try {
    for (const { name, subject } of plan(options)) {
      const bench = new Bench({ subject, stub, client, loads });
      const figures = await measure(name, bench);
      (results[subject.name][name] ??= []).push(figures);
    }
  } finally {
    await stub.stop();
  }
  const circumstances = await describe(options, started, loads);
  const text = `${circumstances}\n\n${table(results.ours, results.quickstart)}`;
  console.log(text);
  if (options.readme) putIntoReadme(text);
  if (options.json) {
    writeFileSync(options.json, JSON.stringify({ circumstances, results }, replaceInfinity, 1));
  }
}

/**
 * Every measurement in order. Both pages take turns, and who comes first changes with each run.
 * @param {ReturnType<typeof readOptions>} options
 * @returns {{name: string, subject: Subject}[]}
 */
function plan({ runs, names, subjects }) {
  const measurements = [];
  for (let run = 0; run < runs; run += 1) {
    const order = run % 2 === 0 ? subjects : [...subjects].reverse();
    for (const name of names) {
      const { mostRuns } = SCENARIOS[name];
      for (const subject of order) {
        if (run < (mostRuns?.[subject.name] ?? runs)) measurements.push({ name, subject });
      }
    }
  }
  return measurements;
}

/**
 * @param {string} name
 * @param {Bench} bench
 * @returns {Promise<Record<string, number>>} nothing where it failed: the other scenarios go on
 */
async function measure(name, bench) {
  const { measure: run, limitSeconds } = SCENARIOS[name];
  const startMs = Date.now();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('took too long')), limitSeconds * 1000);
  });
  try {
    const figures = /** @type {Record<string, number>} */ (await Promise.race([run(bench), limit]));
    const seconds = ((Date.now() - startMs) / 1000).toFixed(1);
    console.error(`${name}, ${bench.subject.name}, ${seconds} s: ${JSON.stringify(figures)}`);
    return figures;
  } catch (error) {
    console.error(`${name}, ${bench.subject.name}: ${error}`);
    return {};
  } finally {
    clearTimeout(timer);
    await bench.leave();
  }
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '5' },
      only: { type: 'string' },
      subject: { type: 'string' },
      page: { type: 'string' },
      button: { type: 'string', default: 'button' },
      field: { type: 'string' },
      client: { type: 'string', default: ROOT },
      json: { type: 'string' },
      readme: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const names = values.only?.split(',') ?? Object.keys(SCENARIOS);
  const other = values.page ? pageFile(values.page, values) : QUICKSTART;
  const subjects = [OURS, other].filter(({ name }) => (values.subject ?? name) === name);
  const isSound = names.every((name) => name in SCENARIOS) && Number(values.runs) >= 1;
  if (values.help || !isSound || subjects.length === 0) {
    console.error(USAGE);
    process.exit(values.help ? 0 : 2);
  }
  const { client, json, page: file, readme } = values;
  return { runs: Number(values.runs), names, subjects, client, json, file, readme };
}

/**
 * @param {{runs: number, names: string[]}} options
 * @param {Date} started
 * @param {number[]} loads
 */
async function describe({ runs, names }, started, loads) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  const version = browser.version();
  await browser.close();
  const month = started.toLocaleDateString('en', { month: 'long', year: 'numeric' });
  const minutes = Math.round((Date.now() - started.getTime()) / 60_000);
  const cores = (/** @type {number} */ value) => value.toFixed(2);
  const range = `[${cores(Math.min(...loads))}..${cores(Math.max(...loads))}]`;
  const long = names.filter((name) => (SCENARIOS[name].mostRuns?.ours ?? runs) < runs);
  const fewer = long.map((name) => {
    const { ours, quickstart } = /** @type {{ours: number, quickstart: number}} */ (
      SCENARIOS[name].mostRuns
    );
    return `${name} ${ours} and ${quickstart}`;
  });
  return [
    `${month}; ${describeMachine(version)}; ${minutes} minutes.`,
    `${runs} runs of each page${fewer.length > 0 ? ` (${fewer.join(', ')})` : ''}.`,
    `Before each measurement other programs used ${cores(median(loads))} ${range} cores.`,
  ].join('\n');
}

/** @param {string} text goes between the two marks */
function putIntoReadme(text) {
  const file = new URL('README.md', import.meta.url);
  const [before, , after] = readFileSync(file, 'utf8').split(/^<!-- table -->$/m);
  writeFileSync(file, `${before}<!-- table -->\n\n${text}\n\n<!-- table -->${after}`);
}

/**
 * JSON knows no infinity: what never happened is said in words.
 * @param {string} _key
 * @param {unknown} value
 */
function replaceInfinity(_key, value) {
  return value === Infinity ? 'never' : value;
}

await main();
