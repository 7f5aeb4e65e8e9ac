import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertOneTokenASocket, Bench, FRAME_MS, refusal } from './fakes.js';

/**
 * A live call of a quarter of an hour with a little said in it.
 * @param {Partial<import('../../../static/voice-agent/core/session-types.js').StartCommand>} [options]
 */
async function talk(options) {
  const bench = new Bench();
  await bench.goLive({ system_prompt: 'Be brief.', greeting: 'Hi.' }, options);
  bench.socket.say({ type: 'transcript.user', item_id: 'm', text: 'My name is Ann.' });
  await bench.speakFor(400);
  return bench;
}

/**
 * The user stays silent.
 * @param {Bench} bench
 * @param {number} ms
 */
async function beSilent(bench, ms) {
  for (let at = 0; at < ms; at += FRAME_MS) {
    bench.speak(0);
    await bench.pass(FRAME_MS);
  }
}

/** @param {Bench} bench */
const sentFrames = (bench) => bench.sockets.flatMap(({ spoken }) => spoken);

test('the user is warned once, a minute before the end', async () => {
  const bench = await talk();
  await bench.pass(838_000);
  assert.deepEqual(bench.all('limit'), []);
  await bench.pass(10_000);

  assert.deepEqual(bench.all('limit'), [{ type: 'limit', secondsLeft: 60 }]);
});

test('the time that is left is told when it is known, and when it changes', async () => {
  const bench = await talk();
  assert.deepEqual(
    bench.all('time-left').map(({ leftMs }) => leftMs),
    [900_000],
  );
  await bench.pass(100_000);
  bench.socket.drop(1006);
  await bench.settle();
  bench.socket.becomeReady();

  const left = bench.last('time-left')?.leftMs ?? 0;
  assert.ok(left > 790_000 && left <= 800_000, `${left}`);
});

test('a session that is shorter than that is announced when it begins', async () => {
  const bench = new Bench();
  bench.tokenSeconds.session = 60;
  await bench.goLive();
  bench.socket.drop(1006);
  await bench.settle();
  bench.socket.becomeReady();

  assert.deepEqual(bench.all('limit'), [{ type: 'limit', secondsLeft: 60 }]);
});

test('the end is the nearer of what the token allows and what the service says', async () => {
  const bench = new Bench();
  await bench.start();
  bench.socket.becomeReady('sess_1', { expires_at: 1_790_000_000 + 125 });
  await bench.pass(60_000);
  assert.equal(bench.last('limit')?.secondsLeft, 60);
  await bench.pass(59_900);
  assert.equal(bench.state.state, 'live');
  await bench.pass(3_200);

  assert.deepEqual([bench.state.state, bench.state.reason], ['ended', 'time-limit']);
});

for (const expires_at of [1_000, 1_790_000_000_000])
  test(`an end that cannot be true (${expires_at}) is none`, async () => {
    const bench = new Bench();
    bench.tokenSeconds.session = NaN; // the service names no cap
    await bench.start();
    bench.socket.becomeReady('sess_1', { expires_at });
    await bench.pass(60_000);

    assert.equal(bench.state.state, 'live');
    assert.deepEqual(bench.all('limit'), []);
  });

test('extending opens a second session with a token of full length, while the first is still used', async () => {
  const bench = await talk();
  await bench.pass(100_000);
  bench.handle({ type: 'extend' });
  bench.handle({ type: 'extend' });
  await bench.settle();
  bench.socket.open();
  await bench.speakFor(200, 50);

  assert.equal(bench.sockets.length, 2);
  assert.equal(new URL(bench.tokenUrls[1]).search, '');
  const { session } = bench.socket.sent[0];
  assert.match(session.system_prompt, /My name is Ann\./);
  assert.ok(!('greeting' in session));
  assert.deepEqual(bench.sockets[0].spoken.slice(-10), [50, 51, 52, 53, 54, 55, 56, 57, 58, 59]);
  assert.deepEqual(bench.socket.spoken, []);
});

