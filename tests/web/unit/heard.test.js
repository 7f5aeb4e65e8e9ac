// Heard, not said: what the agent is told after an interruption, against what the loudspeaker gave.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interruptionNote } from '../../../static/voice-agent/core/conversation/history.js';
import { seeded } from './random.js';
import { onWire, RATE_HZ, Room } from './sound-room.js';

const WORDS = Array.from({ length: 24 }, (_, i) => `word${i + 1}`);
const WORD_MS = 300;
const CHUNK_MS = 50;

/** Each word is a tone of its own, so that it is known again in what the loudspeaker gave. @param {number} word */
const toneHz = (word) => 300 + 50 * word;

/**
 * A reply with silence before its first word.
 * @param {number} silenceMs
 */
function spoken(silenceMs) {
  const lead = (silenceMs * RATE_HZ) / 1000;
  const samples = (WORD_MS * RATE_HZ) / 1000;
  return Int16Array.from({ length: lead + WORDS.length * samples }, (_, at) => {
    if (at < lead) return 0;
    const word = Math.floor((at - lead) / samples);
    return 8_000 * Math.sin((2 * Math.PI * toneHz(word) * (at - lead)) / RATE_HZ);
  });
}

/** How much of a tone is in some samples. @param {Float32Array} samples @param {number} hz */
function share(samples, hz) {
  let [cosine, sine] = [0, 0];
  for (const [i, sample] of samples.entries()) {
    cosine += sample * Math.cos((2 * Math.PI * hz * i) / RATE_HZ);
    sine += sample * Math.sin((2 * Math.PI * hz * i) / RATE_HZ);
  }
  return Math.hypot(cosine, sine) / samples.length;
}

/** The last word in a recording, counted from 1; 0 where there is none. @param {Float32Array} recording */
function lastWord(recording) {
  const end = recording.findLastIndex((sample) => Math.abs(sample) > 0.01);
  if (end === -1) return 0;
  const last = recording.subarray(Math.max(0, end - RATE_HZ / 50), end);
  const shares = WORDS.map((_, word) => share(last, toneHz(word)));
  return 1 + shares.indexOf(Math.max(...shares));
}

/** @param {Room} room @returns {string[]} prompts that were sent after the first one */
const prompts = ({ bench }) =>
  bench.socket.sent
    .slice(1)
    .flatMap(({ type, session }) =>
      type === 'session.update' && session.system_prompt !== undefined ? session.system_prompt : [],
    );

/**
 * Let the agent speak for so long, and interrupt it.
 * @param {Room} room
 * @param {{id: string, silenceMs: number, afterMs: number, pace?: number}} reply `pace`: how much sooner than in real
 *   time its sound comes
 */
async function interrupt(room, { id, silenceMs, afterMs, pace = 1 }) {
  const { socket } = room.bench;
  const about = { reply_id: id };
  socket.say({ type: 'reply.started', ...about });
  for (const [i, word] of WORDS.entries()) {
    const time = { start_ms: i * WORD_MS, end_ms: (i + 1) * WORD_MS };
    socket.say({ type: 'transcript.agent.delta', ...about, delta: word, ...time });
  }
  const pcm = spoken(silenceMs);
  const chunk = (CHUNK_MS * RATE_HZ) / 1000;
  const endMs = room.nowMs + afterMs;
  for (let at = 0; room.nowMs < endMs; at += chunk) {
    const data = onWire(pcm.slice(at, at + chunk));
    if (data) socket.say({ type: 'reply.audio', ...about, data });
    await room.pass(Math.min(CHUNK_MS / pace, endMs - room.nowMs));
  }
  socket.say({ type: 'input.speech.started' });
  // The service counts what it has sent.
  socket.say({ type: 'transcript.agent', ...about, text: WORDS.join(' '), interrupted: true });
  socket.say({ type: 'reply.done', ...about, status: 'interrupted' });
  await room.pass(100);
  socket.say({ type: 'session.updated' });
}

