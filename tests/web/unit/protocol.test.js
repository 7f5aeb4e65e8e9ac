import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decode, encode, encodeAudio, listedVoices } from '../../../static/voice-agent/protocol.js';
import { violations } from './schema.js';

/** @type {[string, unknown, object][]} */
const READ = [
  [
    'ready',
    { type: 'session.ready', session_id: 'sess_1', expires_at: 1_795_000_000 },
    { type: 'ready', sessionId: 'sess_1', expiresAtEpochSeconds: 1_795_000_000, httpTools: [] },
  ],
  [
    'ready without an id',
    { type: 'session.ready' },
    { type: 'ready', sessionId: null, expiresAtEpochSeconds: null, httpTools: [] },
  ],
  [
    'ready that names a tool of the service',
    {
      type: 'session.ready',
      config: {
        tools: [
          { name: 'a', http: { url: 'x' } },
          { name: 'b', http: null },
        ],
      },
    },
    { type: 'ready', sessionId: null, expiresAtEpochSeconds: null, httpTools: ['a'] },
  ],
  [
    'an error with the older key, in upper case',
    { type: 'session.error', error_code: 'UNAUTHORIZED', message: 'no' },
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
    'user words under the other key',
    { type: 'transcript.user.delta', item_id: 'm', delta: 'what' },
    { type: 'user-text', itemId: 'm', text: 'what', final: false },
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
    'a tool call with the older key',
    { type: 'tool.call', call_id: 'c', name: 'f', args: { a: 1 } },
    { type: 'tool-call', callId: 'c', name: 'f', args: { a: 1 } },
  ],
  [
    'a word without times',
    {
      type: 'transcript.agent.delta',
      reply_id: 'r',
      item_id: 'm',
      delta: 'Hi ',
      start_ms: null,
      end_ms: null,
    },
    { type: 'reply-word', replyId: 'r', word: 'Hi ', startMs: null },
  ],
  [
    'audio without data',
    { type: 'reply.audio', reply_id: 'r' },
    { type: 'ignored', name: 'reply.audio' },
  ],
  ['an event of tomorrow', { type: 'something.new' }, { type: 'ignored', name: 'something.new' }],
  ['a name of the language', { type: 'constructor' }, { type: 'ignored', name: 'constructor' }],
  ['a list', [], { type: 'ignored', name: 'unreadable' }],
];

for (const [name, frame, message] of READ) {
  test(`reads ${name}`, () => {
    assert.deepEqual(decode(JSON.stringify(frame)), message);
  });
}

for (const data of ['', 'not json', '{"type":"reply.au', new ArrayBuffer(4), null]) {
  test(`survives ${String(data) || 'nothing'}`, () => {
    assert.equal(decode(data).type, 'ignored');
  });
}

test('writes what the schema allows', () => {
  const written = [
    encode({ type: 'session.update', session: { greeting: 'Hi.', output: { voice: 'alba' } } }),
    encode({ type: 'session.resume', session_id: 'sess_1' }),
    encode({ type: 'reply.create', instructions: 'Say "hi".' }),
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
    const known = ['session.updated']; // carries nothing that the client needs
    for (const file of readdirSync(vectors).filter((name) => name.startsWith('live-2026-0'))) {
      for (const line of readFileSync(new URL(file, vectors), 'utf8').trim().split('\n')) {
        const { dir, frame } = JSON.parse(line);
        if (dir !== 's2c' || known.includes(frame.type)) continue;

        assert.notEqual(decode(JSON.stringify(frame)).type, 'ignored', line);
      }
    }
  },
);