test('in a pause everything goes over to it: no frame is lost, none is sent twice, and the limit is put off', async () => {
  const bench = await talk();
  await bench.pass(845_000);
  bench.handle({ type: 'extend' });
  await bench.settle();
  const word = await bench.speakFor(500, 5_000);
  bench.socket.becomeReady('sess_2');
  await bench.speakFor(1_000, word);
  assert.deepEqual(bench.socket.spoken, [], 'somebody may be speaking');
  await beSilent(bench, 400);
  await bench.speakFor(1_000, 6_000);

  const [old, next] = bench.sockets;
  assert.deepEqual(old.sent.at(-1), { type: 'session.end' });
  assert.deepEqual(
    next.spoken.slice(-50),
    Array.from({ length: 50 }, (_, i) => 6_000 + i),
  );
  assert.equal(sentFrames(bench).length, 20 + 25 + 50 + 20 + 50);
  assert.deepEqual([bench.state.state, bench.state.recovery], ['live', 'continued']);
  assert.ok(!bench.states.includes('reconnecting'));
  assert.equal(bench.last('session')?.sessionId, 'sess_2');
  assert.deepEqual(
    bench.all('limit').map(({ secondsLeft }) => secondsLeft),
    [60, null],
  );
  await bench.pass(800_000);
  assert.equal(bench.state.state, 'live');
  assert.deepEqual([bench.stats.connection.rollovers, bench.stats.connection.continues], [1, 0]);
  assertOneTokenASocket(bench);
});

test('the old session’s goodbye is heard out, and nothing that it still says is', async () => {
  const bench = await talk();
  bench.handle({ type: 'extend' });
  await bench.settle();
  bench.socket.becomeReady('sess_2');
  await beSilent(bench, 400);
  const [old] = bench.sockets;
  assert.equal(old.readyState, 1);
  old.say({ type: 'reply.audio', reply_id: 'x', data: 'AAAA' });
  old.say({ type: 'session.ended', session_duration_seconds: 3 });

  assert.equal(old.readyState, 3);
  assert.ok(!bench.playback.posted.some(({ type }) => type === 'audio'));
  assert.equal(bench.state.state, 'live');
});

test('a goodbye that is not answered does not keep the old socket open', async () => {
  const bench = await talk();
  bench.handle({ type: 'extend' });
  await bench.settle();
  bench.socket.becomeReady('sess_2');
  await beSilent(bench, 400);
  await bench.pass(10_000);

  assert.equal(bench.sockets[0].readyState, 3);
});

test('while the agent speaks, or the user waits for an answer, there is no pause', async () => {
  const bench = await talk();
  bench.handle({ type: 'extend' });
  await bench.settle();
  const [old] = bench.sockets;
  old.say({ type: 'input.speech.started' });
  bench.socket.becomeReady('sess_2');
  await beSilent(bench, 1_000);
  old.say({ type: 'input.speech.stopped' });
  await beSilent(bench, 1_000);
  old.say({ type: 'reply.started', reply_id: 'r' });
  await beSilent(bench, 1_000);
  bench.report({ sounding: 'r', level: 0.1 });
  old.say({ type: 'reply.done', reply_id: 'r' });
  await beSilent(bench, 1_000);
  assert.deepEqual(bench.socket.spoken, []);

  bench.report({ sounding: null });
  await beSilent(bench, 100);
  assert.ok(bench.socket.spoken.length > 0);
});

test('while a tool is at work for the agent, there is no pause', async () => {
  const bench = await talk({
    toolPolicies: { f: { onInterruption: 'drop', answer: 'after-reply' } },
  });
  const [old] = bench.sockets;
  old.say({ type: 'reply.started', reply_id: 'r' });
  old.say({ type: 'tool.call', call_id: 'c', name: 'f', arguments: {} });
  old.say({ type: 'reply.done', reply_id: 'r' });
  bench.handle({ type: 'extend' });
  await bench.settle();
  bench.socket.becomeReady('sess_2');
  await beSilent(bench, 2_000);
  bench.handle({ type: 'tool-result', callId: 'c', value: 1, isError: false });
  await beSilent(bench, 1_000);
  assert.deepEqual(bench.socket.spoken, []);
  assert.ok(old.sent.some(({ type }) => type === 'tool.result'));

  old.say({ type: 'reply.started', reply_id: 's' });
  old.say({ type: 'reply.done', reply_id: 's' });
  await beSilent(bench, 100);
  assert.ok(bench.socket.spoken.length > 0);
});

