// What a call was like, in numbers: messages both ways, and how long answers took to be heard.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench } from './fakes.js';

/** @param {Bench} bench the agent begins to be heard */
const sound = (bench) => bench.report({ sounding: 'r', level: 0.1 });

/** @param {Bench} bench */
const hush = (bench) => bench.report({ sounding: null });

/** @param {Bench} bench */
function statsOf(bench) {
  bench.handle({ type: 'hang-up' });
  return bench.stats;
}

test('messages and bytes are counted by name, both ways', async () => {
  const bench = new Bench();
  await bench.goLive();
  for (let i = 0; i < 3; i += 1) bench.speak();
  bench.socket.say({ type: 'reply.started', reply_id: 'r' });
  const { traffic, sessionId } = statsOf(bench);

  assert.equal(sessionId, 'sess_1');
  assert.deepEqual(traffic.sent.byName, {
    'session.update': 1,
    'input.audio': 3,
    'session.end': 1,
  });
  assert.deepEqual(traffic.received.byName, {
    'session.updated': 1,
    'session.ready': 1,
    'reply.started': 1,
  });
  const text = bench.socket.sent.map((frame) => JSON.stringify(frame)).join('');
  assert.deepEqual([traffic.sent.messages, traffic.sent.bytes], [5, text.length]);
});

test('a service that invents names does not fill the memory', async () => {
  const bench = new Bench();
  await bench.goLive();
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  for (const first of letters)
    for (const second of letters) bench.socket.say({ type: `new.${first}${second}` });
  const { byName, messages } = statsOf(bench).traffic.received;

  assert.ok(Object.keys(byName).length <= 41);
  assert.equal(
    Object.values(byName).reduce((sum, count) => sum + count, 0),
    messages,
  );
});

test('the greeting counts from the start, an answer from the end of the turn and of the voice', async () => {
  const bench = new Bench();
  await bench.goLive();
  await bench.pass(700);
  sound(bench);
  hush(bench);
  await bench.speakFor(400, 9_000);
  for (let i = 0; i < 45; i += 1) {
    bench.speak(0);
    await bench.pass(20);
  }
  bench.socket.say({ type: 'input.speech.started' });
  bench.socket.say({ type: 'input.speech.stopped' });
  await bench.pass(300);
  sound(bench);

  assert.deepEqual(statsOf(bench).firstSounds, [
    { after: 'greeting', waitMs: 700, sinceVoiceMs: null },
    { after: 'speech', waitMs: 300, sinceVoiceMs: 1_200 },
  ]);
});

test('silence at the beginning of a reply is not yet an answer, and a typed question has one too', async () => {
  const bench = new Bench();
  await bench.goLive();
  sound(bench);
  hush(bench);
  bench.handle({ type: 'say', text: 'hello' });
  await bench.pass(200);
  bench.report({ sounding: 'r', level: 0 });
  await bench.pass(150);
  sound(bench);

  assert.deepEqual(statsOf(bench).firstSounds.at(-1), {
    after: 'typed',
    waitMs: 350,
    sinceVoiceMs: null,
  });
});

test('who goes on talking was not waiting; a new call begins with no answers', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.say({ type: 'input.speech.stopped' });
  bench.socket.say({ type: 'input.speech.started' });
  sound(bench);
  assert.deepEqual(statsOf(bench).firstSounds, []);

  await bench.goLive();
  sound(bench);
  assert.equal(statsOf(bench).firstSounds.length, 1);
});
