import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assertNoTokenTwice,
  assertOneTokenASocket,
  Bench,
  FRAME_MS,
  held,
  plainError,
  refusal,
} from './fakes.js';
import { seeded } from './random.js';

/** @param {string} code */
const error = (code) => ({ type: 'session.error', code, message: 'no' });

const gone = () => {
  throw new TypeError('no network');
};

/**
 * Times at which sockets were asked for, in milliseconds since the loss, while every attempt fails at once.
 * @param {Bench} bench
 * @param {number} count
 */
async function timesOfAttempts(bench, count) {
  const lostAtMs = bench.nowMs;
  const times = [];
  bench.socket.drop(1006);
  await bench.settle();
  while (times.length < count) {
    const known = bench.sockets.length;
    times.push(bench.nowMs - lostAtMs);
    bench.socket.drop(1006);
    while (bench.sockets.length === known) await bench.pass(5);
  }
  return times;
}

test('a dropped socket is resumed with a fresh token, and what was said meanwhile is sent', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.drop(1006);
  for (const word of [1, 2, 3]) bench.speak(word);
  await bench.settle();

  assert.equal(bench.sockets.length, 2);
  bench.socket.open();
  assert.deepEqual(bench.socket.sent, [{ type: 'session.resume', session_id: 'sess_1' }]);

  bench.socket.say({ type: 'session.ready', session_id: 'sess_1' });
  assert.deepEqual([bench.state.state, bench.state.recovery], ['live', 'resumed']);
  assert.deepEqual(bench.socket.spoken, [1, 2, 3]);
  assertOneTokenASocket(bench);
});

test('a recovery asks only for the time that the call has left', async () => {
  const bench = new Bench();
  await bench.goLive();
  await bench.pass(100_000);
  bench.socket.drop(1006);
  await bench.settle();

  assert.equal(new URL(bench.tokenUrls[0]).search, '');
  assert.equal(new URL(bench.tokenUrls[1]).searchParams.get('max_session_duration_seconds'), '800');
});

for (const code of ['session_not_found', 'session_forbidden', 'session_expired', 'SESSION_EXPIRED'])
  for (const isClosed of [true, false]) {
    const socket = isClosed ? 'closed' : 'left open';
    test(`a resume refused by ${code}, socket ${socket}, goes on in a new session without a second hello`, async () => {
      const bench = new Bench();
      await bench.goLive({ system_prompt: 'Be brief.', greeting: 'Hi.' });
      bench.socket.say({ type: 'transcript.user', item_id: 'm', text: 'My name is Ann.' });
      bench.socket.drop(1006);
      bench.speak(7);
      await bench.settle();
      bench.socket.open();
      bench.socket.say(error(code));
      if (isClosed) bench.socket.drop(1008);
      await bench.settle();
      bench.socket.becomeReady('sess_2');

      const { session } = bench.socket.sent[0];
      assert.ok(!('greeting' in session));
      assert.match(session.system_prompt, /My name is Ann\./);
      assert.deepEqual([bench.state.state, bench.state.recovery], ['live', 'continued']);
      assert.deepEqual(bench.socket.spoken, [7]);
      assert.equal(bench.sockets.length, 3);
      assert.ok(bench.sockets.slice(0, 2).every(({ readyState }) => readyState === 3));
      assertOneTokenASocket(bench);
    });
  }

test('each pause between attempts is twice the one before, up to eight seconds', async () => {
  const bench = new Bench();
  await bench.goLive();

  const times = await timesOfAttempts(bench, 8);
  assert.deepEqual(times, [0, 250, 750, 1_750, 3_750, 7_750, 15_750, 23_750]);
  assertOneTokenASocket(bench);
});

