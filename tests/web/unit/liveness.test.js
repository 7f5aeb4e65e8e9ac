import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertOneTokenASocket, Bench, FRAME_MS } from './fakes.js';

/** What browser and system swallow before anything shows. Source: audio-path measurements. */
const HIDDEN_BYTES = 176_000;

/**
 * A call whose connection goes dead without a word after some talk; the user talks on.
 * @param {{hiddenBytes?: number, limitMs?: number}} [options]
 */
async function goDeaf({ hiddenBytes = HIDDEN_BYTES, limitMs = 10_000 } = {}) {
  const bench = new Bench();
  await bench.goLive();
  let word = await bench.speakFor(10_000);
  bench.socket.say({ type: 'transcript.user.delta', item_id: 'm', text: 'so' });
  const deafAtMs = bench.nowMs;
  const lastHeard = bench.socket.spoken.at(-1) ?? 0;
  bench.socket.takesBytes = hiddenBytes;
  bench.socket.isAlive = false;
  while (bench.sockets.length === 1 && bench.nowMs - deafAtMs < limitMs)
    word = await bench.speakFor(FRAME_MS, word);
  return { bench, word, lastHeard, noticedMs: bench.nowMs - deafAtMs };
}

test('a connection that takes nothing any more is noticed in four seconds, and left at once', async () => {
  const { bench, noticedMs } = await goDeaf();

  assert.ok(noticedMs > 3_000 && noticedMs <= 4_000, `${noticedMs}`);
  assert.equal(bench.sockets[0].readyState, 3);
  assert.deepEqual(bench.states.slice(-2), ['live', 'reconnecting']);
  bench.handle({ type: 'hang-up' });
  assert.partialDeepStrictEqual(bench.stats.connection, {
    livenessFailures: 1,
    lossesByCause: { 'half-open': 1 },
  });
});

for (const hiddenBytes of [0, HIDDEN_BYTES, 2 * HIDDEN_BYTES])
  test(`what it has swallowed (${hiddenBytes} bytes) is sent again, in order and before all else: no word is lost`, async () => {
    const { bench, word, lastHeard } = await goDeaf({ hiddenBytes });
    bench.socket.becomeReady();
    await bench.speakFor(20_000, word);

    const { spoken } = bench.socket;
    const repeated = lastHeard + 1 - spoken[0];
    assert.ok(repeated >= 0, `${-repeated} frames were lost`);
    assert.ok(repeated <= 3, `${repeated} frames were sent that had been heard`);
    assert.deepEqual(
      spoken,
      Array.from(spoken, (_, i) => spoken[0] + i),
    );
    assertOneTokenASocket(bench);
    assert.ok(bench.stats.uplink.replayedMs > 400, `${bench.stats.uplink.replayedMs}`);
  });

test('where the resume is refused, the new session is told what the dead connection swallowed', async () => {
  const { bench, lastHeard } = await goDeaf();
  bench.socket.open();
  bench.socket.say({ type: 'session.error', code: 'session_not_found', message: '' });
  await bench.settle();
  bench.socket.becomeReady('sess_2');

  assert.ok(bench.socket.spoken[0] <= lastHeard + 1);
  assert.ok(bench.socket.spoken.length > 30);
});

test('a slow connection is not taken for a dead one', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.takesBytes = 0;
  for (let word = 1_000; bench.nowMs < 30_000; word += 1) {
    bench.socket.bufferedAmount = Math.max(0, bench.socket.bufferedAmount - 200); // 10 kB a second
    await bench.speakFor(FRAME_MS, word);
  }

  assert.equal(bench.sockets.length, 1);
  assert.equal(bench.state.state, 'live');
});

