// Calls that are typed: they begin without a microphone, and those in writing without any sound.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCall, settle } from './devices-fakes.js';
import { Bench } from './fakes.js';

/** @param {Bench} bench */
const silentMs = ({ socket }) =>
  socket.sent
    .filter(({ type }) => type === 'input.audio')
    .reduce((sum, { audio }) => {
      const bytes = Buffer.from(audio, 'base64');
      assert.ok(bytes.every((byte) => byte === 0));
      return sum + bytes.length / 48;
    }, 0);

/** A call in writing that is live. */
async function write() {
  const bench = new Bench();
  const call = { microphone: false, textOnly: true };
  bench.handle({ type: 'start', tokenUrl: 'https://gate.example/token', session: {}, ...call });
  bench.handle({ type: 'proceed' });
  await bench.settle();
  bench.socket.becomeReady();
  return bench;
}

test('a session without a microphone begins without waiting for its sound', async () => {
  const bench = new Bench();
  const call = { session: {}, microphone: false };
  bench.handle({ type: 'start', tokenUrl: 'https://gate.example/token', ...call });
  bench.handle({ type: 'proceed' });
  await bench.settle();
  bench.socket.becomeReady();
  assert.equal(bench.state.state, 'live');
});

test('a call in writing gives the service silence at pace, from the beginning to the end', async () => {
  const bench = await write();
  await bench.pass(10_000);
  assert.equal(silentMs(bench), 10_000);
  bench.freeze(60_000); // the page stood still
  await bench.pass(1_000);
  assert.ok(silentMs(bench) <= 11_600, 'no minute of silence at once');
  assert.ok(bench.stats.atMs > 60_000, 'its numbers go on');

  bench.handle({ type: 'stop' });
  const { length } = bench.socket.sent;
  await bench.pass(5_000);
  assert.equal(bench.socket.sent.length, length);
});

test('a connection that takes nothing of it is found dead', async () => {
  const bench = await write();
  bench.socket.takesBytes = 0;
  await bench.pass(3_000);
  assert.deepEqual(bench.stats.connection.lossesByCause, { 'half-open': 1 });
});

test('what the agent says in writing is told at once and whole, though nothing of it is heard', async () => {
  const bench = await write();
  bench.handle({ type: 'say', text: 'Hello' });
  assert.equal(bench.socket.sent.at(-1).type, 'reply.create');
  bench.socket.say({ type: 'reply.started', reply_id: 'a' });
  const about = { reply_id: 'a', item_id: 'm' };
  for (const [at, delta] of ['Good', 'morning.'].entries()) {
    const times = { start_ms: at * 400, end_ms: at * 400 + 300 };
    bench.socket.say({ type: 'transcript.agent.delta', ...about, delta, ...times });
  }
  const data = Buffer.alloc(48_000, 1).toString('base64');
  bench.socket.say({ type: 'reply.audio', reply_id: 'a', data });
  await bench.pass(100);
  assert.equal(bench.last('transcript')?.turn.text, 'Good morning.');
  bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'completed' });
  const { text, final, interrupted } = bench.last('transcript')?.turn ?? {};
  assert.deepEqual([text, final, interrupted], ['Good morning.', true, false]);
  bench.handle({ type: 'stop' });
  assert.equal(bench.last('transcript')?.turn.text, 'Good morning.');
  assert.deepEqual(bench.all('speaking'), []);
});

test('a call that began without a microphone opens it later, in the same audio system', async (t) => {
  const call = newCall(t);
  call.ports.push(await call.audio.open({ microphone: false }));
  await call.audio.setMicrophone('headset'); // chosen ahead: nothing opens
  assert.deepEqual([call.machine.wishes, call.events], [[], []]);

  await call.audio.openMicrophone();
  assert.deepEqual(call.events, ['opened: headset']);
  assert.deepEqual([call.sound.contexts.length, call.ports.length], [1, 1]);
  await settle();
});

test('a microphone that is refused then leaves the call without one, and may be tried again', async (t) => {
  const call = newCall(t);
  call.ports.push(await call.audio.open({ microphone: false }));
  call.machine.busy.add('built-in').add('headset');
  await assert.rejects(call.audio.openMicrophone(), { code: 'microphone-busy' });
  assert.equal(call.sound.open.length, 1);
  await call.pass(120_000);
  assert.deepEqual(call.lost, []);

  call.machine.busy.clear();
  await call.audio.openMicrophone();
  assert.deepEqual(call.events, ['opened: built-in']);
});

test('the agent is still heard when the audio system is built anew and there is no microphone', async (t) => {
  const call = newCall(t);
  call.ports.push(await call.audio.open({ microphone: false }));
  call.sound.context.sampleRate = 48_000; // as with a headset that changes its profile
  call.audio.wake();
  await settle();
  assert.equal(call.ports.length, 2);
});