test('whoever waits is told when the next attempt is, and that it is being made', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.tokenAnswers.push(
    refusal(503),
    refusal(429, { code: 'rate_limited' }, { 'Retry-After': '59' }),
  );
  bench.socket.drop(1006);
  await bench.settle();
  const told = () => bench.all('reconnect').map(({ secondsLeft }) => secondsLeft);
  assert.deepEqual(told(), [null, 0.25]);

  await bench.pass(250);
  assert.deepEqual(told().slice(2), [null, 59]);
  await bench.pass(59_000);
  assert.deepEqual(told().slice(4), [null]);
  bench.socket.becomeReady();
  await bench.pass(60_000);
  assert.equal(told().length, 5);
});

test('an attempt that comes sooner than planned is told, and the second one of a call that begins', async () => {
  const bench = new Bench();
  bench.tokenAnswers.push(refusal(503), refusal(503), refusal(503), refusal(503));
  await bench.start();
  const told = () => bench.all('reconnect').map(({ secondsLeft }) => secondsLeft);
  assert.deepEqual(told(), [0.25]);
  bench.handle({ type: 'wake' });
  await bench.settle();

  assert.deepEqual(told(), [0.25, null]);
});

test('an attempt that can only be made after the grace window resumes nothing', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.tokenAnswers.push(refusal(429, { code: 'rate_limited' }, { 'Retry-After': '31' }));
  bench.socket.drop(1006);
  await bench.settle();
  await bench.pass(31_000);
  bench.socket.open();

  assert.equal(bench.socket.sent[0].type, 'session.update');
});

test('their waits differ by up to a quarter either way, so that a crowd does not come back in step', async () => {
  const random = seeded(3);
  const waits = [];
  for (let run = 0; run < 40; run += 1) {
    const bench = new Bench({ random });
    await bench.goLive();
    waits.push((await timesOfAttempts(bench, 2))[1]);
  }

  assert.ok(Math.min(...waits) >= 185 && Math.min(...waits) < 210, `${Math.min(...waits)}`);
  assert.ok(Math.max(...waits) <= 315 && Math.max(...waits) > 290, `${Math.max(...waits)}`);
});

test('an outage of three seconds is over less than a second after the network is back', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.tokenAnswers = Array.from({ length: 50 }, () => gone);
  bench.socket.drop(1006);
  const next = await bench.speakFor(3_000);
  bench.tokenAnswers = [];
  await bench.speakFor(600, next);
  bench.socket.becomeReady('sess_1');

  assert.equal(bench.state.state, 'live');
  assert.equal(bench.sockets.length, 2);
  await bench.speakFor(9_000, 0);
  const spoken = bench.socket.spoken.filter((word) => word >= 1_000);
  assert.deepEqual(
    spoken,
    Array.from({ length: 180 }, (_, i) => 1_000 + i),
  );
});

test('after the grace window it goes on slowly, in a new session, and after two minutes it is given up', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.tokenAnswers = Array.from({ length: 500 }, () => gone);
  bench.socket.drop(1006);
  await bench.settle();
  await bench.pass(30_500);
  const known = bench.tokenUrls.length;
  await bench.pass(30_000);
  assert.ok(bench.tokenUrls.length - known <= 7, `${bench.tokenUrls.length - known}`);
  assert.equal(bench.state.state, 'reconnecting');

  await bench.pass(68_000);

  assert.equal(bench.state.state, 'failed');
  assert.equal(bench.state.error?.code, 'token-unavailable');
  assert.deepEqual(bench.timers, []);
});

test('an outage of forty seconds ends in a new session that knows the conversation', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.say({ type: 'transcript.user', item_id: 'm', text: 'My name is Ann.' });
  bench.tokenAnswers = Array.from({ length: 500 }, () => gone);
  bench.socket.drop(1006);
  await bench.speakFor(40_000);
  bench.tokenAnswers = [];
  while (bench.sockets.length === 1) await bench.pass(20);
  bench.socket.becomeReady('sess_2');

  assert.match(bench.socket.sent[0].session.system_prompt, /My name is Ann\./);
  assert.equal(bench.state.recovery, 'continued');
  assert.equal(bench.socket.spoken[0], 2_000, 'the last 20 s are kept');
  await bench.speakFor(1_000);
  assert.equal(bench.stats.uplink.droppedMs, 20_000);
});

