// What the diagnostics page says of a verdict, and what the report tells and keeps back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf } from '../../../static/page/report.js';
import { writeReport } from '../../../static/page/diagnostics/diagnostics-report.js';
import {
  countsFor,
  needsCode,
  valuesFor,
  wordsFor,
} from '../../../static/page/diagnostics/check-words.js';
import { VoiceAgentError } from '../../../static/voice-agent/errors.js';
import { LANGUAGES, textsIn } from './page-texts.js';

/** @param {string} language @returns {import('../../../static/page/diagnostics/diagnostics-types.js').DiagnosticsTexts} */
const textsOf = (language) => {
  const { diagnostics, call } = textsIn(language);
  return { ...diagnostics, call };
};
const texts = textsOf('en');

/** @typedef {import('../../../static/page/diagnostics/diagnostics-types.js').Verdict} Verdict */

/** @param {string} code @param {number} [retryAfterSeconds] */
const problem = (code, retryAfterSeconds) =>
  new VoiceAgentError('token-limited', {
    problem: { code, detail: 'secret detail', request_id: 'req1' },
    retryAfterSeconds,
  });

test('a refused token is told in the words of the main page, with the time to wait', () => {
  const words = wordsFor(
    'token',
    { status: 'failed', reason: 'token-limited', error: problem('upstream_busy', 7) },
    texts,
    'open',
    'other',
  );

  assert.ok(words.startsWith(`${texts.call.problems.upstream_busy.title}. `));
  assert.match(words, /in 7 seconds/);
  assert.match(words, /req1/);
});

test('a missing code is told as such, and leads to where it is entered', () => {
  /** @type {Verdict} */
  const verdict = { status: 'failed', reason: 'token-refused', error: problem('unauthenticated') };

  assert.ok(
    wordsFor('token', verdict, texts, 'code', 'other').includes(
      texts.call.problems.access_code.title,
    ),
  );
  assert.equal(needsCode(verdict, 'code'), true);
  assert.equal(needsCode(verdict, 'jwt'), false);
});

test('a skipped check names the one that it needs', () => {
  const words = wordsFor(
    'echo',
    { status: 'skipped', reason: 'needs', values: { needed: 'microphone' } },
    texts,
    null,
    'other',
  );

  assert.ok(words.includes(texts.checks.microphone.title));
});

test('values have names and units, in the visitor’s way of writing numbers', () => {
  /** @type {Verdict} */
  const verdict = {
    status: 'passed',
    reason: 'good',
    values: { outputRateHz: 44_100, voiceDb: -23.4, givesWireRate: false, microphoneRateHz: null },
  };

  assert.deepEqual(
    valuesFor(verdict, texts).map(([, value]) => value),
    ['44,100\u00a0Hz', '−23\u00a0dB', 'no'],
  );
  assert.equal(valuesFor(verdict, textsOf('de'))[0][1], '44.100\u00a0Hz');
});

test('the counts leave out what there is none of', () => {
  const verdicts = /** @type {Verdict[]} */ ([
    { status: 'passed', reason: '' },
    { status: 'passed', reason: '' },
    { status: 'failed', reason: '' },
  ]);

  assert.equal(countsFor(verdicts, texts), '2 passed · 1 failed');
});

test('every verdict that says what to do has words in every language', () => {
  for (const language of LANGUAGES)
    for (const check of Object.values(textsOf(language).checks))
      for (const text of Object.values(check.verdicts)) assert.match(text, /[.]$/);
});

const SURROUNDINGS = {
  time: new Date('2026-11-21T10:00:00Z'),
  version: '1.2.3',
  address: 'https://gate.example/diagnostics',
  browser: 'Browser/1',
  language: 'de',
  screen: '390x844 at 3',
};

test('the report tells verdicts, values and problems, and keeps names and sentences back', () => {
  /** @type {Map<string, Verdict>} */
  const results = new Map([
    [
      'microphone',
      {
        status: 'passed',
        reason: 'good',
        values: { deviceLabel: 'Anna’s AirPods', voiceDb: -23.44 },
      },
    ],
    ['token', { status: 'failed', reason: 'token-limited', error: problem('rate_limited', 30) }],
  ]);

  const report = writeReport(
    [{ id: 'microphone' }, { id: 'token' }, { id: 'socket' }],
    results,
    SURROUNDINGS,
  );

  assert.match(report, /^time: 2026-11-21T10:00:00\.000Z$/m);
  assert.match(
    report,
    /^microphone: passed \(good\)\n    device: bluetooth\n    voiceDb: -23\.4$/m,
  );
  assert.match(report, /problem: rate_limited\n    request_id: req1\n    retry_after_seconds: 30/);
  assert.match(report, /^socket: not run$/m);
  assert.doesNotMatch(report, /Anna|secret/);
});

test('what came from elsewhere gets into the report as one short word or not at all', () => {
  const error = new VoiceAgentError('token-refused', {
    problem: { code: `x\nforged: line ${'y'.repeat(99)}` },
  });
  const results = new Map([['token', { status: 'failed', reason: 'token-refused', error }]]);

  const report = writeReport([{ id: 'token' }], /** @type {any} */ (results), SURROUNDINGS);

  assert.doesNotMatch(report, /^forged/m);
});

test('devices are told by their kind', () => {
  assert.deepEqual(
    [
      'AirPods Pro',
      'USB Headset',
      'MacBook Pro Microphone',
      'HD Webcam C920',
      '',
      'Yeti',
      null,
    ].map(kindOf),
    ['bluetooth', 'headset', 'built-in', 'webcam', 'unknown', 'other', 'unknown'],
  );
});