for (const pace of [1, 4]) {
  test(`interrupted at ten random words of a reply that comes ${pace} times as fast as it sounds, the agent is told to the word what was heard`, async () => {
    const random = seeded(pace);
    const room = new Room();
    await room.goLive({ system_prompt: 'Be brief.' });
    for (let n = 0; n < 10; n += 1) {
      const silenceMs = 200 + Math.floor(random() * 1_800);
      const afterMs = silenceMs + 100 + random() * WORD_MS * (WORDS.length - 2);
      const before = room.played.length;
      await interrupt(room, { id: `r${n}`, silenceMs, afterMs, pace });
      const heard = lastWord(room.played.subarray(before));

      const note = prompts(room).at(-1) ?? '';
      const told = Number(/heard was: "[^"]*word(\d+)"/.exec(note)?.[1] ?? 0);
      assert.ok(Math.abs(told - heard) <= 1, `told ${told}, heard ${heard}`);
      assert.match(note, new RegExp(`did not hear: "word${told + 1}[ "]`));
    }
    assert.equal(prompts(room).length, 10);
  });
}

test('the last note takes the place of the one before, and the prompt of the page stays', async () => {
  const room = new Room();
  await room.goLive({ system_prompt: 'Be brief.' });
  await interrupt(room, { id: 'a', silenceMs: 200, afterMs: 1_500 });
  await interrupt(room, { id: 'b', silenceMs: 200, afterMs: 3_000 });

  for (const prompt of prompts(room)) {
    assert.match(prompt, /^Be brief\.\n\nWhen the user last interrupted you,/);
    assert.equal(prompt.match(/interrupted/g)?.length, 1);
  }

  room.bench.handle({ type: 'update', id: 1, session: { system_prompt: 'Be kind.' } });
  assert.match(prompts(room).at(-1) ?? '', /^Be kind\.\n\nWhen the user last interrupted you,/);
});

test('the prompt of a stored agent is not known and is left alone, unless the page has set one', async () => {
  const room = new Room();
  await room.goLive({ agent_id: 'agent_1' });
  await interrupt(room, { id: 'a', silenceMs: 200, afterMs: 1_500 });
  assert.deepEqual(prompts(room), []);

  room.bench.handle({ type: 'update', id: 1, session: { system_prompt: 'Be kind.' } });
  room.bench.socket.say({ type: 'session.updated' });
  await interrupt(room, { id: 'b', silenceMs: 200, afterMs: 1_500 });
  assert.match(prompts(room).at(-1) ?? '', /^Be kind\.\n\nWhen the user last interrupted you,/);
});

test('nothing is told where the page does not want it, or where all was heard', async () => {
  const room = new Room();
  await room.goLive({}, { tellHeard: false });
  await interrupt(room, { id: 'a', silenceMs: 200, afterMs: 1_500 });
  assert.deepEqual(prompts(room), []);

  const other = new Room();
  await other.goLive({});
  await interrupt(other, { id: 'a', silenceMs: 0, afterMs: WORDS.length * WORD_MS + 500 });
  assert.deepEqual(prompts(other), []);
});

test('a new session is told by its story how far each turn was heard, and not once more', async () => {
  const room = new Room();
  await room.goLive({ system_prompt: 'Be brief.' });
  await interrupt(room, { id: 'a', silenceMs: 200, afterMs: 1_500 });
  room.bench.socket.drop(1006);
  await room.bench.settle();
  room.bench.socket.open();
  room.bench.socket.say({ type: 'session.error', code: 'session_not_found', message: 'no' });
  await room.bench.settle();
  room.bench.socket.becomeReady('sess_2');
  room.bench.handle({ type: 'update', id: 1, session: { system_prompt: 'Be kind.' } });

  const [told] = prompts(room).slice(-1);
  assert.match(told, /^Be kind\.\n\n[^]*\(cut off\)/);
  assert.doesNotMatch(told, /interrupted you/);
});

test('a note is bounded, whatever was said', () => {
  const long = 'é𝄞 '.repeat(10_000);
  const note = interruptionNote({ heard: long, unheard: long });
  assert.ok(note.length <= 800 && note.isWellFormed());
  assert.match(
    interruptionNote({ heard: '', unheard: 'Good day.' }),
    /they had heard nothing of your reply\.\nThey did not hear: "Good day\."/,
  );
});
