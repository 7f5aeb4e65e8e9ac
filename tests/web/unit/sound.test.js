import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench, FakePort, FRAME_MS } from './fakes.js';
import { seeded } from './random.js';

/**
 * @param {string} replyId
 * @param {number} [bytes]
 */
const audio = (replyId, bytes = 480) => ({
  type: 'reply.audio',
  reply_id: replyId,
  data: Buffer.alloc(bytes, 1).toString('base64'),
});

/** A call in which the agent is being heard. */
async function listen() {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.say({ type: 'reply.started', reply_id: 'a' });
  bench.socket.say(audio('a'));
  bench.report({ sounding: 'a', level: 0.1 });
  return bench;
}

/** @param {Bench} bench */
const ducks = (bench) =>
  bench.playback.posted.flatMap(({ type, on }) => (type === 'duck' ? on : []));

test('the agent counts as speaking only while there is sound', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.report({ sounding: 'a', level: 0 });
  assert.deepEqual(bench.all('speaking'), []);

  bench.report({ sounding: 'a', level: 0.1 });
  bench.report({ sounding: 'a', level: 0 }); // between two words
  bench.report({ sounding: null, level: 0.1 });

  assert.deepEqual(
    bench.all('speaking').map(({ agent }) => agent),
    [true, false],
  );
});

test('the agent is turned down while the user may be interrupting, and up again when not', async () => {
  const bench = await listen();
  bench.socket.say({ type: 'input.speech.started' });
  bench.socket.say({ type: 'input.speech.started' });
  assert.deepEqual(ducks(bench), [true]);
  bench.socket.say({ type: 'input.speech.stopped' });

  assert.deepEqual(ducks(bench), [true, false]);
});

test('it is turned up again after two seconds though nobody says why', async () => {
  const bench = await listen();
  bench.socket.say({ type: 'input.speech.started' });
  await bench.pass(1_990);
  assert.deepEqual(ducks(bench), [true]);
  await bench.pass(20);

  assert.deepEqual(ducks(bench), [true, false]);
});

test('an interruption cuts it, and the next reply is not turned down', async () => {
  const bench = await listen();
  bench.socket.say({ type: 'input.speech.started' });
  bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'interrupted' });
  bench.socket.say(audio('b'));

  assert.deepEqual(
    bench.playback.posted.slice(1).map(({ type, on }) => [type, on]),
    [
      ['duck', true],
      ['flush', undefined],
      ['duck', false],
      ['audio', undefined],
    ],
  );
});

test('a session begins with the first sound of its microphone, not before', async () => {
  const bench = new Bench();
  bench.handle({ type: 'start', tokenUrl: 'https://gate.example/token', session: {} });
  bench.handle({ type: 'proceed' });
  await bench.settle();
  bench.socket.open();
  bench.attachAudio();
  await bench.pass(5_000);
  bench.handle({ type: 'wake' });
  await bench.settle();
  assert.deepEqual([bench.sockets.length, bench.socket.sent], [1, []]);

  bench.hearMicrophone();
  assert.equal(bench.socket.sent[0].type, 'session.update');
});

test('a microphone that gives no sound begins no session, and says goodbye to none', async () => {
  const bench = new Bench();
  bench.handle({ type: 'start', tokenUrl: 'https://gate.example/token', session: {} });
  bench.attachAudio();
  bench.handle({ type: 'proceed' });
  await bench.settle();
  bench.socket.open();
  await bench.pass(10_000);
  assert.equal(bench.state.error?.code, 'audio-failed');
  assert.deepEqual(bench.socket.sent, []);
  const unused = bench.all('unused').map(({ receipt }) => receipt);
  assert.deepEqual(unused, ['receipt+1'], 'its token is handed back');
});

test('nothing is turned down while nothing sounds', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.say({ type: 'input.speech.started' });
  await bench.pass(3_000);

  assert.deepEqual(ducks(bench), []);
});

