import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench, plainError } from './fakes.js';
import { violations } from './schema.js';

/**
 * @param {number} status
 * @param {object} body
 * @param {Record<string, string>} [headers]
 */
const problem =
  (status, body, headers = {}) =>
  () =>
    new Response(JSON.stringify(body), { status, headers });

/** @param {string} code */
const error = (code) => ({ type: 'session.error', code, message: 'no' });

/**
 * @param {string} replyId
 * @param {number} bytes
 */
const audio = (replyId, bytes = 480) => ({
  type: 'reply.audio',
  reply_id: replyId,
  data: Buffer.alloc(bytes, 1).toString('base64'),
});

/** @param {Bench} bench */
function assertOneTokenASocket(bench) {
  const used = bench.sockets.map(({ url }) => new URL(url).searchParams.get('token'));
  assert.equal(new Set(used).size, used.length, 'a token was used twice');
  assert.equal(bench.tokenUrls.length, used.length);
}

test('a call opens with a fresh token, written as the address demands, and its session', async () => {
  const bench = new Bench();
  await bench.start({ greeting: 'Hi.' });
  bench.socket.open();

  assert.equal(bench.socket.url, 'wss://agents.example/v1/ws?token=token%2B1');
  assert.deepEqual(bench.socket.sent, [{ type: 'session.update', session: { greeting: 'Hi.' } }]);
  assert.deepEqual(bench.states, ['connecting']);

  bench.socket.say({ type: 'session.updated', config: {} });
  assert.deepEqual(bench.states, ['connecting']);

  bench.socket.say({ type: 'session.ready', session_id: 'sess_1' });
  assert.deepEqual(bench.states, ['connecting', 'live']);
});

test('every frame that is sent is one the schema knows', async () => {
  const bench = new Bench();
  await bench.goLive({ greeting: 'Hi.', output: { voice: 'alba' } });
  bench.speak();
  bench.session.handle({ type: 'say', text: 'hello' });
  bench.socket.say({ type: 'tool.call', call_id: 'c', name: 'f', arguments: {} });
  bench.session.handle({ type: 'tool-result', callId: 'c', value: undefined, isError: false });
  bench.socket.say({ type: 'reply.done', reply_id: 'r' });
  bench.session.handle({ type: 'stop' });

  const types = bench.socket.sent.map(({ type }) => type);
  assert.deepEqual(types, [
    'session.update',
    'input.audio',
    'reply.create',
    'tool.result',
    'session.end',
  ]);
  for (const frame of bench.socket.sent) assert.deepEqual(violations('clientMessage', frame), []);
});

test('nothing is sent before the session is ready; what was said before a greeting is dropped', async () => {
  const bench = new Bench();
  await bench.start({ greeting: 'Hi.' });
  bench.socket.open();
  bench.speak();
  bench.socket.say({ type: 'session.ready', session_id: 'sess_1' });

  assert.equal(bench.socket.sent.length, 1);

  bench.speak();
  assert.equal(bench.socket.sent[1].type, 'input.audio');
});

test('without a greeting not a word is lost', async () => {
  const bench = new Bench();
  await bench.start();
  for (let i = 0; i < 5; i += 1) bench.speak();
  bench.socket.becomeReady();

  assert.equal(bench.socket.sent.filter(({ type }) => type === 'input.audio').length, 5);
});

test('muted means silence at pace, on the wire and on the meter', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.session.handle({ type: 'mute', muted: true });
  bench.nowMs = 1_000;
  bench.speak(20_000);

  assert.ok(Buffer.from(bench.socket.sent[1].audio, 'base64').every((byte) => byte === 0));
  assert.deepEqual(
    bench.events.findLast(({ type }) => type === 'level'),
    { type: 'level', microphone: 0, agent: 0 },
  );
});

test('buffers go back to the audio thread', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.speak();

  assert.equal(bench.capture.posted[0].byteLength, 960);
});

test('a reply sounds, an interrupted one is cut, and late audio of it is not played', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.say({ type: 'reply.started', reply_id: 'a' });
  bench.socket.say(audio('a'));
  bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'interrupted' });
  bench.socket.say(audio('a'));
  bench.socket.say(audio('b'));
  bench.socket.say({ type: 'reply.done', reply_id: 'b' });

  assert.deepEqual(
    bench.playback.posted.map(({ type, replyId }) => [type, replyId]),
    [
      ['audio', 'a'],
      ['cut', 'a'],
      ['audio', 'b'],
      ['end', 'b'],
    ],
  );
});

