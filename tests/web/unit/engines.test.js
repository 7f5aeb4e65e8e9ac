// The client and what `make probe` saw of the engines agree, on every row that the client relies on.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { closeError } from '../../../static/voice-agent/core/connection/failures.js';
import { Liveness } from '../../../static/voice-agent/core/connection/liveness.js';
import { microphoneFacts } from '../../../static/voice-agent/main-thread/audio/microphone.js';
import { SECTIONS } from '../probe/rows.js';
import { tableOf } from '../probe/table.js';

const CLIENT = new URL('../../../static/voice-agent/', import.meta.url);
const read = (/** @type {URL} */ file) => readFileSync(file, 'utf8');

/** @type {import('../probe/table.js').Seen} */
const seen = JSON.parse(read(new URL('../probe/seen.json', import.meta.url)));

/** @param {string} what @returns {any[]} what each engine answered */
function answers(what) {
  const row = seen.rows[what];
  assert.ok(row, `there is no row "${what}"`);
  assert.deepEqual(Object.keys(row), Object.keys(seen.engines));
  return Object.values(row);
}

/** The code of a thread's modules, without comments. @param {string} folder of the client */
function codeOf(folder) {
  const files = readdirSync(new URL(folder, CLIENT), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.js'))
    .map((file) => read(new URL(folder + file, CLIENT)).replace(/\/\*.*?\*\/|\/\/.*$/gms, ''))
    .join('\n');
}

test('the table in the guide is what was seen', () => {
  const table = read(new URL('../../../docs/engines.md', import.meta.url));
  assert.equal(table, tableOf(seen, SECTIONS));
});

test('no worklet uses what a worklet lacks in some engine', () => {
  const lacking = new Set(answers('A worklet lacks').flat());
  const code = codeOf('worklets/');
  const used = [...lacking].filter((name) => new RegExp(`(?<![.\\w])${name}\\b`).test(code));
  assert.deepEqual(used, []);
  assert.doesNotMatch(code, /\bimport\(/); // refused everywhere
  assert.deepEqual([...new Set(answers('`import()` in a worklet'))], ['TypeError']);
});

test('what worklets and Workers are loaded by works in every engine', () => {
  for (const what of ['`import … from` in a worklet', '`import … from` in a module Worker'])
    assert.deepEqual([...new Set(answers(what))], ['imported'], what);
  for (const what of [
    'A worklet of another origin, with CORS',
    'A Worker from a blob that imports a file',
  ])
    assert.deepEqual([...new Set(answers(what))], ['loaded'], what);
  const ways = answers('A worklet’s port, handed to a Worker');
  assert.deepEqual([...new Set(ways)], ['from the worklet']);
});

test('however an engine tells of a line that broke or was refused, it is one that may be tried again', () => {
  const told = Object.entries(seen.rows)
    .filter(([what]) => /^(The service (answers|resets|closes TCP)|Nobody listens)/.test(what))
    .flatMap(([, row]) => Object.values(row));
  const codes = new Set(told.map((word) => Number.parseInt(String(word), 10)));
  codes.delete(NaN); // an engine that tells nothing: our own limit does
  assert.deepEqual([...codes], [1006]);
  assert.equal(closeError(1006, 'opening').retryable, true);
  assert.equal(closeError(1006, 'ready').code, 'connection-lost');
});

test('a code that the client goes by is passed on, or what an engine tells in its place may be tried again, too', () => {
  for (const code of [1008, 1009, 1011, 1013]) {
    const [what] = Object.keys(seen.rows).filter((row) =>
      row.startsWith(`The service closes with ${code}`),
    );
    for (const answer of answers(what)) {
      const told = Number.parseInt(answer, 10);
      const { retryable } = closeError(code, 'opening');
      if (told !== code) assert.equal(closeError(told, 'opening').retryable, retryable, what);
    }
  }
});

test('where the buffer of a dead line looks empty, an unanswered ping tells of it', (context) => {
  const parts = answers('`bufferedAmount` of 64 MiB to a service that reads nothing');
  assert.ok(parts.some((part) => part['after 2 s'] === '0 %'));
  context.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 0;
  /** @type {string[]} */
  const causes = [];
  const liveness = new Liveness(
    /** @type {any} */ ({
      nowMs: () => nowMs,
      schedule: (/** @type {() => void} */ task, /** @type {number} */ ms) => setTimeout(task, ms),
      cancel: clearTimeout,
    }),
    { send: () => {}, bufferedBytes: () => 0, onDead: ({ cause }) => causes.push(cause) },
    { answersPings: true, isDoubted: false },
  );
  liveness.start();
  liveness.received();
  for (let second = 0; second < 20 && causes.length === 0; second += 1) {
    nowMs += 1_000;
    liveness.listen(1_000);
    context.mock.timers.tick(1_000);
  }
  liveness.stop();
  assert.deepEqual(causes, ['no-answer']);
});

test('a rate that an engine says as nothing is told as not known', () => {
  for (const { sampleRate, echoCancellation } of answers(
    '`getSettings()` of the microphone that the client asks for',
  )) {
    const track = { label: '', getSettings: () => ({ sampleRate, echoCancellation }) };
    const facts = microphoneFacts(/** @type {any} */ (track));
    assert.ok(facts.rateHz === null || facts.rateHz >= 8_000);
    assert.equal(facts.echoCancellation, true);
  }
});
