// `node benchmarks/browser/embed/run.js`: what a visitor waits for where the element is embedded, ours beside what it
// was and beside the peer's; and what the hosted page takes, beside what it took.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from '../dependencies.js';
import { describeMachine } from '../machine.js';
import { report } from './report.js';
import { checkOut, serve, Sites } from './sites.js';
import { look } from './visit.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The last commit before the client was built into single files. */
const BEFORE = '7f097b0';

const USAGE = `node benchmarks/browser/embed/run.js [options]
  --runs N         repetitions (5)
  --tree FOLDER    measure another working tree in place of this one
  --as-written     serve its scripts as they are written, not as they were built
  --before FOLDER  a working tree of ${BEFORE} that is there, with its .venv
  --json FILE      write every figure of every run`;

/** @typedef {import('./report.js').Figures} Figures */

async function main() {
  const { values: options } = parseArgs({
    options: {
      'runs': { type: 'string', default: '5' },
      'tree': { type: 'string', default: ROOT },
      'before': { type: 'string' },
      'as-written': { type: 'boolean', default: false },
      'json': { type: 'string' },
      'help': { type: 'boolean', default: false },
    },
  });
  if (options.help || !(Number(options.runs) >= 1)) {
    console.error(USAGE);
    process.exit(options.help ? 0 : 2);
  }
  /** @type {(() => unknown)[]} what was begun, the first first */
  const endings = [];
  const end = async () => {
    for (const ending of endings.splice(0).reverse()) await ending();
  };
  process.once('SIGINT', () => void end().finally(() => process.exit(130)));
  try {
    const results = await measureAll(await open(options, endings), Number(options.runs));
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox'],
    });
    const machine = describeMachine(browser.version());
    await browser.close();
    const month = new Date().toLocaleDateString('en', { month: 'long', year: 'numeric' });
    console.log(`${month}; ${machine}; medians of ${options.runs}.\n\n${report(results)}`);
    if (options.json) writeFileSync(options.json, JSON.stringify(results, null, 1));
  } finally {
    await end();
  }
}

/**
 * @typedef {object} Subject
 * @property {string} name
 * @property {string} url
 * @property {string} blank page of the same origin
 * @property {string} [element]
 */

/**
 * @param {{'tree': string, 'before'?: string, 'as-written': boolean}} options
 * @param {(() => unknown)[]} endings gets what ends each thing that was begun
 * @returns {Promise<Subject[]>}
 */
async function open({ tree, before, 'as-written': isPlain }, endings) {
  const sites = await Sites.open();
  endings.push(() => sites.close());
  const python = (/** @type {string} */ folder) => join(folder, '.venv/bin/python');
  const old = before ? { tree: before, python: python(before) } : checkOut(ROOT, BEFORE);
  if ('remove' in old) endings.push(old.remove);
  const options = isPlain ? ['--plain-scripts'] : [];
  const gate = await serve(tree, process.env.PYTHON ?? python(tree), sites.url, options);
  endings.push(gate.stop);
  const oldGate = await serve(old.tree, old.python, sites.url);
  endings.push(oldGate.stop);
  sites.add('/ours', gate.url);
  sites.add('/before', oldGate.url);
  const blank = `${sites.url}/blank`;
  /** @param {string} name @param {string} element */
  const embedded = (name, element) => ({ name, url: `${sites.url}/${name}`, blank, element });
  /** @param {string} name @param {string} url */
  const hosted = (name, url) => ({ name, url: `${url}/`, blank: `${url}/api/agents` });
  return [
    embedded('ours', 'voice-agent'),
    embedded('before', 'voice-agent'),
    embedded('peer', 'elevenlabs-convai'),
    hosted('page', gate.url),
    hosted('page before', oldGate.url),
  ];
}

/**
 * All take turns, and the order is reversed with each run.
 * @param {Subject[]} subjects
 * @param {number} runs
 */
async function measureAll(subjects, runs) {
  /** @type {Record<string, Figures[]>} */
  const results = {};
  for (let run = 0; run < runs; run += 1) {
    for (const subject of run % 2 === 0 ? subjects : [...subjects].reverse()) {
      const figures = await measure(subject);
      (results[subject.name] ??= []).push(figures);
      console.error(`${subject.name}: ${JSON.stringify(figures)}`);
    }
  }
  return results;
}

/** @param {Subject} subject @returns {Promise<Figures>} */
async function measure({ url, blank, element }) {
  // Two visits, as watching takes time of the main thread.
  const { requests, scriptMs, taskMs } = await look(url, { blank });
  if (!element) return { ...sum(requests), scriptMs, taskMs };
  const watched = await look(url, { blank, element });
  const { definedMs, drawnMs } = watched;
  if (!(drawnMs > 0)) throw new Error(`no button was drawn by ${url}`);
  const untilDrawn = watched.requests.filter(({ atMs }) => atMs <= drawnMs);
  return { ...sum(untilDrawn), definedMs, drawnMs, scriptMs, taskMs };
}

/** @param {import('./visit.js').Request[]} requests */
function sum(requests) {
  const bytes = requests.reduce((total, request) => total + request.bytes, 0);
  return { requests: requests.length, kB: bytes / 1000 };
}

await main();