test('audio that is not base64 is dropped and the call goes on', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.say({ type: 'reply.audio', reply_id: 'a', data: '!!!' });

  assert.deepEqual(bench.playback.posted, []);
  assert.equal(bench.state.state, 'live');
});

test('a dropped socket is resumed with a fresh token, and what was said meanwhile is sent', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.drop(1006);
  for (let i = 0; i < 3; i += 1) bench.speak();
  await bench.settle();

  assert.equal(bench.sockets.length, 2);
  bench.socket.open();
  assert.deepEqual(bench.socket.sent, [{ type: 'session.resume', session_id: 'sess_1' }]);

  bench.socket.say({ type: 'session.ready', session_id: 'sess_1' });
  assert.deepEqual([bench.state.state, bench.state.recovery], ['live', 'resumed']);
  assert.equal(bench.socket.sent.length, 4);
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

for (const closes of [true, false]) {
  test(`a refused resume goes on in a new session (socket ${closes ? 'closed' : 'left open'})`, async () => {
    const bench = new Bench();
    await bench.goLive({ system_prompt: 'Be brief.', greeting: 'Hi.' });
    bench.socket.say({ type: 'transcript.user', item_id: 'm', text: 'My name is Ann.' });
    bench.socket.drop(1006);
    await bench.settle();
    bench.socket.open();
    bench.socket.say(error('session_not_found'));
    if (closes) bench.socket.drop(1008);
    await bench.settle();
    bench.socket.becomeReady('sess_2');

    const { session } = bench.socket.sent[0];
    assert.ok(!('greeting' in session));
    assert.match(session.system_prompt, /My name is Ann\./);
    assert.deepEqual([bench.state.state, bench.state.recovery], ['live', 'continued']);
    assert.equal(bench.sockets.length, 3);
    assertOneTokenASocket(bench);
  });
}

test('attempts that fail are made again, with waits, until the grace window is over', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.drop(1006);
  await bench.settle();
  for (let attempt = 0; attempt < 3; attempt += 1) {
    bench.socket.drop(1006);
    await bench.pass(500);
  }

  assert.equal(bench.state.state, 'reconnecting');
  assert.equal(bench.sockets.length, 5);
  assertOneTokenASocket(bench);
});

test('the browser being online again makes the next attempt at once', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.tokenAnswers.push(problem(503, {}), problem(503, {}));
  bench.socket.drop(1006);
  await bench.settle();
  await bench.pass(250);
  assert.equal(bench.tokenUrls.length, 3);

  bench.session.handle({ type: 'online' });
  await bench.settle();

  assert.equal(bench.tokenUrls.length, 4);
  assert.equal(bench.sockets.length, 2);
});

test('a wait that the token route asks for is kept to', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.tokenAnswers.push(problem(429, { detail: 'Slow down.' }, { 'Retry-After': '7' }));
  bench.socket.drop(1006);
  await bench.settle();

  await bench.pass(6_900);
  assert.equal(bench.sockets.length, 1);
  await bench.pass(200);
  assert.equal(bench.sockets.length, 2);
});

test('a token route that says no ends the call with its own sentence', async () => {
  const bench = new Bench();
  bench.tokenAnswers.push(problem(403, { code: 'origin_not_allowed', detail: 'Not from here.' }));
  await bench.start();

  assert.equal(bench.state.state, 'failed');
  assert.equal(bench.state.error?.code, 'token-refused');
  assert.equal(bench.state.error?.message, 'Not from here.');
  assert.equal(bench.state.error?.problem?.code, 'origin_not_allowed');
  assert.equal(bench.sockets.length, 0);
});

test('a token that the socket refuses is renewed once, then the call fails', async () => {
  const bench = new Bench();
  await bench.start();
  for (let attempt = 0; attempt < 2; attempt += 1) {
    bench.socket.open();
    bench.socket.say(error('UNAUTHORIZED'));
    bench.socket.drop(1008);
    await bench.settle();
  }

  assert.equal(bench.state.error?.code, 'unauthorized');
  assert.equal(bench.sockets.length, 2);
  assertOneTokenASocket(bench);
});

