import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertNoTokenTwice,
  assertOneTokenASocket,
  Bench,
  held,
  refusal,
  TOKEN_URL,
} from './fakes.js';

const prepare = /** @type {const} */ ({ type: 'prepare', tokenUrl: TOKEN_URL });

const grant = () =>
  Response.json({ token: 'late', expires_in_seconds: 60, ws_url: 'wss://agents.example/v1/ws' });

/** @param {string} url */
const shownReceipt = (url) => new URL(url).searchParams.get('receipt');

/** @param {string} url */
const askedSeconds = (url) => new URL(url).searchParams.get('max_session_duration_seconds');

test('a token is fetched when a call is likely, and the call opens with it without asking again', async () => {
  const bench = new Bench();
  bench.handle(prepare);
  await bench.settle();
  assert.equal(bench.tokenUrls.length, 1);

  await bench.pass(9_900);
  await bench.start();

  assert.equal(bench.socket.token, 'token+1');
  assertOneTokenASocket(bench);
});

test('however often intent shows, one token is fetched', async () => {
  const bench = new Bench();
  for (let i = 0; i < 5; i += 1) bench.handle(prepare);
  await bench.pass(9_000);
  bench.handle(prepare);
  await bench.pass(9_000);

  assert.equal(bench.tokenUrls.length, 1);
  assert.deepEqual(bench.reported, []);
});

test('a call waits for the token that is on its way rather than fetch another', async () => {
  const bench = new Bench();
  const { answer, release } = held(grant);
  bench.tokenAnswers.push(answer);
  bench.handle(prepare);
  await bench.start();
  assert.equal(bench.sockets.length, 0);

  release();
  await bench.settle();
  assert.equal(bench.socket.token, 'late');
  assertOneTokenASocket(bench);
});

test('a token that is too old is thrown away: its age counts from the request', async () => {
  const bench = new Bench();
  const { answer, release } = held(grant);
  bench.tokenAnswers.push(answer);
  bench.handle(prepare);
  await bench.pass(54_000);
  release();
  await bench.pass(1_500);
  await bench.start();

  assert.equal(bench.socket.token, 'token+2');
});

test('a token is used up to five seconds before its end, not later', async () => {
  for (const [ageMs, token] of /** @type {const} */ ([
    [6_900, 'token+1'],
    [7_000, 'token+2'],
  ])) {
    const bench = new Bench();
    bench.tokenSeconds.expires = 12;
    bench.handle(prepare);
    await bench.settle();
    await bench.pass(ageMs);
    await bench.start();

    assert.equal(bench.socket.token, token);
  }
});

test('a token whose life is not known is not kept', async () => {
  const bench = new Bench();
  bench.tokenAnswers.push(() =>
    Response.json({ token: 't', ws_url: 'wss://agents.example/v1/ws' }),
  );
  bench.handle(prepare);
  await bench.settle();
  await bench.start();

  assert.equal(bench.socket.token, 'token+2');
});

test('a failure to fetch one ahead is silent, and the call fetches its own', async () => {
  const bench = new Bench();
  bench.tokenAnswers.push(refusal(503));
  bench.handle(prepare);
  await bench.settle();
  assert.deepEqual(bench.events, []);

  await bench.start();
  assert.equal(bench.socket.token, 'token+2');
});

test('a call that is started while that failure is on its way fetches its own', async () => {
  const bench = new Bench();
  const { answer, release } = held(refusal(503));
  bench.tokenAnswers.push(answer);
  bench.handle(prepare);
  await bench.start();
  release();
  await bench.settle();

  assert.equal(bench.socket.token, 'token+2');
});

test('a token that no call takes within ten seconds is handed back, once', async () => {
  const bench = new Bench();
  bench.handle(prepare);
  await bench.settle();
  await bench.pass(10_000);
  assert.deepEqual(bench.reported, [{ receipt: 'receipt+1', unused: true }]);

  await bench.start();
  assert.equal(bench.socket.token, 'token+2');
  bench.socket.becomeReady();
  bench.handle({ type: 'hang-up' });
  assert.equal(bench.reported.filter((end) => 'unused' in end).length, 1);
});