test('a recovery that breaks again at once is no recovery: it does not spin, and its budget goes on', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.drop(1011);
  await bench.settle();
  const isOver = () => bench.states.includes('failed');
  while (!isOver()) {
    const known = bench.sockets.length;
    bench.socket.becomeReady();
    bench.socket.drop(1011);
    while (bench.sockets.length === known && !isOver()) await bench.pass(100);
  }

  assert.ok(bench.nowMs > 115_000 && bench.nowMs < 130_000, `${bench.nowMs}`);
  assert.ok(bench.sockets.length < 100, `${bench.sockets.length}`);
  assertNoTokenTwice(bench);
});

test('a session that was resumed and breaks again within moments is left for a new one', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.say({ type: 'transcript.user', item_id: 'm', text: 'My name is Ann.' });
  bench.socket.drop(1011);
  await bench.settle();
  bench.socket.becomeReady();
  bench.socket.drop(1011);
  await bench.pass(2_000);
  bench.socket.becomeReady('sess_2');

  assert.equal(bench.sockets.length, 3);
  assert.match(bench.socket.sent[0].session.system_prompt, /My name is Ann\./);
  assert.deepEqual([bench.state.state, bench.state.recovery], ['live', 'continued']);
});

test('a resume that nobody answers goes on in a new session after four seconds', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.say({ type: 'transcript.user', item_id: 'm', text: 'My name is Ann.' });
  bench.socket.drop(1006);
  await bench.settle();
  bench.socket.open();
  await bench.pass(4_100);
  assert.equal(bench.sockets.length, 3);
  bench.socket.becomeReady('sess_2');

  assert.match(bench.socket.sent[0].session.system_prompt, /My name is Ann\./);
  assert.equal(bench.state.recovery, 'continued');
  assertOneTokenASocket(bench);
});

for (const code of [1000, 1006, 1008, 1011])
  test(`a resume that is answered by close ${code} alone goes on in a new session`, async () => {
    const bench = new Bench();
    await bench.goLive();
    bench.socket.drop(1006);
    await bench.settle();
    bench.socket.open();
    bench.socket.drop(code);
    await bench.settle();
    bench.socket.becomeReady('sess_2');

    assert.equal(bench.socket.sent[0].type, 'session.update');
    assert.deepEqual([bench.state.recovery, bench.sockets.length], ['continued', 3]);
    assertOneTokenASocket(bench);
  });

test('a token route that is away is asked less and less often', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.tokenAnswers = Array.from({ length: 500 }, () => refusal(503));
  bench.socket.drop(1006);
  await bench.settle();
  await bench.pass(20_000);

  assert.ok(bench.tokenUrls.length > 5 && bench.tokenUrls.length < 10, `${bench.tokenUrls.length}`);
});

test('a network that is away is tried every half second for a while, as nobody counts that', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.tokenAnswers = Array.from({ length: 500 }, () => gone);
  bench.socket.drop(1006);
  await bench.settle();
  await bench.pass(5_000);
  assert.equal(bench.tokenUrls.length, 12);

  await bench.pass(25_000);
  assert.ok(bench.tokenUrls.length < 22, `${bench.tokenUrls.length}`);
});

test('a service that closes with 1000 and no goodbye has ended the call: none is opened unasked', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.drop(1000);
  await bench.pass(2_000);

  assert.equal(bench.sockets.length, 1);
  assert.deepEqual([bench.state.state, bench.state.reason], ['ended', 'by-service']);
});

test('a first connection that hangs in a dead network starts over when there is a network again', async () => {
  const bench = new Bench();
  await bench.start();
  await bench.pass(2_500);
  bench.handle({ type: 'wake' });
  await bench.settle();
  assert.equal(bench.sockets.length, 2);
  assert.equal(bench.sockets[0].readyState, 3);

  bench.socket.becomeReady();
  assert.equal(bench.state.state, 'live');
  assertOneTokenASocket(bench);
});