test('a refused voice is replaced once by one that the refusal lists', async () => {
  const bench = new Bench();
  await bench.start({ output: { voice: 'ivy', volume: 50 } });
  bench.socket.open();
  bench.socket.say({
    type: 'session.error',
    code: 'invalid_value',
    param: 'output.voice',
    message: "Invalid value 'ivy'. Must be one of: alba, eve",
  });
  bench.socket.drop(1008);
  await bench.settle();
  bench.socket.open();

  assert.deepEqual(bench.socket.sent[0].session.output, { voice: 'alba', volume: 50 });
  assertOneTokenASocket(bench);
});

test('a first update refused for its content is not sent again', async () => {
  const bench = new Bench();
  await bench.start();
  bench.socket.open();
  bench.socket.say(error('invalid_value'));
  bench.socket.drop(1008);
  await bench.settle();

  assert.equal(bench.state.error?.code, 'agent-refused');
  assert.equal(bench.sockets.length, 1);
});

test('an agent that does not get ready in time counts as not reached', async () => {
  const bench = new Bench();
  await bench.start();
  bench.socket.open();
  await bench.pass(12_000);

  assert.equal(bench.state.error?.code, 'connection-failed');
});

test('a stop says goodbye, waits for the answer and lets go of everything', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.session.handle({ type: 'stop' });
  assert.equal(bench.state.state, 'ending');
  assert.deepEqual(bench.socket.sent.at(-1), { type: 'session.end' });

  bench.socket.say({ type: 'session.ended', session_duration_seconds: 3 });

  assert.deepEqual([bench.state.state, bench.state.reason], ['ended', 'by-user']);
  assert.equal(bench.socket.readyState, 3);
  assert.ok(bench.capture.closed && bench.playback.closed);
  assert.deepEqual(bench.timers, []);
});

test('a goodbye that is not answered does not hold the user up', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.session.handle({ type: 'stop' });
  await bench.pass(3_000);

  assert.equal(bench.state.state, 'ended');
});

test('a page that goes away says goodbye at once', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.session.handle({ type: 'hang-up' });

  assert.deepEqual(bench.socket.sent.at(-1), { type: 'session.end' });
  assert.equal(bench.state.state, 'ended');
});

test('a microphone that fails ends the call in good order: no session goes on costing money', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.session.handle({ type: 'fail', error: plainError('microphone-not-found') });

  assert.deepEqual(bench.socket.sent.at(-1), { type: 'session.end' });
  assert.equal(bench.state.error?.code, 'microphone-not-found');
});

test('the call ends by its own clock when its granted time is over', async () => {
  const bench = new Bench();
  await bench.goLive();
  await bench.pass(900_000);

  assert.deepEqual(bench.socket.sent.at(-1), { type: 'session.end' });
  await bench.pass(3_000);
  assert.deepEqual([bench.state.state, bench.state.reason], ['ended', 'time-limit']);
});

test('typed words wait for the end of the reply', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.say({ type: 'reply.started', reply_id: 'a' });
  bench.session.handle({ type: 'say', text: 'What "time" is it?' });
  assert.equal(bench.socket.sent.length, 1);

  bench.socket.say({ type: 'reply.done', reply_id: 'a' });

  assert.match(bench.socket.sent[1].instructions, /What \\"time\\" is it\?/);
  const turn = bench.events.find((event) => event.type === 'transcript');
  assert.deepEqual(turn?.turn.text, 'What "time" is it?');
});

test('tools that the service runs itself are not answered', async () => {
  const bench = new Bench();
  await bench.start();
  bench.socket.open();
  bench.socket.say({
    type: 'session.ready',
    session_id: 's',
    config: { tools: [{ name: 'w', http: {} }] },
  });
  bench.socket.say({ type: 'tool.call', call_id: 'c', name: 'w', arguments: {} });

  assert.ok(!bench.events.some(({ type }) => type === 'tool-call'));
});

test('the agent counts as speaking only while there is sound', async () => {
  const bench = new Bench();
  await bench.goLive();
  const report = { sounding: 'a', level: 0, bufferedMs: 100, underruns: 0 };
  bench.playback.onmessage?.({ data: report });
  assert.ok(!bench.events.some(({ type }) => type === 'speaking'));

  bench.playback.onmessage?.({ data: { ...report, level: 0.1 } });
  bench.playback.onmessage?.({ data: { ...report, sounding: null, level: 0.1 } });

  const speaking = bench.events.flatMap((event) =>
    event.type === 'speaking' ? [event.agent] : [],
  );
  assert.deepEqual(speaking, [true, false]);
});