test('it is told how much of each reply was heard, with the levels, and once that it is over', async () => {
  const bench = await listen();
  const reply = { replyId: 'a' };
  await bench.pass(100);
  bench.report({ sounding: 'a', position: { replyId: 'a', ms: 40.4 } });
  await bench.pass(100);
  bench.report({ sounding: 'a', position: { replyId: 'a', ms: 40.4 } });
  bench.report({ finished: [{ replyId: 'a', heardMs: 61.8, flushed: true }] });
  bench.report({ finished: [{ replyId: 'a', heardMs: 61.8, flushed: true }] });

  assert.deepEqual(
    bench.all('level').flatMap(({ playback }) => playback ?? []),
    [{ ...reply, positionMs: 40, done: false, flushed: false }],
  );
  assert.deepEqual(bench.all('playback'), [
    { type: 'playback', ...reply, positionMs: 62, done: true, flushed: true },
  ]);
});

test('a reply goes on from another port where it was on the one before', async () => {
  const bench = await listen();
  bench.socket.say(audio('a', 48));
  bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'completed' });
  const samples = (/** @type {any} */ port) =>
    port.posted.flatMap((/** @type {any} */ { pcm }) => (pcm ? [...new Int16Array(pcm)] : []));
  const before = samples(bench.playback);
  bench.report({ sounding: 'a', position: { replyId: 'a', ms: 10.5 } });
  const old = bench.playback;
  bench.attachAudio();

  assert.ok(old.closed);
  assert.deepEqual(samples(bench.playback), before.slice(252));
  assert.deepEqual(bench.playback.posted.at(-1), { type: 'end', replyId: 'a' });
  assert.deepEqual(bench.last('speaking'), { type: 'speaking', user: false, agent: false });
  assert.deepEqual(bench.all('playback'), []);

  bench.report({ finished: [{ replyId: 'a', heardMs: 0.5, flushed: false }] });
  const { replyId, positionMs, done, flushed } = bench.all('playback')[0];
  assert.deepEqual([replyId, positionMs, done, flushed], ['a', 11, true, false]);
});

test('one that was to fall silent is over with its port', async () => {
  const bench = await listen();
  bench.report({ sounding: 'a', position: { replyId: 'a', ms: 4 } });
  bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'interrupted' });
  bench.attachAudio();

  assert.deepEqual(
    bench.playback.posted.filter(({ type }) => type === 'audio'),
    [],
  );
  assert.partialDeepStrictEqual(bench.all('playback')[0], { positionMs: 4, flushed: true });
});

test('new ports go on where the old ones stopped: nothing waiting is lost', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.drop(1006);
  bench.speak(1);
  bench.attachAudio();
  bench.speak(2);
  await bench.settle();
  bench.socket.becomeReady();

  assert.deepEqual(bench.socket.spoken, [1, 2]);
});

test('levels come at most 15 times a second, and not while nothing changes', async () => {
  const random = seeded(1);
  const bench = new Bench();
  await bench.goLive();
  for (let at = 0; at < 10_000; at += FRAME_MS) {
    bench.speak(Math.floor(300 + 9_000 * random()));
    await bench.pass(FRAME_MS);
  }
  const levels = bench.all('level').length;
  assert.ok(levels > 100 && levels <= 151, `${levels}`);

  for (let at = 0; at < 10_000; at += FRAME_MS) {
    bench.speak(0);
    await bench.pass(FRAME_MS);
  }
  assert.ok(bench.all('level').length - levels <= 1);
  assert.equal(bench.last('level')?.microphone, 0);
});

test('a minute of talk costs the host few messages', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.events.length = 0;
  for (let at = 0; at < 60_000; at += FRAME_MS) {
    bench.speak(500 + (at % 30_000));
    await bench.pass(FRAME_MS);
  }

  assert.ok(bench.events.length <= 15 * 60 + 60, `${bench.events.length}`);
});

test('a microphone that gives nothing for three seconds is told of, and when it comes back', async () => {
  const bench = new Bench();
  await bench.start();
  const silence = async (/** @type {number} */ ms) => {
    for (let at = 0; at < ms; at += FRAME_MS) bench.speak(at % 8); // up to −72 dB
  };
  await silence(2_900);
  bench.speak(100);
  await silence(2_980);
  assert.deepEqual(bench.all('microphone'), []);
  await silence(100);
  await silence(5_000);
  bench.speak(100);

  assert.deepEqual(
    bench.all('microphone').map(({ silent }) => silent),
    [true, false],
  );
});