test('in a room that is never quiet, a calm of three seconds will do', async () => {
  const bench = await talk();
  bench.handle({ type: 'extend' });
  await bench.settle();
  bench.socket.becomeReady('sess_2');
  await bench.speakFor(2_900);
  assert.deepEqual(bench.socket.spoken, []);
  await bench.speakFor(300);

  assert.ok(bench.socket.spoken.length > 0);
});

test('where there is no pause, it goes over five seconds before the end', async () => {
  const bench = await talk();
  bench.socket.say({ type: 'reply.started', reply_id: 'r' });
  bench.handle({ type: 'extend' });
  await bench.settle();
  bench.socket.becomeReady('sess_2');
  await bench.pass(894_300 - bench.nowMs);
  assert.equal(bench.last('session')?.sessionId, 'sess_1');
  await bench.pass(1_000);

  assert.equal(bench.last('session')?.sessionId, 'sess_2');
  assert.deepEqual(bench.playback.posted.at(-1), { type: 'flush-all' });
});

test('what was said while the successor waited, it is told before anything else', async () => {
  const bench = await talk();
  bench.handle({ type: 'extend' });
  await bench.settle();
  bench.socket.becomeReady('sess_2');
  bench.sockets[0].say({ type: 'transcript.user', item_id: 'n', text: 'I live in Rome.' });
  await beSilent(bench, 400);

  const [opening, change, audio] = bench.socket.sent;
  assert.doesNotMatch(opening.session.system_prompt, /Rome/);
  assert.deepEqual(Object.keys(change.session), ['system_prompt']);
  assert.match(change.session.system_prompt, /My name is Ann\.[^]*I live in Rome\./);
  assert.equal(audio.type, 'input.audio');
});

test('settings that were changed while it waited are told it too, and no other', async () => {
  const bench = new Bench();
  await bench.goLive({ system_prompt: 'Be brief.', output: { voice: 'alba', volume: 50 } });
  bench.handle({ type: 'extend' });
  await bench.settle();
  bench.socket.becomeReady('sess_2');
  bench.handle({ type: 'update', id: 1, session: { output: { volume: 80 } } });
  bench.sockets[0].say({ type: 'session.updated' });
  await beSilent(bench, 400);

  assert.deepEqual(bench.socket.sent[1], {
    type: 'session.update',
    session: { output: { volume: 80 } },
  });
});

test('a reserve that asks for less time than a successor needs is not used for it', async () => {
  const bench = await talk({ tokenPrefetch: 'always' });
  await bench.pass(1_000);
  assert.equal(bench.tokenUrls.length, 2);
  bench.handle({ type: 'extend' });
  await bench.settle();

  assert.equal(bench.tokenUrls.length, 3);
  assert.equal(bench.socket.token, 'token+3');
  bench.sockets[0].drop(1006); // and the reserve is still there for this
  bench.sockets[1].drop(1006);
  await bench.pass(300);
  assert.equal(bench.socket.token, 'token+2');
});

test('a successor that speaks out of turn is never heard', async () => {
  const bench = await talk();
  bench.handle({ type: 'extend' });
  await bench.settle();
  const reply = { reply_id: 'hello', data: 'AAAA' };
  bench.socket.becomeReady('sess_2');
  bench.socket.say({ type: 'reply.started', ...reply });
  bench.socket.say({ type: 'reply.audio', ...reply });
  await beSilent(bench, 400);
  bench.socket.say({ type: 'reply.audio', ...reply });
  bench.socket.say({ type: 'reply.done', ...reply });
  assert.ok(!bench.playback.posted.some(({ type }) => type === 'audio'));

  bench.socket.say({ type: 'reply.audio', reply_id: 'r', data: 'AAAA' });
  assert.ok(bench.playback.posted.some(({ type }) => type === 'audio'));
});