test('a loss after a quiet while is the first of its kind again', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.drop(1006);
  await bench.settle();
  bench.socket.becomeReady();
  await bench.pass(150_000);
  bench.socket.drop(1006);
  await bench.settle();

  assert.equal(bench.sockets.length, 3);
  assert.equal(bench.state.state, 'reconnecting');
});

test('waking makes the next attempt at once', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.tokenAnswers.push(refusal(503), refusal(503));
  bench.socket.drop(1006);
  await bench.settle();
  await bench.pass(250);
  assert.equal(bench.tokenUrls.length, 3);

  bench.handle({ type: 'wake' });
  await bench.settle();

  assert.equal(bench.tokenUrls.length, 4);
  assert.equal(bench.sockets.length, 2);
});

test('an attempt that hangs in a dead network starts over when there is a network again', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.drop(1006);
  await bench.settle();
  bench.handle({ type: 'wake' });
  await bench.settle();
  assert.equal(bench.sockets.length, 2, 'one that has just begun is left alone');

  await bench.pass(2_500);
  bench.handle({ type: 'wake' });
  await bench.settle();
  assert.equal(bench.sockets.length, 3);
  assert.equal(bench.sockets[1].readyState, 3);

  bench.socket.becomeReady();
  assert.equal(bench.state.state, 'live');
  assertOneTokenASocket(bench);
});

test('a wait that the token route asks for is kept to, whatever happens meanwhile', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.tokenAnswers.push(refusal(429, { detail: 'Slow down.' }, { 'Retry-After': '7' }));
  bench.socket.drop(1006);
  await bench.settle();

  await bench.pass(6_900);
  bench.handle({ type: 'wake' });
  await bench.settle();
  assert.equal(bench.tokenUrls.length, 2);
  await bench.pass(200);
  assert.equal(bench.sockets.length, 2);
});

/** @type {[string, () => Response, string][]} */
const REFUSALS = [
  ['401', refusal(401, { detail: 'Who are you?' }), 'token-refused'],
  ['403', refusal(403, { detail: 'Not from here.' }), 'token-refused'],
  ['429, the day’s minutes used up', refusal(429, { code: 'quota_exhausted' }), 'token-limited'],
];

for (const [what, answer, code] of REFUSALS)
  test(`a token route that says ${what} ends the recovery with its reason`, async () => {
    const bench = new Bench();
    await bench.goLive();
    bench.tokenAnswers.push(answer);
    bench.socket.drop(1006);
    await bench.settle();

    assert.equal(bench.state.state, 'failed');
    assert.equal(bench.state.error?.code, code);
    assert.ok(bench.capture.closed && bench.playback.closed);
    assert.deepEqual(bench.timers, []);
  });

for (const isLive of [false, true])
  test(`a token that the socket refuses is renewed once, then the call fails (${isLive ? 'later' : 'at first'})`, async () => {
    const bench = new Bench();
    await bench.start();
    const earlier = isLive ? 1 : 0;
    if (isLive) {
      bench.socket.becomeReady();
      bench.socket.drop(1006);
      await bench.settle();
    }
    for (let attempt = 0; attempt < 2; attempt += 1) {
      bench.socket.open();
      bench.socket.say(error('UNAUTHORIZED'));
      bench.socket.drop(1008);
      await bench.settle();
    }

    assert.equal(bench.state.error?.code, 'unauthorized');
    assert.equal(bench.sockets.length, earlier + 2);
    assertOneTokenASocket(bench);
  });

test('while recovering, each step that takes too long is one more failed attempt', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.drop(1006);
  await bench.settle();
  await bench.pass(5_300); // not open
  assert.equal(bench.sockets.length, 3);
  bench.socket.open();
  await bench.pass(4_100); // not resumed
  assert.equal(bench.sockets.length, 4);
  bench.socket.open();
  await bench.pass(13_100); // not ready
  assert.equal(bench.sockets.length, 5);

  bench.socket.becomeReady();
  assert.equal(bench.state.state, 'live');
});

