import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  decode,
  encode,
  encodeAudio,
  isRepeated,
  listedVoices,
} from '../../../static/voice-agent/core/connection/protocol.js';
import { seeded } from './random.js';
import { violations } from './schema.js';

const READY = { type: 'ready', sessionId: null, expiresAtEpochSeconds: null, httpTools: [] };

/** Every event, in every version of it that was seen. @type {[string, unknown, object][]} */
const READ = [
  [
    'ready',
    { type: 'session.ready', session_id: 'sess_1', expires_at: 1_795_000_000, resume_token: '' },
    { ...READY, sessionId: 'sess_1', expiresAtEpochSeconds: 1_795_000_000 },
  ],
  ['ready without an id', { type: 'session.ready' }, READY],
  [
    'ready with fields of other types',
    { type: 'session.ready', session_id: 7, expires_at: 'soon', config: { tools: 'none' } },
    READY,
  ],
  [
    'ready that names a tool of the service',
    {
      type: 'session.ready',
      config: { tools: [{ name: 'a', http: { url: 'x' } }, { name: 'b', http: null }, null, 7] },
    },
    { ...READY, httpTools: ['a'] },
  ],
  [
    'an accepted update',
    { type: 'session.updated', config: { id: 'x', tools: [{ name: 'a', http: {} }] } },
    {
      type: 'updated',
      config: { id: 'x', tools: [{ name: 'a', http: {} }] },
      httpTools: ['a'],
    },
  ],
  [
    'an accepted update that says nothing',
    { type: 'session.updated' },
    { type: 'updated', config: null, httpTools: null },
  ],
  [
    'an error that names a setting',
    { type: 'session.error', code: 'invalid_value', message: 'no', param: 'output.voice' },
    { type: 'error', code: 'invalid_value', text: 'no', param: 'output.voice' },
  ],
  [
    'an error with the older key, in upper case',
    { type: 'session.error', error_code: 'UNAUTHORIZED', message: 'no', param: null },
    { type: 'error', code: 'unauthorized', text: 'no', param: null },
  ],
  [
    'an error without a type',
    { code: 'internal_error', message: 'oh' },
    { type: 'error', code: 'internal_error', text: 'oh', param: null },
  ],
  [
    'a bare error',
    { type: 'error', message: 'oh' },
    { type: 'error', code: 'unknown', text: 'oh', param: null },
  ],
  [
    'the end',
    { type: 'session.ended', session_duration_seconds: 3.5, audio_duration_seconds: null },
    { type: 'ended', durationSeconds: 3.5 },
  ],
  ['the end without a number', { type: 'session.ended' }, { type: 'ended', durationSeconds: null }],
  ['speech', { type: 'input.speech.started' }, { type: 'speech-started' }],
  ['the end of speech', { type: 'input.speech.stopped' }, { type: 'speech-stopped' }],
  [
    'user words',
    { type: 'transcript.user', item_id: 'm', text: 'what', delta: 'w' },
    { type: 'user-text', itemId: 'm', text: 'what', final: true },
  ],
  [
    'user words under the other key, without an id',
    { type: 'transcript.user.delta', delta: 'what' },
    { type: 'user-text', itemId: null, text: 'what', final: false },
  ],
  [
    'the start of a reply',
    { type: 'reply.started', reply_id: 'r', item_id: 'm' },
    { type: 'reply-started', replyId: 'r' },
  ],
  [
    'audio',
    { type: 'reply.audio', reply_id: 'r', data: 'AAAA' },
    { type: 'reply-audio', replyId: 'r', data: 'AAAA' },
  ],
  [
    'audio without data',
    { type: 'reply.audio', reply_id: 'r' },
    { type: 'ignored', name: 'reply.audio' },
  ],
  [
    'a word',
    { type: 'transcript.agent.delta', reply_id: 'r', delta: 'Hi ', start_ms: 32, end_ms: 145 },
    { type: 'reply-word', replyId: 'r', word: 'Hi ', startMs: 32, endMs: 145 },
  ],
  [
    'a word without times, under the other key',
    { type: 'transcript.agent.delta', reply_id: 'r', text: 'Hi', start_ms: null, end_ms: null },
    { type: 'reply-word', replyId: 'r', word: 'Hi', startMs: null, endMs: null },
  ],
  [
    'a word that is none',
    { type: 'transcript.agent.delta', reply_id: 'r' },
    { type: 'ignored', name: 'transcript.agent.delta' },
  ],
  [
    'the text of a reply',
    { type: 'transcript.agent', reply_id: 'r', text: 'Hi.', interrupted: true },
    { type: 'reply-text', replyId: 'r', text: 'Hi.', interrupted: true },
  ],
  [
    'the text of a reply that does not say whether it was cut',
    { type: 'transcript.agent', text: 'Hi.' },
    { type: 'reply-text', replyId: null, text: 'Hi.', interrupted: false },
  ],
  [
    'a reply that was interrupted',
    { type: 'reply.done', reply_id: 'r', status: 'interrupted' },
    { type: 'reply-done', replyId: 'r', interrupted: true },
  ],
  [
    'a reply that was cancelled',
    { type: 'reply.done', reply_id: 'r', status: 'cancelled' },
    { type: 'reply-done', replyId: 'r', interrupted: true },
  ],
  [
    'a reply that ended without a status',
    { type: 'reply.done', reply_id: 'r' },
    { type: 'reply-done', replyId: 'r', interrupted: false },
  ],
  [
    'a reply that ended in an unknown way',
    { type: 'reply.done', reply_id: 'r', status: 'failed' },
    { type: 'reply-done', replyId: 'r', interrupted: false },
  ],
  [
    'the error of a model',
    { type: 'reply.error', reply_id: 'r', code: 'RATE', message: 'no', retryable: true },
    { type: 'reply-error', replyId: 'r', code: 'rate', text: 'no', retryable: true },
  ],
  [
    'a part of a reply',
    { type: 'reply.content_part.started', reply_id: 'r' },
    { type: 'ignored', name: 'reply.content_part.started' },
  ],
  [
    'a tool call',
    { type: 'tool.call', call_id: 'c', name: 'f', arguments: { a: 1 }, args: { a: 2 } },
    { type: 'tool-call', callId: 'c', name: 'f', args: { a: 1 } },
  ],
  [
    'a tool call with the older key',
    { type: 'tool.call', call_id: 'c', name: 'f', args: { a: 1 } },
    { type: 'tool-call', callId: 'c', name: 'f', args: { a: 1 } },
  ],
  [
    'a tool call without arguments',
    { type: 'tool.call', call_id: 'c', name: 'f', arguments: 'x' },
    { type: 'tool-call', callId: 'c', name: 'f', args: {} },
  ],
  [
    'a tool call that cannot be answered',
    { type: 'tool.call', name: 'f', arguments: {} },
    { type: 'ignored', name: 'tool.call' },
  ],
  ['an event of tomorrow', { type: 'something.new' }, { type: 'ignored', name: 'something.new' }],
  ['a name of the language', { type: 'constructor' }, { type: 'ignored', name: 'constructor' }],
  ['an event without a name', { type: 7 }, { type: 'ignored', name: 'untyped' }],
  ['a list', [], { type: 'ignored', name: 'unreadable' }],
];

