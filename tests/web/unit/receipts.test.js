// When a session is over, the service is told, with the receipt of each token that was used for it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionEnds } from '../../../static/voice-agent/main-thread/session-ends.js';
import { Bench, FRAME_MS } from './fakes.js';

/** @param {Bench} bench */
const told = ({ reported }) =>
  reported.map((end) => ['sessionId' in end ? end.sessionId : 'unused', end.receipt]);

/** A dropped call whose resume is on its way. @param {Bench} bench */
async function drop(bench) {
  bench.socket.drop(1006);
  await bench.settle();
}

test('nothing is told of a session that goes on, and its end is told once', async () => {
  const bench = new Bench();
  await bench.goLive();
  assert.deepEqual(told(bench), []);

  bench.handle({ type: 'stop' });
  bench.socket.say({ type: 'session.ended', session_duration_seconds: 3 });
  await bench.pass(10_000);

  assert.deepEqual(told(bench), [['sess_1', 'receipt+1']]);
});

test('a call that is stopped before its session is ready tells that it is over once it is known which', async () => {
  const bench = new Bench();
  await bench.start();
  bench.socket.open();
  bench.handle({ type: 'stop' });
  assert.deepEqual(told(bench), []);
  bench.socket.say({ type: 'session.updated' });
  bench.socket.say({ type: 'session.ready', session_id: 'sess_1' });
  bench.socket.say({ type: 'session.ended', session_duration_seconds: 0 });

  assert.deepEqual(bench.states, ['connecting', 'ended']);
  assert.deepEqual(told(bench), [['sess_1', 'receipt+1']]);
});

test('so it does where the next call has begun meanwhile', async () => {
  const bench = new Bench();
  await bench.start();
  bench.socket.open();
  const [left] = bench.sockets;
  bench.handle({ type: 'stop' });
  await bench.start();
  left.say({ type: 'session.ready', session_id: 'sess_1' });
  bench.socket.becomeReady('sess_2');

  assert.deepEqual(told(bench), [['sess_1', 'receipt+1']]);
});

test('a thread that is not wanted any more ends with the last answer to a goodbye, or without one in ten seconds', async () => {
  let ends = 0;
  const bench = new Bench();
  const end = () => bench.session.afterGoodbyes(() => (ends += 1));
  end();
  await bench.pass(0);
  assert.equal(ends, 1, 'it waited for nothing');

  for (const isAnswered of [true, false]) {
    await bench.goLive();
    bench.handle({ type: 'stop' });
    end();
    await bench.pass(500);
    assert.equal(ends, isAnswered ? 1 : 2, 'it did not wait for the answer');
    if (isAnswered) bench.socket.say({ type: 'session.ended' });
    await bench.pass(isAnswered ? 0 : 9_500);
    assert.equal(ends, isAnswered ? 2 : 3, 'it waited although nothing was left');
  }
});

test('a page that goes away tells it in the moment of its goodbye', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.handle({ type: 'hang-up' });
  bench.ends.leave();

  assert.deepEqual(bench.socket.sent.at(-1), { type: 'session.end' });
  assert.deepEqual(told(bench), [['sess_1', 'receipt+1']]);
});

test('a page that goes away does not wait for its session core', () => {
  /** @type {object[]} */
  const reported = [];
  const ends = new SessionEnds((end) => reported.push(end));
  ends.observe({ type: 'receipt', sessionId: 'sess_1', receipt: 'r' });
  ends.leave();
  ends.observe({ type: 'state', state: 'ended', recovery: null, reason: 'page-left', error: null });

  assert.deepEqual(reported, [{ sessionId: 'sess_1', receipt: 'r' }]);
});

test('a session that is resumed has two receipts, and both are told at its end', async () => {
  const bench = new Bench();
  await bench.goLive();
  await drop(bench);
  bench.socket.becomeReady('sess_1');
  assert.deepEqual(told(bench), []);

  bench.socket.say({ type: 'session.ended' });
  assert.deepEqual(told(bench), [
    ['sess_1', 'receipt+1'],
    ['sess_1', 'receipt+2'],
  ]);
});

test('a session that could not be resumed is over when the call goes on in another', async () => {
  const bench = new Bench();
  await bench.goLive();
  await drop(bench);
  bench.socket.open();
  bench.socket.say({ type: 'session.error', code: 'session_not_found' });
  await bench.settle();
  assert.deepEqual(told(bench), []);
  bench.socket.becomeReady('sess_2');

  assert.deepEqual(told(bench), [['sess_1', 'receipt+1']]);
  bench.handle({ type: 'hang-up' });
  assert.deepEqual(told(bench).slice(1), [['sess_2', 'receipt+2']]);
});

/** The receipts with which tokens were asked for. @param {Bench} bench */
const shown = ({ tokenUrls }) => tokenUrls.map((url) => new URL(url).searchParams.get('receipt'));

