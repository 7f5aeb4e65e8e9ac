import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertOneTokenASocket, Bench, plainError, refusal as problem } from './fakes.js';
import { violations } from './schema.js';

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

test('a socket that the page may not open by its own policy fails the call at once, and not once more', async () => {
  const bench = new Bench();
  await bench.start();
  const [{ url, tell, signal }] = bench.policyWatches;
  assert.equal(url, bench.socket.url);
  tell();
  await bench.pass(60_000);

  const { error } = bench.state;
  assert.deepEqual(bench.states, ['connecting', 'failed']);
  assert.deepEqual([error?.code, error?.retryable], ['connection-failed', false]);
  assert.match(String(error?.message), /connect-src .* wss:\/\/agents\.example/);
  assert.deepEqual([bench.sockets.length, signal.aborted], [1, true]);
  assert.deepEqual(bench.reported, [{ receipt: 'receipt+1', unused: true }]);
});

test('every frame that is sent is one the schema knows', async () => {
  const bench = new Bench();
  await bench.goLive({ greeting: 'Hi.', output: { voice: 'alba' } });
  bench.speak();
  bench.handle({ type: 'say', text: 'hello' });
  bench.socket.say({ type: 'tool.call', call_id: 'c', name: 'f', arguments: {} });
  bench.handle({ type: 'tool-result', callId: 'c', value: undefined, isError: false });
  bench.socket.say({ type: 'reply.done', reply_id: 'r' });
  bench.handle({ type: 'stop' });

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
  bench.speak(20_000);
  bench.handle({ type: 'mute', muted: true });
  await bench.pass(100);
  bench.speak(20_000);

  const audio = bench.socket.sent.slice(1).map((frame) => Buffer.from(frame.audio, 'base64'));
  assert.equal(audio[0].readInt16LE(0), 20_000);
  assert.ok(audio[1].length === 960 && audio[1].every((byte) => byte === 0));
  assert.partialDeepStrictEqual(bench.last('level'), { microphone: 0, agent: 0 });
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
      ['flush', 'a'],
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

test('the nearest voice of those listed is one of the same accent, else of the same language, and told', async () => {
  const listed = 'alba, anna, giovanni, juergen, iris';
  for (const [asked, used, language] of [
    ['lena', 'juergen', 'de'],
    ['sophie', 'anna', 'en'],
    ['hana', 'alba', null],
    ['constructor', 'alba', null],
  ]) {
    const bench = new Bench();
    await bench.start({ output: { voice: asked } });
    bench.socket.open();
    const message = `Invalid voice '${asked}'. Must be one of: ${listed}`;
    bench.socket.say({ ...error('invalid_value'), param: 'output.voice', message });
    bench.socket.drop(1008);
    await bench.settle();
    bench.socket.open();

    assert.equal(bench.socket.sent[0].session.output.voice, used);
    assert.deepEqual(bench.all('voice'), [{ type: 'voice', asked, used, language }]);
  }
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

test('a stop is done at once; its goodbye is heard out behind it, and a new call does not wait', async () => {
  const bench = new Bench();
  await bench.goLive();
  const first = bench.socket;
  bench.handle({ type: 'stop' });
  assert.deepEqual(first.sent.at(-1), { type: 'session.end' });
  assert.deepEqual([bench.state.state, bench.state.reason], ['ended', 'by-user']);
  assert.ok(bench.capture.closed && bench.playback.closed);

  await bench.goLive();
  await bench.pass(9_000);
  first.say({ type: 'session.ready', session_id: 'late' });
  first.say(audio('late'));
  assert.deepEqual([first.readyState, bench.state.state], [1, 'live']);
  first.say({ type: 'session.ended', session_duration_seconds: 3 });
  assert.equal(first.readyState, 3);
});

test('nothing of a call is heard after its stop, and nothing is left when its goodbye is answered', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.handle({ type: 'stop' });

  bench.socket.say(audio('late'));
  bench.socket.say({ type: 'tool.call', call_id: 'c', name: 'f', arguments: {} });
  assert.ok(!bench.playback.posted.some(({ type }) => type === 'audio'));
  assert.deepEqual(bench.all('tool-call'), []);
  bench.socket.say({ type: 'session.ended', session_duration_seconds: 3 });

  assert.deepEqual([bench.state.state, bench.state.reason], ['ended', 'by-user']);
  assert.equal(bench.socket.readyState, 3);
  assert.ok(bench.capture.closed && bench.playback.closed);
  assert.deepEqual(bench.timers, []);
});

test('a start in the middle of a call changes nothing', async () => {
  const bench = new Bench();
  await bench.goLive({ system_prompt: 'Be brief.' });
  await bench.speakFor(100);
  await bench.start({ system_prompt: 'Be long.' });
  bench.socket.drop(1011);
  await bench.settle();
  bench.socket.open();
  bench.socket.say({ type: 'session.error', code: 'session_not_found' });
  await bench.settle();
  bench.socket.becomeReady();
  bench.handle({ type: 'hang-up' });

  assert.match(bench.socket.sent[0].session.system_prompt, /Be brief/);
  assert.equal(bench.stats.uplink.sentFrames, 5);
  assert.equal(bench.stats.connection.sockets, 3);
});

test('a goodbye that is not answered is waited for ten seconds', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.handle({ type: 'stop' });
  await bench.pass(9_900);
  assert.equal(bench.socket.readyState, 1);
  await bench.pass(200);
  assert.equal(bench.socket.readyState, 3);
});

test('an agent that does not get ready in time is told goodbye: its session may have begun', async () => {
  const bench = new Bench();
  await bench.start();
  bench.socket.open();
  await bench.pass(12_100);

  assert.deepEqual(bench.sockets[0].sent.at(-1), { type: 'session.end' });
});

test('a page that goes away says goodbye at once', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.handle({ type: 'hang-up' });

  assert.deepEqual(bench.socket.sent.at(-1), { type: 'session.end' });
  assert.deepEqual([bench.state.state, bench.socket.readyState], ['ended', 3]);
});

test('a microphone that fails ends the call in good order: no session goes on costing money', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.handle({ type: 'fail', error: plainError('microphone-not-found') });

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
  bench.handle({ type: 'say', text: 'What "time" is it?' });
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

test('sound that comes when the call is over already is let go of', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.handle({ type: 'hang-up' });
  let closed = 0;
  const port = /** @type {any} */ ({ close: () => (closed += 1), postMessage: assert.fail });
  bench.handle({ type: 'audio', capture: port, playback: port });
  assert.equal(closed, 2);
});