test('no more than a second and a half piles up in a slow socket; the rest waits where it has a bound', async () => {
  const bench = new Bench();
  await bench.goLive(undefined, { keepSpeechSeconds: 5 });
  bench.socket.takesBytes = 0;
  for (let word = 1_000; bench.nowMs < 20_000; word += 1) {
    bench.socket.bufferedAmount = Math.max(0, bench.socket.bufferedAmount - 200);
    await bench.speakFor(FRAME_MS, word);
  }

  assert.ok(bench.socket.bufferedAmount < 100_000, `${bench.socket.bufferedAmount}`);
  assert.equal(bench.stats.uplink.queuedMs, 5_000);
  assert.ok(bench.stats.uplink.droppedMs > 8_000);
});

test('a burst after a recovery is not taken for a dead connection', async () => {
  const { bench, word } = await goDeaf();
  bench.socket.becomeReady();
  bench.socket.takesBytes = 0;
  let next = word;
  for (let at = 0; at < 10_000; at += FRAME_MS) {
    bench.socket.bufferedAmount = Math.max(0, bench.socket.bufferedAmount - 1_500);
    next = await bench.speakFor(FRAME_MS, next);
  }

  assert.equal(bench.sockets.length, 2);
});

test('silence that a dead connection has swallowed is not sent again, but for the moment before a word', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.takesBytes = HIDDEN_BYTES;
  bench.socket.isAlive = false;
  let word = 1_000;
  while (bench.sockets.length === 1) {
    const isTalking = bench.nowMs > 2_000 && bench.nowMs < 2_500;
    bench.speak(isTalking ? (word += 1) : 0);
    await bench.pass(FRAME_MS);
  }
  bench.socket.becomeReady();

  const { spoken } = bench.socket;
  assert.equal(
    spoken.findIndex((sample) => sample > 0),
    15,
  );
  assert.equal(spoken.filter((sample) => sample > 0).length, 24);
});

test('what was still in a socket that broke, and the last that left it, is sent again', async () => {
  const bench = new Bench();
  await bench.goLive();
  const word = await bench.speakFor(1_000);
  bench.socket.takesBytes = 0;
  await bench.speakFor(100, word);
  bench.socket.drop(1006);
  await bench.settle();
  bench.socket.becomeReady();

  assert.deepEqual(
    bench.socket.spoken,
    Array.from({ length: 8 }, (_, i) => 1_047 + i),
  );
});

test('what left a socket that was closed in good order is not sent again', async () => {
  const bench = new Bench();
  await bench.goLive();
  await bench.speakFor(1_000);
  bench.socket.drop(1011);
  await bench.settle();
  bench.socket.becomeReady();

  assert.deepEqual(bench.socket.spoken, []);
});

test('what went through an earlier socket is not sent again when a later one dies', async () => {
  const bench = new Bench();
  await bench.goLive();
  let word = await bench.speakFor(3_000);
  bench.socket.drop(1006);
  await bench.settle();
  bench.socket.becomeReady();
  bench.socket.takesBytes = 0;
  while (bench.sockets.length === 2) word = await bench.speakFor(FRAME_MS, word);
  bench.socket.becomeReady();

  assert.equal(bench.socket.spoken[0], 1_147);
});

test('a service that was silent for long is asked whether it is there, when the page wakes up', async () => {
  const bench = new Bench();
  await bench.goLive();
  await bench.pass(5_000);
  bench.handle({ type: 'wake' });
  assert.equal(bench.socket.sent.length, 1, 'it was heard a moment ago');

  bench.socket.isAlive = false;
  await bench.pass(10_000);
  bench.handle({ type: 'wake' });
  bench.handle({ type: 'wake' });
  assert.deepEqual(bench.socket.sent.slice(1), [{ type: 'session.update', session: {} }]);

  bench.socket.say({ type: 'session.error', code: 'invalid_config', message: 'no' });
  await bench.pass(30_000);
  assert.equal(bench.state.state, 'live');
  assert.equal(bench.sockets.length, 1);
});