test('a recovery shows the receipt of the token that opened the session, however often that was resumed', async () => {
  const bench = new Bench();
  await bench.goLive();
  await drop(bench);
  bench.socket.becomeReady('sess_1');
  await bench.pass(6_000);
  await drop(bench);
  bench.socket.drop(1006); // before there was a session: its token is nobody's
  await bench.pass(1_000);
  bench.socket.becomeReady('sess_2');

  assert.deepEqual(shown(bench), [null, 'receipt+1', 'receipt+1', 'receipt+1']);
});

test('a call whose resume was refused tries none again, and shows the receipt of each session', async () => {
  const bench = new Bench();
  await bench.goLive();
  await drop(bench);
  bench.socket.open();
  bench.socket.say({ type: 'session.error', code: 'session_not_found' });
  await bench.settle();
  bench.socket.becomeReady('sess_2');
  for (let n = 3; n <= 30; n += 1) {
    await bench.pass(6_500);
    await drop(bench);
    bench.socket.becomeReady(`sess_${n}`);
    assert.equal(bench.socket.sent[0].type, 'session.update');
  }

  assert.equal(bench.state.state, 'live');
  assert.equal(bench.sockets.length, 31, 'one for each session, and the resume');
  assert.equal(bench.tokenUrls.length, 30);
  assert.deepEqual(shown(bench), [
    null,
    ...Array.from({ length: 29 }, (_, n) => `receipt+${n + 1}`),
  ]);
});

test('a token that serves no second socket is handed back, and the call goes on with a fresh one', async () => {
  const bench = new Bench();
  await bench.goLive();
  await drop(bench);
  for (const code of ['session_not_found', 'unauthorized']) {
    bench.socket.open();
    bench.socket.say({ type: 'session.error', code });
    await bench.settle();
  }
  bench.socket.becomeReady('sess_2');

  assert.deepEqual(
    bench.sockets.map(({ token }) => token),
    ['token+1', 'token+2', 'token+2', 'token+3'],
  );
  assert.deepEqual(told(bench), [
    ['unused', 'receipt+2'],
    ['sess_1', 'receipt+1'],
  ]);
  assert.deepEqual(shown(bench), [null, 'receipt+1', 'receipt+1']);
});

test('a session that was retired by its successor is told when that takes over', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.handle({ type: 'extend' });
  await bench.settle();
  bench.socket.becomeReady('sess_2');
  assert.deepEqual(told(bench), [], 'the old session is still used');
  bench.report(); // nothing sounds
  for (let at = 0; at < 2_000; at += FRAME_MS) {
    bench.speak(0);
    await bench.pass(FRAME_MS);
  }

  assert.equal(bench.last('session')?.sessionId, 'sess_2');
  assert.deepEqual(told(bench), [['sess_1', 'receipt+1']]);
});

test('a successor that never took over is told too', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.say({ type: 'reply.started', reply_id: 'a' }); // no pause to take over in
  bench.handle({ type: 'extend' });
  await bench.settle();
  bench.socket.becomeReady('sess_2');
  bench.handle({ type: 'hang-up' });

  assert.deepEqual(told(bench), [
    ['sess_1', 'receipt+1'],
    ['sess_2', 'receipt+2'],
  ]);
});

test('a call that is given up tells what it had', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.tokenAnswers.push(() => new Response('{}', { status: 403 }));
  await drop(bench);

  assert.equal(bench.state.state, 'failed');
  assert.deepEqual(told(bench), [['sess_1', 'receipt+1']]);
});

test('a token that opened no session is not told of', async () => {
  const bench = new Bench();
  await bench.start();
  bench.socket.open();
  bench.handle({ type: 'stop' });
  await bench.pass(3_000);

  assert.equal(bench.state.state, 'ended');
  assert.deepEqual(told(bench), []);
});

for (const [what, body] of /** @type {const} */ ([
  ['gives no receipts', {}],
  ['gives something else for one', { receipt: 7 }],
  ['gives an empty one', { receipt: '' }],
]))
  test(`a service that ${what} is told nothing`, async () => {
    const bench = new Bench();
    bench.tokenAnswers.push(() =>
      Response.json({ token: 't', ws_url: 'wss://agents.example/v1/ws', ...body }),
    );
    await bench.goLive();
    bench.handle({ type: 'hang-up' });

    assert.deepEqual(told(bench), []);
  });

test('however often a session is resumed, the receipts that are kept are bounded', () => {
  /** @type {string[]} */
  const reported = [];
  const ends = new SessionEnds(({ receipt }) => reported.push(receipt));
  for (let i = 0; i < 1_000; i += 1)
    ends.observe({ type: 'receipt', sessionId: 'sess_1', receipt: `${i}` });
  ends.leave();

  assert.equal(reported.length, 100);
  assert.equal(reported.at(-1), '999');
});