test('a gate against noise is taken for a dead microphone less and less often', async () => {
  const bench = new Bench();
  await bench.goLive();
  for (let sentence = 0; sentence < 5; sentence += 1) {
    for (let at = 0; at < 10_000; at += FRAME_MS) bench.speak(0);
    bench.speak(500);
  }

  assert.deepEqual(
    bench.all('microphone').map(({ silent }) => silent),
    [true, false, true, false], // after 3 and 6 seconds; then only after 12
  );
});

test('what is said of a silent microphone is taken back when it is muted', async () => {
  const bench = new Bench();
  await bench.goLive();
  for (let at = 0; at < 4_000; at += FRAME_MS) bench.speak(0);
  bench.handle({ type: 'mute', muted: true });

  assert.deepEqual(
    bench.all('microphone').map(({ silent }) => silent),
    [true, false],
  );
});

test('who speaks although muted is told so, and not a sound of it leaves', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.handle({ type: 'mute', muted: true });
  for (let at = 0; at < 3_000; at += FRAME_MS) bench.speak(3_000);
  assert.deepEqual(
    bench.all('unheard').map(({ speaking }) => speaking),
    [true],
  );
  assert.ok(bench.socket.spoken.every((word) => word === 0));
  bench.handle({ type: 'mute', muted: false });

  assert.equal(bench.last('unheard')?.speaking, false);
});

test('a muted microphone is not called silent', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.handle({ type: 'mute', muted: true });
  for (let at = 0; at < 10_000; at += FRAME_MS) bench.speak(0);

  assert.deepEqual(bench.all('microphone'), []);
});

test('early speech may be kept, though there is a greeting', async () => {
  const bench = new Bench();
  await bench.start({ greeting: 'Hi.' }, { keepEarlySpeech: true });
  bench.speak(3);
  bench.socket.becomeReady();

  assert.deepEqual(bench.socket.spoken, [3]);
});

test('as much speech is kept as was asked for', async () => {
  const bench = new Bench();
  await bench.start(undefined, { keepSpeechSeconds: 1 });
  for (let word = 0; word < 80; word += 1) bench.speak(word + 1);
  bench.socket.becomeReady();
  await bench.pass(1_000);
  bench.speak(81);

  assert.deepEqual(
    bench.socket.spoken,
    Array.from({ length: 51 }, (_, i) => 31 + i),
  );
});

test('statistics come once a second while there is something to tell, and at the end', async () => {
  const bench = new Bench();
  await bench.goLive();
  await bench.speakFor(5_000);
  assert.ok(bench.all('stats').length >= 4 && bench.all('stats').length <= 6);
  bench.report({ playoutDelayMs: 40, waitMs: 47, underruns: 1 });
  bench.handle({ type: 'hang-up' });

  assert.equal(bench.stats.uplink.sentFrames, 250);
  assert.partialDeepStrictEqual(bench.stats.playback, {
    playoutDelayMs: 40,
    waitMs: 47,
    underruns: 1,
  });
  const count = bench.all('stats').length;
  await bench.pass(60_000);
  assert.equal(bench.all('stats').length, count);
});

test('a new call counts from nothing', async () => {
  const bench = new Bench();
  await bench.goLive();
  await bench.speakFor(100);
  bench.handle({ type: 'hang-up' });
  await bench.goLive();
  bench.handle({ type: 'hang-up' });

  assert.equal(bench.stats.uplink.sentFrames, 0);
  assert.equal(bench.stats.connection.sockets, 1);
});

test('a call that ends leaves no port open', async () => {
  const bench = await listen();
  const ports = /** @type {FakePort[]} */ ([bench.capture, bench.playback]);
  bench.handle({ type: 'hang-up', reason: 'page-left' });

  assert.ok(ports.every(({ closed }) => closed));
  assert.deepEqual(bench.playback.posted.at(-1), { type: 'flush-all' });
  assert.deepEqual([bench.state.state, bench.state.reason], ['ended', 'page-left']);
});
