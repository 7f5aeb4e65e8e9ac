// What the checks of the diagnostics page make of what they measured.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  judgeAddress,
  judgeFeatures,
  judgePermission,
} from '../../../static/page/diagnostics/judge-browser.js';
import {
  judgeCall,
  judgeRoundTrip,
  judgeSocket,
  judgeToken,
} from '../../../static/page/diagnostics/judge-line.js';
import {
  isVoiceHeard,
  judgeEcho,
  judgeLevel,
  judgeRates,
} from '../../../static/page/diagnostics/judge-sound.js';
import {
  decibels,
  powerAt,
  powerOf,
  quantile,
  SILENCE_DB,
} from '../../../static/page/diagnostics/measure.js';
import { blockOf } from '../../../static/page/diagnostics/check-sound.js';

const RATE_HZ = 48_000;

/** @param {number} amplitude @param {number} frequencyHz */
const sine = (amplitude, frequencyHz, count = 4096) =>
  Float32Array.from(
    { length: count },
    (_, i) => amplitude * Math.sin((2 * Math.PI * frequencyHz * i) / RATE_HZ),
  );

/** Thirty blocks, of which every second one has a voice. @param {number} amplitude @param {number} noise */
const speech = (amplitude, noise) =>
  Array.from({ length: 30 }, (_, i) => blockOf(sine(i % 2 ? amplitude : noise, 440)));

/** @param {import('../../../static/page/diagnostics/diagnostics-types.js').Verdict} verdict */
const short = ({ status, reason }) => `${status} ${reason}`;

test('a full-scale sine has half the power of full scale, wherever it is looked for', () => {
  assert.ok(Math.abs(decibels(powerOf(sine(1, 1000))) + 3.01) < 0.1);
  assert.ok(Math.abs(decibels(powerAt(sine(1, 1000), 1000, RATE_HZ)) + 3.01) < 0.1);
  assert.equal(decibels(0), SILENCE_DB);
});

test('a tone is found at its frequency and not elsewhere', () => {
  const tone = sine(0.1, 659.26);

  assert.ok(decibels(powerAt(tone, 659.26, RATE_HZ)) > -24);
  assert.ok(decibels(powerAt(tone, 1046.5, RATE_HZ)) < -70);
});

test('the quantiles of a list are values of it', () => {
  assert.deepEqual(
    [0, 0.5, 1].map((part) => quantile([9, 1, 5], part)),
    [1, 5, 9],
  );
});

/** @type {[string, {db: number, peak: number}[], string][]} */
const LEVELS = [
  ['a voice at arm’s length', speech(0.1, 0.001), 'passed good'],
  ['a voice far away', speech(0.004, 0.0002), 'attention quiet'],
  ['a room without anybody', speech(0.0004, 0.0004), 'failed silent'],
  ['a microphone that is switched off', speech(0, 0), 'failed dead'],
  ['a voice beyond the scale', speech(1, 0.001), 'attention clipping'],
  ['a voice in a noise as loud', speech(0.1, 0.08), 'attention noisy'],
];

for (const [name, blocks, expected] of LEVELS) {
  test(`level: ${name}`, () => assert.equal(short(judgeLevel(blocks)), expected));
}

test('one slammed door in a clear voice is no clipping', () => {
  assert.equal(judgeLevel([...speech(0.1, 0.001), { db: -1, peak: 1 }]).reason, 'good');
});

test('a voice is heard once it has gone on for a while', () => {
  assert.equal(isVoiceHeard(speech(0.1, 0).slice(0, 6)), false);
  assert.equal(isVoiceHeard(speech(0.1, 0)), true);
});

/** @type {[string, number, number, string][]} */
const ECHOES = [
  ['headphones', -90, -88, 'passed none'],
  ['a tone below what anybody hears', -95, -70, 'passed none'],
  ['a tone no louder than the room', -50, -47, 'passed none'],
  ['a canceller that leaves a rest', -80, -50, 'attention some'],
  ['loudspeakers and no canceller', -80, -25, 'attention strong'],
];

for (const [name, beforeDb, duringDb, expected] of ECHOES) {
  test(`echo: ${name}`, () => assert.equal(short(judgeEcho({ beforeDb, duringDb })), expected));
}

test('a headset in its telephone mode and a late loudspeaker are told', () => {
  const good = { outputRateHz: 48_000, microphoneRateHz: 48_000, latencyMs: 30 };

  assert.equal(short(judgeRates(good)), 'passed good');
  assert.equal(judgeRates({ ...good, microphoneRateHz: null }).reason, 'good');
  assert.equal(judgeRates({ ...good, microphoneRateHz: 16_000 }).reason, 'telephone');
  assert.equal(judgeRates({ ...good, outputRateHz: 8_000 }).reason, 'telephone');
  assert.equal(judgeRates({ ...good, latencyMs: 240 }).reason, 'late');
});

