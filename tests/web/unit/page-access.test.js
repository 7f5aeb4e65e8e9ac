// What the page learns of access control, and what it makes of the answers to a code.

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { createAccess } from '../../../static/voice-agent/ui/access.js';
import { texts } from './page-texts.js';

const URL_OF_ACCESS = new URL('https://gate.example/api/access');

const { fetch } = globalThis;
afterEach(() => {
  globalThis.fetch = fetch;
});

/**
 * Let the service answer so.
 * @param {() => Response} answer
 */
function serve(answer) {
  /** @type {RequestInit[]} */
  const requests = [];
  globalThis.fetch = async (_url, options = {}) => {
    requests.push(options);
    return answer();
  };
  return requests;
}

const offline = () => {
  throw new TypeError('Failed to fetch');
};

for (const [mode, granted, needsCode] of /** @type {[string, boolean, boolean][]} */ ([
  ['open', true, false],
  ['code', false, true],
  ['code', true, false],
  ['jwt', false, false],
]))
  test(`mode ${mode}, granted ${granted}: a code is ${needsCode ? '' : 'not '}asked for`, async () => {
    serve(() => Response.json({ mode, granted }));
    const access = createAccess(URL_OF_ACCESS);
    assert.deepEqual([access.mode, access.needsCode, access.isDenied], [null, false, false]);

    await access.ask();
    assert.deepEqual([access.mode, access.needsCode, access.isDenied], [mode, needsCode, !granted]);
  });

test('without an answer, or with a strange one, what was known stays', async () => {
  const access = createAccess(URL_OF_ACCESS);
  serve(() => Response.json({ mode: 'code', granted: false }));
  await access.ask();
  for (const answer of [
    offline,
    () => new Response('', { status: 503 }),
    () => new Response('<html>'),
    () => Response.json(null),
  ]) {
    serve(answer);
    await access.ask();
    assert.equal(access.needsCode, true);
  }
});

test('a code goes out as it was given, and a right one is needed no more', async () => {
  const requests = serve(() => new Response(null, { status: 204 }));
  const access = createAccess(URL_OF_ACCESS);

  assert.deepEqual(await access.enter('open "sesame"'), { outcome: 'granted', waitSeconds: 0 });
  assert.equal(requests[0].method, 'POST');
  assert.equal(requests[0].body, '{"code":"open \\"sesame\\""}');
  assert.deepEqual([access.needsCode, access.isDenied], [false, false]);
});

/** @type {[string, () => Response, import('../../../static/voice-agent/ui/access.js').Entry][]} */
const ANSWERS = [
  ['401', () => new Response('{}', { status: 401 }), { outcome: 'wrong', waitSeconds: 0 }],
  ['422', () => new Response('{}', { status: 422 }), { outcome: 'wrong', waitSeconds: 0 }],
  [
    '429',
    () => new Response('{}', { status: 429, headers: { 'Retry-After': '40' } }),
    { outcome: 'limited', waitSeconds: 40 },
  ],
  ['503', () => new Response('{}', { status: 503 }), { outcome: 'failed', waitSeconds: 0 }],
  ['200', () => Response.json({}), { outcome: 'failed', waitSeconds: 0 }],
  ['none', offline, { outcome: 'unreachable', waitSeconds: 0 }],
];

for (const [name, answer, entry] of ANSWERS)
  test(`the answer ${name} to a code means ${entry.outcome}, and there are words for it`, async () => {
    serve(answer);

    const given = await createAccess(URL_OF_ACCESS).enter('no');
    assert.deepEqual(given, entry);
    assert.match(texts.access[/** @type {'wrong'} */ (given.outcome)], /[.]$/);
  });