for (const [name, frame, message] of READ) {
  test(`reads ${name}, whenever it was sent`, () => {
    for (const timestamp of [undefined, 1_790_000_000.25, '2026-09-10T00:00:00Z', null, {}]) {
      const stamped = Array.isArray(frame) ? frame : { ...Object(frame), timestamp };
      assert.deepEqual(decode(JSON.stringify(stamped)), message);
    }
  });
}

test('what arrives is read or left, never thrown at the reader', () => {
  const types = READ.map(([, frame]) => Object(frame).type);
  const fields = [...new Set(READ.flatMap(([, frame]) => Object.keys(Object(frame))))];
  for (let seed = 0; seed < 3_000; seed += 1) {
    const random = seeded(seed);
    const pick = (/** @type {any[]} */ from) => from[Math.floor(random() * from.length)];
    const junk = () => pick([null, 0, -1.5, true, '', 'x', [], [null], {}, { tools: [{}] }]);
    const frame = Object.fromEntries(fields.map((field) => [field, junk()]));
    const text = JSON.stringify({ ...frame, type: pick(types) });
    const cut = random() < 0.2 ? text.slice(0, random() * text.length) : text;

    assert.equal(typeof decode(cut).type, 'string', `seed ${seed}`);
  }
});

test('a frame that comes twice is known by its time', () => {
  const frame = '{"type":"reply.audio","data":"AAAA","timestamp":1.5}';

  assert.ok(isRepeated(frame, `${frame}`));
  assert.ok(!isRepeated(frame, frame.replace('1.5', '1.6')));
  assert.ok(
    !isRepeated('{"type":"reply.audio","data":"AAAA"}', '{"type":"reply.audio","data":"AAAA"}'),
  );
  assert.ok(!isRepeated(frame, null));
  assert.ok(!isRepeated(undefined, undefined));
});

const BINARY = [new ArrayBuffer(4), new Uint8Array(4), new Blob(['{}'])];

for (const data of ['', 'not json', '{"type":"reply.au', 'null', '7', '"x"', ...BINARY, null]) {
  test(`survives ${String(data) || 'nothing'}`, () => {
    assert.equal(decode(data).type, 'ignored');
  });
}

test('writes what the schema allows', () => {
  const written = [
    encode({ type: 'session.update', session: { greeting: 'Hi.', output: { voice: 'alba' } } }),
    encode({ type: 'session.resume', session_id: 'sess_1' }),
    encode({ type: 'session.update', session: { agent_id: 'agent_1' } }),
    encode({ type: 'reply.create', instructions: 'Say "hi".' }),
    encode({ type: 'reply.create' }),
    encode({ type: 'input.audio', audio: 'AAAA' }),
    encode({ type: 'tool.result', call_id: 'c', result: '{}', is_error: false }),
    encode({ type: 'session.end' }),
    encodeAudio('AAAA'),
  ];

  for (const text of written)
    assert.deepEqual(violations('clientMessage', JSON.parse(text)), [], text);
});

test('finds the voices that a refusal lists', () => {
  const text = "Invalid voice 'ivy'. Must be one of: alba, eve, or george.";

  assert.deepEqual(listedVoices(text), ['alba', 'eve', 'george']);
  assert.deepEqual(listedVoices('no'), []);
});

const vectors = new URL('../../../../shared/vectors/', import.meta.url);

test(
  'understands every frame that was recorded from the real service',
  { skip: !existsSync(vectors) },
  () => {
    for (const file of readdirSync(vectors).filter((name) => name.startsWith('live-2026-0'))) {
      for (const line of readFileSync(new URL(file, vectors), 'utf8').trim().split('\n')) {
        const { dir, frame } = JSON.parse(line);
        if (dir !== 's2c') continue;

        assert.notEqual(decode(JSON.stringify(frame)).type, 'ignored', line);
      }
    }
  },
);
