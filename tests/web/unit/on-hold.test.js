// A call on hold: nothing is heard, nothing is sent, and of the agent's sound nothing is lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench } from './fakes.js';
import { seeded } from './random.js';

const WORDS = ['Good', 'morning.', 'We', 'open', 'at', 'nine.', 'Do', 'come.'];
const WORD_MS = 400;
const LEAD_MS = 200;
const SAMPLES_PER_MS = 24;
const REPLY_MS = LEAD_MS + WORDS.length * WORD_MS;

/** Every sample of the reply is known by its value; those of the silence before it are 0. */
const SOUND = Int16Array.from({ length: REPLY_MS * SAMPLES_PER_MS }, (_, at) =>
  at < LEAD_MS * SAMPLES_PER_MS ? 0 : 1_000 + (at % 30_000),
);

/** @param {Bench} bench @param {number} fromMs @param {number} toMs */
function speak({ socket }, fromMs, toMs) {
  const part = SOUND.slice(fromMs * SAMPLES_PER_MS, toMs * SAMPLES_PER_MS);
  const data = Buffer.from(part.buffer).toString('base64');
  socket.say({ type: 'reply.audio', reply_id: 'a', data });
}

/** A call in whose reply so much has come, and so much of that was heard. @param {number} comeMs @param {number} heardMs */
async function inReply(comeMs, heardMs) {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.say({ type: 'reply.started', reply_id: 'a' });
  for (const [at, delta] of WORDS.entries()) {
    const times = { start_ms: at * WORD_MS, end_ms: at * WORD_MS + 300 };
    bench.socket.say({
      type: 'transcript.agent.delta',
      reply_id: 'a',
      item_id: 'm',
      delta,
      ...times,
    });
  }
  for (let at = 0; at < comeMs; at += 100) speak(bench, at, Math.min(at + 100, comeMs));
  bench.report({ sounding: 'a', level: 0.1, position: { replyId: 'a', ms: heardMs } });
  return bench;
}

/** Put on hold, and the port says how far it was. @param {Bench} bench @param {number} heardMs */
function hold(bench, heardMs) {
  bench.handle({ type: 'hold', held: true });
  assert.equal(bench.playback.posted.at(-1).type, 'flush-all');
  bench.report({ finished: [{ replyId: 'a', heardMs, flushed: true }] });
}

/** @param {any[]} posted @returns {Int16Array} */
function soundOf(posted) {
  const parts = posted.flatMap(({ type, pcm }) => (type === 'audio' ? Buffer.from(pcm) : []));
  const { buffer, byteOffset, length } = Buffer.concat(parts);
  return new Int16Array(buffer.slice(byteOffset, byteOffset + length));
}

const random = seeded(19);
const CASES = Array.from({ length: 40 }, () => {
  const heardMs = Math.floor(random() * REPLY_MS);
  return { heardMs, comeMs: heardMs + Math.floor(random() * (REPLY_MS - heardMs)) };
});

test('wherever a reply is held, it goes on with the sentence that was cut, and no sample is missing', async () => {
  for (const { heardMs, comeMs } of CASES) {
    const bench = await inReply(comeMs, heardMs);
    hold(bench, heardMs);
    const { length } = bench.playback.posted;
    if (comeMs < REPLY_MS) speak(bench, comeMs, REPLY_MS); // comes on hold
    bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'completed' });
    await bench.pass(60_000);
    assert.equal(bench.playback.posted.length, length, 'silence while it is held');

    bench.handle({ type: 'hold', held: false });
    const posted = bench.playback.posted.slice(length);
    assert.equal(posted.at(-1).type, 'end');
    const sound = soundOf(posted);
    const fromMs = REPLY_MS - sound.length / SAMPLES_PER_MS;
    assert.deepEqual(sound, SOUND.slice(fromMs * SAMPLES_PER_MS));
    const starts = [0, 2, 6].map((word) => LEAD_MS + word * WORD_MS);
    const sentence = starts.findLast((startMs) => startMs < heardMs) ?? heardMs;
    assert.equal(fromMs, sentence, `held at ${heardMs}`);
    const names = new Set(posted.map(({ replyId }) => replyId));
    assert.deepEqual([names.size, names.has('a')], [1, false], 'a flushed name sounds no more');
  }
});

test('a sentence that is said again counts as heard once, and its end is told', async () => {
  const bench = await inReply(REPLY_MS, 1_500);
  bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'completed' });
  hold(bench, 1_500);
  bench.handle({ type: 'hold', held: false });
  const { replyId } = bench.playback.posted.at(-1);
  bench.report({ sounding: replyId, level: 0.1, position: { replyId, ms: 100 } });
  await bench.pass(100);
  bench.report({ finished: [{ replyId, heardMs: REPLY_MS - 1_000, flushed: false }] });
  const heard = bench.all('playback').map(({ positionMs, done }) => [positionMs, done]);
  assert.deepEqual(heard, [[REPLY_MS, true]]);
  assert.equal(bench.last('transcript')?.turn.interrupted, false);
});

test('nothing is sent on hold, and what waited goes out afterwards', async () => {
  const bench = new Bench();
  await bench.goLive();
  await bench.speakFor(200);
  bench.handle({ type: 'hold', held: true });
  const { length } = bench.socket.sent;
  bench.handle({ type: 'say', text: 'Hello' });
  bench.handle({ type: 'update', id: 1, session: { system_prompt: 'Be kind.' } });
  await bench.speakFor(60_000);
  assert.equal(bench.socket.sent.length, length);

  bench.handle({ type: 'hold', held: false });
  await bench.speakFor(200, 3_000);
  const sent = bench.socket.sent.slice(length);
  assert.ok(sent.some(({ session }) => session?.system_prompt === 'Be kind.'));
  assert.ok(sent.some(({ type }) => type === 'reply.create'));
  assert.ok(
    bench.socket.spoken.slice(-10).every((value) => value >= 3_000),
    'nothing said on hold',
  );
  assert.equal(bench.sockets.length, 1);
});

test('whoever speaks into a reply that was delayed by a hold is not talked over', async () => {
  const bench = await inReply(REPLY_MS, 500);
  hold(bench, 500);
  bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'completed' });
  bench.handle({ type: 'hold', held: false });
  const { replyId } = bench.playback.posted.at(-1);
  bench.report({ sounding: replyId, level: 0.1, position: { replyId, ms: 900 } });
  bench.socket.say({ type: 'input.speech.started' });
  assert.deepEqual(bench.playback.posted.at(-1), { type: 'flush', replyId });
  bench.report({ finished: [{ replyId, heardMs: 900, flushed: true }] });
  const { text, interrupted } = bench.last('transcript')?.turn ?? {};
  assert.deepEqual([text, interrupted], ['Good morning. We', true]);
});

test('a call that is lost on hold comes back on hold, and one that ends there ends', async () => {
  const bench = await inReply(REPLY_MS, 900);
  hold(bench, 900);
  bench.socket.drop(1006);
  await bench.settle();
  bench.socket.becomeReady('sess_1');
  const { length } = bench.socket.sent;
  await bench.speakFor(5_000);
  assert.equal(bench.socket.sent.length, length);
  bench.handle({ type: 'stop' });
  assert.equal(bench.state.state, 'ended');
  await bench.goLive();
  await bench.speakFor(100);
  assert.ok(bench.socket.spoken.length > 0, 'the next call is not on hold');
});
