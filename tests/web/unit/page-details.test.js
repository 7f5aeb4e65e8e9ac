// The details of a call: rates, facts, lines, and a report that gives nothing away.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { medians } from '../../../static/page/details-answers.js';
import { createRates, factsOf } from '../../../static/page/details-facts.js';
import { logLine, logTime } from '../../../static/page/details-log.js';
import { reportOf } from '../../../static/page/report.js';
import { Bench } from './fakes.js';
import { LANGUAGES, texts, textsIn } from './page-texts.js';

/** @typedef {import('../../../static/voice-agent/index.js').AgentStats} AgentStats */
/** @typedef {import('../../../static/voice-agent/index.js').LogEntry} LogEntry */

const BROWSER = {
  address: 'https://me:pass-secret@gate.example/talk?code=query-secret#fragment-secret',
  userAgent: 'Browser/1.0',
  languages: ['en'],
  isOnline: true,
  nowMs: 0,
};

const AUDIO = {
  contextRateHz: 24_000,
  wireRateHz: 24_000,
  outputLatencyMs: 30,
  outputUnderruns: 2,
  microphone: {
    label: 'label-secret-Bluetooth',
    rateHz: 48_000,
    echoCancellation: true,
    noiseSuppression: false,
    autoGainControl: null,
  },
};

/** @param {number} atMs @param {number} messages */
const copy = (atMs, messages) => {
  const flow = { messages, bytes: messages * 1_000, byName: {} };
  return { atMs, traffic: { sent: flow, received: flow } };
};

test('rates are those of the last three seconds, and none are told outside a call', () => {
  const rates = createRates();
  assert.equal(rates.next(copy(0, 0)), null);
  for (let second = 1; second <= 10; second += 1) rates.next(copy(second * 1_000, second * 10));
  assert.deepEqual(rates.next(copy(11_000, 160))?.sent, {
    messages: 80 / 3,
    kilobits: (80 * 8) / 3,
  });
  assert.equal(rates.next(null), null);
  assert.equal(rates.next(copy(12_000, 200)), null);
});

test('another call begins its rates anew', () => {
  const rates = createRates();
  rates.next(copy(60_000, 500));
  assert.equal(rates.next(copy(1_000, 10)), null);
  assert.equal(rates.next(copy(2_000, 60))?.received.messages, 50);
});

test('the median is that of answers to what was said', () => {
  const said = (/** @type {number} */ waitMs) =>
    /** @type {const} */ ({ after: 'speech', waitMs, sinceVoiceMs: waitMs + 900 });
  const greeting = /** @type {const} */ ({ after: 'greeting', waitMs: 9, sinceVoiceMs: null });

  assert.deepEqual(medians([greeting]), { waitMs: null, sinceVoiceMs: null });
  assert.equal(medians([greeting, said(500), said(100), said(300)]).waitMs, 300);
  assert.equal(medians([said(100), said(300)]).sinceVoiceMs, 1_100);
});

test('before the first call every fact has its place and says nothing, in every language', () => {
  for (const language of LANGUAGES) {
    const words = textsIn(language).call;
    const facts = factsOf({ state: 'idle', stats: null, error: null, rate: null }, words);
    const { state, ...others } = facts;

    assert.equal(state, words.states.idle.name);
    assert.deepEqual(new Set(Object.values(others)), new Set(['–']));
  }
});

test('a line of the log reads like one', () => {
  /** @type {LogEntry} */
  const entry = {
    id: 1,
    atMs: 72_349,
    direction: 'in',
    name: 'reply.audio',
    group: 'conversation',
    count: 48,
    bytes: 65_300,
    soundMs: 1_000,
    detail: {},
  };
  assert.equal(logLine(entry), '1:12.34 in reply.audio ×48 1.0 s, 65 kB');
  assert.equal(logTime(0), '0:00.00');
});

/** A call with a secret in every place where people or their pages put words. */
async function tellingCall() {
  const bench = new Bench();
  bench.handle({ type: 'watch', on: true });
  await bench.start({ system_prompt: 'prompt-secret', greeting: 'greeting-secret' });
  const say = (/** @type {object} */ frame) => bench.socket.say(frame);
  const config = { system_prompt: 'prompt-secret', tools: [{ name: 'tool_secret' }] };
  bench.socket.open();
  say({ type: 'session.updated', config });
  say({ type: 'session.ready', session_id: 'sess_1', resume_token: 'resume-secret', config });
  bench.speak();
  bench.handle({ type: 'say', text: 'typed-secret' });
  bench.handle({ type: 'reply', instructions: 'instructions-secret' });
  say({ type: 'input.speech.started' });
  say({ type: 'transcript.user.delta', text: 'user-secret' });
  say({ type: 'transcript.user', text: 'user-secret' });
  say({ type: 'reply.started', reply_id: 'reply_1' });
  say({ type: 'transcript.agent.delta', reply_id: 'reply_1', delta: 'word-secret' });
  say({ type: 'transcript.agent', reply_id: 'reply_1', text: 'agent-secret' });
  say({ type: 'tool.call', call_id: 'c', name: 'tool_secret', arguments: { a: 'args-secret' } });
  bench.handle({ type: 'tool-result', callId: 'c', value: 'result-secret', isError: false });
  say({ type: 'reply.done', reply_id: 'reply_1' });
  say({ type: 'session.error', code: 'invalid_value', message: 'message-secret' });
  say({ type: 'password-secret', words: 'unknown-secret' });
  bench.handle({ type: 'update', id: 1, session: { system_prompt: 'prompt-secret' } });
  bench.socket.drop(1006);
  await bench.pass(3_000);
  bench.handle({ type: 'hang-up' });
  await bench.pass(1_000);
  return bench;
}

test('no token, prompt, word, argument, address or name of a device is in the report', async () => {
  const bench = await tellingCall();
  const entries = /** @type {LogEntry[]} */ (bench.all('debug').flatMap(({ entries }) => entries));
  const error = {
    code: 'token-refused',
    retryable: false,
    message: 'sentence-secret of an error',
    retryAfterSeconds: null,
    problem: { code: 'forbidden', request_id: 'req_1', detail: 'detail-secret' },
  };
  const stats = /** @type {AgentStats} */ ({ ...bench.stats, thread: 'worker', audio: AUDIO });
  const report = reportOf({ state: 'live', stats, error, entries, browser: BROWSER });

  assert.ok(entries.length > 10, `${entries.length} lines`);
  assert.doesNotMatch(report, /secret|token\+|receipt\+/);
  assert.doesNotMatch(JSON.stringify(entries), /secret|token\+|receipt\+/);
  const told = JSON.parse(report);
  assert.equal(told.page.address, 'https://gate.example/talk');
  assert.deepEqual(told.lastError, {
    code: 'token-refused',
    problem: 'forbidden',
    reference: 'req_1',
  });
  assert.equal(told.sessionId, 'sess_1');
  assert.equal(told.connection.lossesByCause['close-1006'], 1);
  assert.deepEqual(told.sound.microphone, {
    rateHz: 48_000,
    echoCancellation: true,
    noiseSuppression: false,
    kind: 'bluetooth',
  });
});

test('a report can be made before the first call', () => {
  const now = { state: /** @type {const} */ ('idle'), stats: null, error: null, entries: [] };
  const told = JSON.parse(reportOf({ ...now, browser: BROWSER }));

  assert.deepEqual([told.state, told.lastError, told.log], ['idle', null, []]);
  assert.equal(texts.states.idle.name, 'Ready');
});
