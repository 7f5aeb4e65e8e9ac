// What a page may say of its token service, and what it is told there when a session is over.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { TokenService } from '../../../static/voice-agent/main-thread/token-service.js';
import { createVoiceAgent } from '../../../static/voice-agent/index.js';

const END = { sessionId: 'sess_1', receipt: 'r' };

/** @type {{url: string, request: RequestInit}[]} */
let sent;
const { fetch } = globalThis;
beforeEach(() => {
  sent = [];
  Object.assign(globalThis, {
    document: { baseURI: 'https://gate.example/app/' },
    fetch: async (/** @type {URL} */ url, /** @type {RequestInit} */ request) => {
      sent.push({ url: url.href, request });
      throw new TypeError('Failed to fetch'); // nobody is to notice
    },
  });
});
afterEach(() => {
  globalThis.fetch = fetch;
  Reflect.deleteProperty(globalThis, 'document');
});

for (const credentials of ['yes', '', null, true])
  test(`credentials: ${JSON.stringify(credentials)} is refused with what is allowed`, () => {
    assert.throws(
      () => new TokenService({ credentials: /** @type {any} */ (credentials) }),
      /^TypeError: credentials must be one of same-origin, include, omit$/,
    );
  });

for (const accessToken of ['', 'two words', 'line\n', 'ä', 7, null, {}])
  test(`accessToken: ${JSON.stringify(accessToken)} is refused, and not repeated`, () => {
    assert.throws(
      () => new TokenService({ accessToken: /** @type {any} */ (accessToken) }),
      /^TypeError: accessToken must be one word of visible ASCII characters, or a function that gives it$/,
    );
  });

test('an agent is not made with an option that is wrong', () => {
  const options = { credentials: /** @type {any} */ ('yes') };

  assert.throws(() => createVoiceAgent(options), TypeError);
});

test('the core is told where to ask and how, but never the access token', () => {
  const service = new TokenService({ tokenUrl: '../api/voice-token?a=1', accessToken: 'word' });

  assert.deepEqual(service.description, {
    tokenUrl: 'https://gate.example/api/voice-token?a=1',
    credentials: 'same-origin',
    asksAccess: true,
  });
  assert.equal(new TokenService({}).description.asksAccess, false);
  assert.equal(new TokenService({}).description.tokenUrl, 'https://gate.example/api/voice-token');
});

test('what is served besides by a named gate is found there; a way of its own comes first', () => {
  const of = (/** @type {any} */ options) => new TokenService(options).description;
  assert.equal(of({ gate: '/voice' }).tokenUrl, 'https://gate.example/voice/api/voice-token');
  assert.equal(of({ gate: '/voice', tokenUrl: '/t' }).tokenUrl, 'https://gate.example/t');
  assert.equal(of({ wsUrl: 'wss://own.example/ws' }).wsUrl, 'wss://own.example/ws');
  assert.throws(() => of({ wsUrl: 'https://own.example' }), /wsUrl must be .* wss:/);
});

/** @type {[string, any, string | null, RegExp | null][]} */
const SOURCES = [
  ['a word', 'word', 'word', null],
  ['a function', () => 'word', 'word', null],
  ['a promise', async () => 'word', 'word', null],
  ['a function that throws', () => assert.fail('signed out'), null, /signed out/],
  ['a promise that fails', () => Promise.reject(new Error('signed out')), null, /signed out/],
  ['a function that gives nothing', () => undefined, null, /gave no word/],
  ['a function that gives two lines', () => 'secret\nX-Other: 1', null, /gave no word/],
];

for (const [name, accessToken, token, cause] of SOURCES)
  test(`an access token from ${name}`, async () => {
    const answer = await new TokenService({ accessToken }).answerAccess(3);

    assert.deepEqual([answer.id, answer.token], [3, token]);
    if (cause) assert.match(`${answer.cause}`, cause);
    assert.ok(!answer.cause?.includes('secret'));
  });

test('a function is called anew for each answer', async () => {
  let calls = 0;
  const service = new TokenService({ accessToken: () => `word-${(calls += 1)}` });

  assert.equal((await service.answerAccess(1)).token, 'word-1');
  assert.equal((await service.answerAccess(2)).token, 'word-2');
});

test('the end of a session is told beside the token route, with nothing but the receipt, and outlives the page', () => {
  new TokenService({
    tokenUrl: 'https://gate.example/prefix/api/voice-token?a=1',
    credentials: 'include',
    accessToken: () => assert.fail('a page that goes away cannot wait for it'),
  }).reportEnd(END);

  assert.equal(sent.length, 1);
  const { url, request } = sent[0];
  assert.equal(url, 'https://gate.example/prefix/api/session-ends');
  assert.partialDeepStrictEqual(request, {
    method: 'POST',
    keepalive: true,
    credentials: 'omit',
    headers: { 'Content-Type': 'application/json' },
    body: '{"session_id":"sess_1","receipt":"r"}',
  });
  assert.equal(new Headers(request.headers).get('Authorization'), null);
});