test('a successor that fails leaves the call as it is, and another one is tried', async () => {
  const bench = await talk();
  bench.tokenAnswers.push(refusal(503));
  bench.handle({ type: 'extend' });
  await bench.pass(7_000);
  bench.socket.drop(1006); // before it was ready
  await bench.pass(7_000);
  bench.socket.becomeReady('sess_2');
  bench.socket.drop(1011); // before it took over
  await bench.pass(7_000);
  assert.deepEqual(bench.states, ['connecting', 'live']);

  bench.socket.becomeReady('sess_3');
  await beSilent(bench, 400);
  assert.equal(bench.last('session')?.sessionId, 'sess_3');
});

test('one that is refused for good is given up, and may be asked for again', async () => {
  const bench = await talk();
  bench.tokenAnswers.push(refusal(403));
  bench.handle({ type: 'extend' });
  await bench.pass(60_000);
  assert.equal(bench.tokenUrls.length, 2);
  assert.deepEqual(bench.states, ['connecting', 'live']);
  assert.equal(bench.last('limit')?.refused, true);

  bench.handle({ type: 'extend' });
  await bench.settle();
  assert.equal(bench.sockets.length, 2);
});

for (const isReady of [true, false])
  for (const way of /** @type {const} */ (['drop', 'session.ended']))
    test(`when the old session dies (${way}), the successor takes over at once (${isReady ? 'ready' : 'on its way'})`, async () => {
      const bench = await talk();
      bench.handle({ type: 'extend' });
      await bench.settle();
      const [old, next] = bench.sockets;
      if (isReady) next.becomeReady('sess_2');
      await bench.speakFor(100, 5_000);
      if (way === 'drop') old.drop(1006);
      else old.say({ type: 'session.ended', session_duration_seconds: 9 });
      await bench.speakFor(100, 5_005);
      if (!isReady) next.becomeReady('sess_2');
      await bench.speakFor(100, 5_010);

      assert.equal(bench.sockets.length, 2);
      assert.deepEqual([bench.state.state, bench.state.recovery], ['live', 'continued']);
      const first = way === 'drop' ? 5_002 : 5_005; // a line that breaks takes the last frames along
      assert.deepEqual(
        next.spoken,
        Array.from({ length: 5_015 - first }, (_, i) => first + i),
      );
      await bench.pass(890_000);
      assert.equal(bench.state.state, 'live', 'its time counts, not the old one’s');
      assertOneTokenASocket(bench);
    });

test('a successor that fails after the old session has died is tried again as any recovery is', async () => {
  const bench = await talk();
  bench.handle({ type: 'extend' });
  await bench.settle();
  bench.sockets[0].drop(1006);
  bench.sockets[1].drop(1006);
  await bench.pass(300);
  bench.socket.becomeReady('sess_3');

  assert.equal(bench.sockets.length, 3);
  assert.deepEqual([bench.state.state, bench.state.recovery], ['live', 'continued']);
});

test('a wish to extend survives a loss', async () => {
  const bench = await talk();
  bench.tokenAnswers.push(refusal(503));
  bench.handle({ type: 'extend' });
  await bench.settle();
  bench.socket.drop(1006);
  await bench.settle();
  bench.socket.becomeReady('sess_1');
  await bench.settle();
  assert.equal(bench.sockets.length, 3);

  bench.socket.becomeReady('sess_2');
  await beSilent(bench, 400);
  assert.equal(bench.last('session')?.sessionId, 'sess_2');
});

test('a stop ends both sessions', async () => {
  const bench = await talk();
  bench.handle({ type: 'extend' });
  await bench.settle();
  bench.socket.becomeReady('sess_2');
  bench.handle({ type: 'stop' });

  for (const socket of bench.sockets) {
    assert.deepEqual(socket.sent.at(-1), { type: 'session.end' });
    socket.say({ type: 'session.ended', session_duration_seconds: 1 });
  }
  assert.equal(bench.state.state, 'ended');
  assert.ok(bench.sockets.every(({ readyState }) => readyState === 3));
  assert.deepEqual(bench.timers, []);
});

test('nothing is extended in a call that is not there', async () => {
  const bench = new Bench();
  bench.handle({ type: 'extend' });
  await bench.settle();

  assert.equal(bench.tokenUrls.length, 0);
});