test('one that does not answer is left', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.isAlive = false;
  await bench.pass(60_000);
  bench.handle({ type: 'wake' });
  await bench.pass(5_000);

  assert.equal(bench.state.state, 'reconnecting');
  assert.equal(bench.sockets.length, 2);
  bench.handle({ type: 'hang-up' });
  assert.deepEqual(bench.stats.connection.lossesByCause, { 'no-answer': 1 });
});

/** A call with a service that is silent where it accepts an update, as older versions were. */
async function goLiveUnanswered() {
  const bench = new Bench();
  await bench.start();
  bench.socket.isAlive = false;
  bench.socket.open();
  bench.socket.say({ type: 'session.ready', session_id: 'sess_1' }); // and no session.updated before
  return bench;
}

test('one of which it is not known that it answers is never left for that alone', async () => {
  const bench = await goLiveUnanswered();
  await bench.speakFor(2_000);
  await bench.pass(60_000);
  bench.handle({ type: 'wake' });
  await bench.pass(60_000);

  assert.equal(bench.sockets.length, 1);
  assert.equal(bench.state.state, 'live');
});

test('but where somebody speaks and no event comes of it, it is left, once a call', async () => {
  const bench = await goLiveUnanswered();
  await bench.speakFor(12_000);
  assert.equal(bench.sockets.length, 2);

  bench.socket.isAlive = false;
  bench.socket.open();
  bench.socket.say({ type: 'session.ready', session_id: 'sess_2' });
  await bench.speakFor(60_000);
  assert.equal(bench.sockets.length, 2, 'what is heard may be a noise');
});

test('nor is it left while it says that it hears somebody speak', async () => {
  const bench = await goLiveUnanswered();
  bench.socket.say({ type: 'input.speech.started' });
  await bench.speakFor(30_000);

  assert.equal(bench.sockets.length, 1);
});

test('a service that was seen to answer is known to, after a resume too', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.drop(1006);
  await bench.settle();
  bench.socket.open();
  bench.socket.isAlive = false;
  bench.socket.say({ type: 'session.ready', session_id: 'sess_1' });
  await bench.speakFor(1_500);
  while (bench.sockets.length === 2 && bench.nowMs < 20_000) {
    bench.speak(0);
    await bench.pass(FRAME_MS);
  }

  assert.equal(bench.sockets.length, 3);
});

test('a service that hangs is left for a new session, and is told goodbye', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.say({ type: 'transcript.user', item_id: 'm', text: 'My name is Ann.' });
  bench.socket.isAlive = false;
  let word = 1_000;
  while (bench.sockets.length === 1 && bench.nowMs < 20_000)
    word = await bench.speakFor(FRAME_MS, word);
  bench.socket.becomeReady('sess_2');

  assert.deepEqual(bench.sockets[0].sent.at(-1), { type: 'session.end' });
  assert.match(bench.socket.sent[0].session.system_prompt, /My name is Ann\./);
  assert.equal(bench.sockets.length, 2);
  assertOneTokenASocket(bench);
});

test('a line that goes dead in the middle of a reply is noticed though nobody speaks', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.say({ type: 'reply.started', reply_id: 'a' });
  bench.socket.isAlive = false;
  const fromMs = bench.nowMs;
  while (bench.sockets.length === 1 && bench.nowMs - fromMs < 20_000) {
    bench.speak(0);
    await bench.pass(FRAME_MS);
  }
  assert.ok(bench.nowMs - fromMs < 9_000, `${bench.nowMs - fromMs}`);

  bench.socket.becomeReady();
  bench.socket.say({ type: 'reply.started', reply_id: 'b' });
  bench.socket.say({ type: 'reply.done', reply_id: 'b', status: 'completed' });
  bench.socket.isAlive = false;
  for (let at = 0; at < 60_000; at += FRAME_MS) {
    bench.speak(0);
    await bench.pass(FRAME_MS);
  }
  assert.equal(bench.sockets.length, 2, 'nothing was expected any more');
});