/** @type {[string, import('../../../static/page/diagnostics/check-line.js').Opening, boolean | null, string][]} */
const SOCKETS = [
  ['open', { outcome: 'open', tookMs: 300 }, null, 'passed good'],
  ['open after a while', { outcome: 'open', tookMs: 2_400 }, null, 'attention slow'],
  ['never opened, host silent', { outcome: 'timeout', tookMs: 8_000 }, false, 'failed blocked'],
  ['closed, host silent', { outcome: 'closed', tookMs: 9 }, false, 'failed blocked'],
  ['closed, host unknown', { outcome: 'closed', tookMs: 9 }, null, 'failed blocked'],
  ['closed, host answers', { outcome: 'closed', tookMs: 90 }, true, 'failed turnedAway'],
];

for (const [name, opening, isHostReached, expected] of SOCKETS) {
  test(`socket: ${name}`, () => assert.equal(short(judgeSocket(opening, isHostReached)), expected));
}

test('a socket that the service itself refuses is told in its own words', () => {
  const error = { code: 'unauthorized', retryable: true, message: '', retryAfterSeconds: null };
  const opening = /** @type {const} */ ({ outcome: 'closed', tookMs: 80 });

  const verdict = judgeSocket({ ...opening, error: { ...error, problem: null } }, null);

  assert.equal(short(verdict), 'failed refused');
  assert.equal(verdict.error?.code, 'unauthorized');
});

/** @type {[string, number[], string][]} */
const ROUND_TRIPS = [
  ['nearby', [20, 22, 25, 21], 'passed good'],
  ['another continent', [380, 390, 400, 385], 'attention noticeable'],
  ['a satellite', [900, 950, 1000], 'attention slow'],
  ['a line that stutters', [30, 40, 35, 900], 'attention unsteady'],
  ['no answers', [], 'attention unanswered'],
];

for (const [name, timesMs, expected] of ROUND_TRIPS) {
  test(`round trip: ${name}`, () => assert.equal(short(judgeRoundTrip(timesMs)), expected));
}

test('a round trip tells the median and the worst', () => {
  assert.deepEqual(judgeRoundTrip([30, 10, 20]).values, { medianMs: 20, worstMs: 30, answers: 3 });
});

test('a token that takes long is no failure', () => {
  assert.equal(short(judgeToken(200)), 'passed good');
  assert.equal(short(judgeToken(4_000)), 'attention slow');
});

test('a call is judged by what was understood, then by the answer', () => {
  const judged = (/** @type {boolean} */ isUnderstood, /** @type {number | null} */ answerMs) =>
    short(judgeCall({ isUnderstood, answerMs }));

  assert.equal(judged(false, null), 'failed unheard');
  assert.equal(judged(true, null), 'failed unanswered');
  assert.equal(judged(true, 900), 'passed good');
  assert.equal(judged(true, 9_000), 'attention slow');
});

test('a permission is judged by the page around it first', () => {
  const free = { state: 'granted', isForbidden: false, isEmbedded: false };

  assert.equal(short(judgePermission(free)), 'passed granted');
  assert.equal(short(judgePermission({ ...free, state: 'prompt' })), 'passed prompt');
  assert.equal(short(judgePermission({ ...free, state: null })), 'skipped unknown');
  assert.equal(short(judgePermission({ ...free, state: 'denied' })), 'failed microphone-denied');
  assert.equal(
    short(judgePermission({ ...free, isForbidden: true })),
    'failed microphone-blocked-by-policy',
  );
});

test('a browser fails only by what a call cannot do without', () => {
  const all = { getUserMedia: true, AudioContext: true, AudioWorklet: true, WebSocket: true };

  assert.equal(short(judgeFeatures({ ...all, WakeLock: true })), 'passed complete');
  assert.equal(short(judgeFeatures({ ...all, WakeLock: false })), 'attention partial');
  const missing = judgeFeatures({ ...all, AudioWorklet: false });
  assert.equal(short(missing), 'failed unsupported-browser');
  assert.deepEqual(missing.values, { missing: 'AudioWorklet' });
});

test('an address that is not secure fails as a call would there', () => {
  assert.equal(judgeAddress(true).status, 'passed');
  assert.equal(judgeAddress(false).error?.code, 'insecure-context');
});