test('a stop while recovering ends the call, whatever the attempt is doing', async () => {
  const bench = new Bench();
  await bench.goLive();
  const { answer, release } = held(() =>
    Response.json({ token: 'late', ws_url: 'wss://agents.example/v1/ws' }),
  );
  bench.tokenAnswers.push(answer);
  bench.socket.drop(1006);
  await bench.settle();
  bench.handle({ type: 'stop' });
  release();
  await bench.settle();

  assert.deepEqual([bench.state.state, bench.state.reason], ['ended', 'by-user']);
  assert.equal(bench.sockets.length, 1);
  assert.deepEqual(bench.timers, []);
});

test('an error that a session survives is not what its later loss is put down to', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.say(error('invalid_audio'));
  bench.socket.drop(1006);

  assert.equal(bench.state.error?.code, 'connection-lost');
});

test('a call whose time is over is not picked up again', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.say(error('session_expired'));
  bench.socket.drop(1008);

  assert.deepEqual([bench.state.state, bench.state.reason], ['ended', 'time-limit']);
});

test('losses and recoveries are counted by their cause', async () => {
  const bench = new Bench();
  await bench.goLive();
  for (const code of [1006, 1011, 1006]) {
    bench.socket.drop(code);
    await bench.settle();
    bench.socket.becomeReady();
    await bench.pass(6_000);
  }
  bench.handle({ type: 'hang-up' });

  assert.partialDeepStrictEqual(bench.stats.connection, {
    sockets: 4,
    tokens: 4,
    resumes: 3,
    continues: 0,
    lossesByCause: { 'close-1006': 2, 'close-1011': 1 },
  });
});

/** @type {import('../../../static/voice-agent/core/conversation/transcript.js').Turn} */
const EARLIER = {
  id: 'user-m',
  role: 'user',
  text: 'My name is Ann.',
  final: true,
  interrupted: false,
  startedAt: 1,
  words: [],
};

/**
 * A call that is lost in the middle of a sentence whose first words were written down, after some quiet.
 * @returns {Promise<{bench: Bench, word: number}>} `word`: of the sentence, that would come next
 */
async function loseASentence() {
  const bench = new Bench();
  await bench.goLive();
  for (let at = 0; at < 2_000; at += FRAME_MS) {
    bench.speak(0);
    await bench.pass(FRAME_MS);
  }
  let word = await bench.speakFor(600);
  bench.socket.say({ type: 'input.speech.started' });
  word = await bench.speakFor(1_000, word);
  bench.socket.say({ type: 'transcript.user.delta', item_id: 'm', text: 'My name' });
  word = await bench.speakFor(400, word);
  bench.socket.drop(1006);
  await bench.settle();
  return { bench, word };
}

for (const recovery of ['resumed', 'continued'])
  test(`a sentence that the loss cut short is said again as a whole, and stands once (${recovery})`, async () => {
    const { bench, word } = await loseASentence();
    if (recovery === 'continued') {
      bench.socket.open();
      bench.socket.say(error('session_not_found'));
      await bench.settle();
    }
    bench.socket.becomeReady(recovery === 'resumed' ? 'sess_1' : 'sess_2');
    await bench.speakFor(4_000, word);
    bench.socket.say({ type: 'input.speech.started' });
    for (const [type, text] of [
      ['transcript.user.delta', 'My'],
      ['transcript.user', 'Mine is Ann.'],
    ])
      bench.socket.say({ type, item_id: 'n', text });

    const words = bench.socket.spoken.filter((sample) => sample > 0);
    assert.deepEqual(
      words,
      Array.from(words, (_, n) => 1_000 + n),
    );
    assert.doesNotMatch(JSON.stringify(bench.socket.sent[0]), /My name/, 'it is told and said');
    const turns = new Map(bench.all('transcript').map(({ turn }) => [turn.id, turn]));
    const [turn, ...others] = [...turns.values()].filter(({ text }) => text !== '');
    assert.deepEqual([turn.text, turn.final, others], ['Mine is Ann.', true, []]);
  });