test('a token that comes when nobody wants it any more is handed back', async () => {
  const bench = new Bench();
  const { answer, release } = held(() =>
    Response.json({ token: 't', expires_in_seconds: 60, ws_url: 'wss://a.example', receipt: 'r' }),
  );
  bench.tokenAnswers.push(answer);
  await bench.start();
  bench.handle({ type: 'stop' });
  release();
  await bench.settle();

  assert.equal(bench.sockets.length, 0);
  assert.deepEqual(bench.reported, [{ receipt: 'r', unused: true }]);
});

test('a token of another service is not used', async () => {
  const bench = new Bench();
  bench.handle({ type: 'prepare', tokenUrl: 'https://other.example/token' });
  await bench.settle();
  await bench.start();

  assert.equal(bench.socket.token, 'token+2');
});

test('“never” means never', async () => {
  const bench = new Bench();
  bench.handle(prepare);
  await bench.settle();
  await bench.goLive(undefined, { tokenPrefetch: 'never' });
  await bench.pass(120_000);

  assert.equal(bench.socket.token, 'token+2');
  assert.equal(bench.tokenUrls.length, 2);
});

test('“intent” keeps none during the call', async () => {
  const bench = new Bench();
  await bench.goLive(undefined, { tokenPrefetch: 'intent' });
  await bench.pass(120_000);

  assert.equal(bench.tokenUrls.length, 1);
});

test('“always” keeps one in reserve, young at any time, and asks only for the time that is left', async () => {
  const bench = new Bench();
  await bench.goLive(undefined, { tokenPrefetch: 'always' });
  await bench.pass(200_000);

  assert.equal(bench.tokenUrls.length, 5); // the first, then one each 52 s
  assert.deepEqual(bench.tokenUrls.map(askedSeconds), [null, '900', '848', '796', '744']);
  bench.tokenAnswers.push(refusal(500));
  bench.socket.drop(1006);
  await bench.settle();
  assert.equal(bench.socket.token, 'token+5', 'without a way to the token service');

  bench.socket.becomeReady();
  bench.handle({ type: 'hang-up' });
  assert.equal(bench.stats.connection.resumes, 1);
  assertNoTokenTwice(bench);
  const unused = bench.reported.flatMap((end) => ('unused' in end ? [end.receipt] : []));
  assert.deepEqual(unused, ['receipt+2', 'receipt+3', 'receipt+4'], 'what was replaced');
  assert.deepEqual(bench.tokenUrls.map(shownReceipt), [null, ...Array(5).fill('receipt+1')]);
});

test('a token that the socket refuses is followed by a fresh one, and the call goes on', async () => {
  const bench = new Bench();
  bench.handle(prepare);
  await bench.settle();
  await bench.start();
  bench.socket.open();
  bench.socket.say({ type: 'session.error', code: 'unauthorized', message: '' });
  bench.socket.drop(1008);
  await bench.settle();
  bench.socket.becomeReady();

  assert.equal(bench.state.state, 'live');
  assertOneTokenASocket(bench);
});

test('a reserve that cannot be had is asked for slowly, and where it is forbidden not again', async () => {
  const bench = new Bench();
  bench.tokenAnswers.push(grant, ...Array.from({ length: 50 }, () => refusal(503)));
  await bench.goLive(undefined, { tokenPrefetch: 'always' });
  await bench.pass(125_000);
  assert.equal(bench.tokenUrls.length, 10);
  assert.equal(bench.state.state, 'live');

  const other = new Bench();
  other.tokenAnswers.push(grant, refusal(403));
  await other.goLive(undefined, { tokenPrefetch: 'always' });
  await other.pass(120_000);
  assert.equal(other.tokenUrls.length, 2);
});

test('nothing is held once the call is over', async () => {
  const bench = new Bench();
  await bench.goLive(undefined, { tokenPrefetch: 'always' });
  await bench.settle();
  bench.handle({ type: 'hang-up' });
  assert.deepEqual(bench.timers, []);

  await bench.start();
  assert.equal(bench.socket.token, 'token+3');
});