test('where the socket tells nothing of what piles up, a dead line is noticed and no word is lost', async () => {
  const bench = new Bench();
  await bench.goLive();
  let word = await bench.speakFor(3_000);
  bench.socket.say({ type: 'transcript.user.delta', item_id: 'm', text: 'so' });
  const lastHeard = bench.socket.spoken.at(-1) ?? 0;
  const deadAtMs = bench.nowMs;
  const { socket } = bench;
  Object.assign(socket, { isBlind: true, isAlive: false, takesBytes: 0 });
  while (bench.sockets.length === 1 && bench.nowMs < 20_000)
    word = await bench.speakFor(FRAME_MS, word);
  assert.ok(bench.nowMs - deadAtMs < 9_000, `${bench.nowMs - deadAtMs}`);

  const asked = socket.sent.findLastIndex(({ type }) => type === 'session.update');
  const since = socket.sent.slice(asked).filter(({ type }) => type === 'input.audio');
  assert.ok(since.length < 80, `${since.length} frames were poured into it`);

  bench.socket.becomeReady('sess_2');
  await bench.speakFor(20_000, word);
  const { spoken } = bench.socket;
  assert.ok(spoken[0] <= lastHeard + 1, `${spoken[0]} after ${lastHeard}`);
  assert.deepEqual(
    spoken,
    Array.from(spoken, (_, i) => spoken[0] + i),
  );
});

test('a page that is frozen while it waits for the answer asks once more', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.isAlive = false;
  await bench.pass(60_000);
  bench.handle({ type: 'wake' });
  bench.freeze(600_000);
  await bench.pass(100);

  assert.equal(bench.state.state, 'live');
  assert.equal(bench.socket.sent.filter(({ type }) => type === 'session.update').length, 3);
  bench.socket.say({ type: 'session.updated' });
  await bench.pass(10_000);
  assert.equal(bench.state.state, 'live');
});

test('a service that does not react to speech is asked whether it is there', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.isAlive = false;
  const word = await bench.speakFor(4_000);
  assert.ok(!bench.socket.sent.some(({ session }) => session && !session.system_prompt));
  await bench.speakFor(200, word);

  assert.equal(bench.socket.sent.filter(({ type }) => type === 'session.update').length, 2);
});

test('one that still does not is left, and all that it did not react to is said again', async () => {
  const bench = new Bench();
  await bench.goLive();
  let word = await bench.speakFor(3_000);
  bench.socket.isAlive = false;
  bench.socket.say({ type: 'transcript.user.delta', item_id: 'm', text: 'so' });
  word = await bench.speakFor(1_500, word);
  while (bench.sockets.length === 1) {
    bench.speak(0); // the user waits for an answer
    await bench.pass(FRAME_MS);
  }
  assert.ok(bench.nowMs < 13_000, `${bench.nowMs}`);
  bench.socket.becomeReady();

  assert.ok([1_149, 1_150].includes(bench.socket.spoken[0]), `${bench.socket.spoken[0]}`);
  bench.handle({ type: 'hang-up' });
  assert.deepEqual(bench.stats.connection.lossesByCause, { 'no-answer': 1 });
});

test('in a noisy room the service is asked ever more rarely', async () => {
  const bench = new Bench();
  bench.tokenSeconds.session = 10_000;
  await bench.goLive();
  for (let at = 0; at < 1_800_000; at += 200) {
    bench.speak(1_000);
    await bench.pass(200);
  }

  const count = bench.socket.sent.filter(({ type }) => type === 'session.update').length - 1;
  assert.ok(count > 5 && count < 16, `${count}`);
  assert.equal(bench.sockets.length, 1);
});

test('a call that is quiet for an hour is left alone', async () => {
  const bench = new Bench();
  bench.tokenSeconds.session = 10_000;
  await bench.goLive();
  await bench.pass(3_500_000);

  assert.equal(bench.sockets.length, 1);
  assert.equal(bench.socket.sent.length, 1);
});
