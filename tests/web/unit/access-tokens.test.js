// The page's own access token: asked for anew with each request, and found nowhere afterwards.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench, held, refusal, TOKEN_URL } from './fakes.js';

const WORD = 'eyJhbGciOi.secret-word';

/** @param {Bench} bench */
const asked = (bench) => bench.all('access-token-wanted').map(({ id }) => id);

/**
 * @param {Bench} bench
 * @param {string | null} [token]
 * @param {string | null} [cause]
 */
async function answer(bench, token = WORD, cause = null) {
  const id = /** @type {number} */ (asked(bench).at(-1));
  bench.handle({ type: 'access-token', id, token, cause });
  await bench.settle();
}

/** @param {Bench} bench */
const authorizations = (bench) =>
  bench.tokenRequests.map(({ headers }) => new Headers(headers).get('Authorization'));

test('a page without an access token is asked for none, and cookies go to its own origin only', async () => {
  const bench = new Bench();
  await bench.goLive();

  assert.deepEqual(asked(bench), []);
  assert.deepEqual(authorizations(bench), [null]);
  assert.equal(bench.tokenRequests[0].credentials, 'same-origin');
});

test('cookies go along where the page says so', async () => {
  const bench = new Bench();
  await bench.goLive(undefined, { credentials: 'include' });

  assert.equal(bench.tokenRequests[0].credentials, 'include');
});

test('each request carries an access token of its own, recoveries and the reserve included', async () => {
  const bench = new Bench();
  bench.handle({ type: 'prepare', tokenUrl: TOKEN_URL, asksAccess: true });
  await bench.settle();
  assert.deepEqual(bench.tokenUrls, [], 'asked before the page has answered');
  await answer(bench, 'one');
  await bench.start(undefined, { asksAccess: true, tokenPrefetch: 'intent' });
  bench.socket.becomeReady();
  bench.socket.drop(1006);
  await bench.settle();
  await answer(bench, 'two');

  assert.deepEqual(authorizations(bench), ['Bearer one', 'Bearer two']);
  assert.deepEqual(asked(bench), [1, 2]);
});

test('a page that has none fails the call with a sentence that says so, and nothing is asked of the service', async () => {
  const bench = new Bench();
  await bench.start(undefined, { asksAccess: true });
  await answer(bench, null, 'Error: signed out');

  assert.equal(bench.state.state, 'failed');
  assert.partialDeepStrictEqual(bench.state.error, {
    code: 'token-refused',
    message: 'This page could not get the access token that its calls need.',
    cause: 'Error: signed out',
  });
  assert.deepEqual(bench.tokenUrls, []);
});

test('a page that does not answer is waited for ten seconds', async () => {
  const bench = new Bench();
  await bench.start(undefined, { asksAccess: true });
  await bench.pass(9_999);
  assert.equal(bench.state.state, 'connecting');
  await bench.pass(1);

  assert.equal(bench.state.error?.code, 'token-refused');
  assert.match(bench.state.error?.message ?? '', /took too long/);
  await answer(bench);
  assert.deepEqual(bench.tokenUrls, [], 'an answer that comes too late is of no use');
  assert.deepEqual(bench.timers, []);
});

test('a lost call goes on once the page has one again: it may have been offline itself', async () => {
  const bench = new Bench();
  await bench.start(undefined, { asksAccess: true });
  await answer(bench);
  bench.socket.becomeReady();
  bench.socket.drop(1006);
  await bench.settle();
  await answer(bench, null, 'TypeError: Failed to fetch');
  assert.equal(bench.state.state, 'reconnecting');
  await bench.pass(2_000);
  await answer(bench);
  bench.socket.becomeReady();

  assert.equal(bench.state.state, 'live');
});

test('a call that is stopped meanwhile waits for no answer', async () => {
  const bench = new Bench();
  bench.handle({ type: 'prepare', tokenUrl: TOKEN_URL, asksAccess: true });
  await bench.start(undefined, { asksAccess: true }); // waits for what was asked ahead
  assert.deepEqual(asked(bench), [1]);
  bench.handle({ type: 'stop' });
  await bench.settle();
  await answer(bench);

  assert.equal(bench.state.state, 'ended');
  assert.deepEqual(bench.timers, []);
  assert.deepEqual(bench.tokenUrls, []);
});

test('the access token is in no event, whatever the service answers', async () => {
  for (const refused of [refusal(401, { code: 'unauthenticated' }), refusal(503), null]) {
    const bench = new Bench();
    if (refused) bench.tokenAnswers.push(held(refused).answer, refused);
    await bench.start(undefined, { asksAccess: true });
    await answer(bench);
    await bench.pass(13_000);
    bench.handle({ type: 'hang-up' });

    assert.ok(!JSON.stringify(bench.events).includes('secret'));
  }
});