test('one that is cut short once more before it was heard is said a third time', async () => {
  const { bench, word } = await loseASentence();
  bench.socket.becomeReady();
  const next = await bench.speakFor(500, word);
  bench.socket.drop(1006);
  await bench.pass(1_000);
  bench.socket.becomeReady('sess_2');
  await bench.speakFor(4_000, next);

  assert.equal(
    bench.socket.spoken.find((sample) => sample > 0),
    1_000,
  );
});

test('a turn that was over is not said again, nor one that is longer than what is remembered', async () => {
  for (const seconds of [0, 12]) {
    const bench = new Bench();
    await bench.goLive();
    let word = await bench.speakFor(600);
    bench.socket.say({ type: 'input.speech.started' });
    word = await bench.speakFor(1_000 + seconds * 1_000, word);
    if (seconds === 0)
      bench.socket.say({ type: 'transcript.user', item_id: 'm', text: 'My name is Ann.' });
    await bench.speakFor(200, word);
    bench.socket.drop(1006);
    await bench.settle();
    bench.socket.becomeReady();

    assert.ok(bench.socket.spoken.length <= 3, `${bench.socket.spoken.length} frames`);
  }
});

test('what comes long after a loss takes the place of nothing', async () => {
  const { bench, word } = await loseASentence();
  bench.socket.becomeReady();
  await bench.speakFor(1_000, word);
  bench.socket.say({ type: 'reply.started', reply_id: 'r' });
  bench.socket.say({ type: 'reply.done', reply_id: 'r', status: 'completed' });
  bench.socket.say({ type: 'transcript.user', item_id: 'n', text: 'Hello?' });

  const texts = new Map(bench.all('transcript').map(({ turn }) => [turn.id, turn.text]));
  assert.deepEqual([...texts.values()], ['My name', 'Hello?']);
});

test('a page that was reloaded goes on in the session it left', async () => {
  const bench = new Bench();
  const resume = { sessionId: 'sess_0', turns: [EARLIER] };
  await bench.start({ greeting: 'Hi.' }, { resume });
  bench.speak(5);
  bench.socket.open();
  assert.deepEqual(bench.socket.sent, [{ type: 'session.resume', session_id: 'sess_0' }]);

  bench.socket.say({ type: 'session.ready', session_id: 'sess_0' });
  assert.deepEqual([bench.state.state, bench.state.recovery], ['live', 'resumed']);
  assert.deepEqual(bench.socket.spoken, [5]);
  assert.deepEqual(bench.last('session'), { type: 'session', sessionId: 'sess_0' });
});

test('where that session is gone, or was ended, a new one goes on without a second hello', async () => {
  for (const sessionId of ['sess_0', null]) {
    const bench = new Bench();
    await bench.start({ greeting: 'Hi.' }, { resume: { sessionId, turns: [EARLIER] } });
    bench.socket.open();
    if (sessionId !== null) {
      bench.socket.say(error('session_not_found'));
      await bench.settle();
      bench.socket.open();
    }
    bench.socket.say({ type: 'session.ready', session_id: 'sess_1' });

    const { session } = bench.socket.sent[0];
    assert.match(session.system_prompt, /My name is Ann\./);
    assert.ok(!('greeting' in session));
    assert.deepEqual([bench.state.state, bench.state.recovery], ['live', 'continued']);
    assertOneTokenASocket(bench);
  }
});

test('a goodbye that ends in a drop is no loss', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.handle({ type: 'stop', reason: 'taken-over' });
  bench.socket.drop(1006);

  assert.deepEqual([bench.state.state, bench.state.reason], ['ended', 'taken-over']);
  assert.deepEqual(bench.stats.connection.lossesByCause, {});
});

test('a microphone that fails while recovering ends the call', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.drop(1006);
  bench.handle({ type: 'fail', error: plainError('microphone-not-found') });
  await bench.settle();

  assert.equal(bench.state.state, 'failed');
  assert.equal(bench.sockets.length, 1);
});
