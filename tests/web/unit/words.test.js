import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryDelayMs } from '../../../static/voice-agent/backoff.js';
import { continuedSession } from '../../../static/voice-agent/history.js';
import { ReplyGate } from '../../../static/voice-agent/reply-gate.js';
import { RESULT_PATIENCE_MS, ToolCalls } from '../../../static/voice-agent/tools.js';
import { joinWords, Transcript } from '../../../static/voice-agent/transcript.js';
import { Uplink } from '../../../static/voice-agent/uplink.js';

/** @typedef {import('../../../static/voice-agent/protocol.js').ServerMessage} ServerMessage */

/**
 * @param {string} word
 * @param {number | null} startMs
 * @returns {ServerMessage}
 */
const said = (word, startMs = null) => ({ type: 'reply-word', replyId: 'r', word, startMs });

/**
 * @param {boolean} interrupted
 * @returns {ServerMessage}
 */
const done = (interrupted) => ({ type: 'reply-done', replyId: 'r', interrupted });

test('words join with one space wherever neither side has one', () => {
  assert.equal(
    joinWords([{ word: 'Hi.' }, { word: 'Tell' }, { word: 'me ' }, { word: 'one' }]),
    'Hi. Tell me one',
  );
});

test('what the user says replaces what was understood before', () => {
  const transcript = new Transcript();
  transcript.apply({ type: 'user-text', itemId: 'm', text: 'Sorry to come.', final: false }, 1);
  transcript.apply({ type: 'user-text', itemId: 'm', text: 'Sorry to cut in.', final: true }, 2);

  assert.deepEqual(transcript.turns, [
    {
      id: 'user-m',
      role: 'user',
      text: 'Sorry to cut in.',
      final: true,
      interrupted: false,
      startedAt: 1,
    },
  ]);
});

test('a completed reply keeps its words though no final text comes', () => {
  const transcript = new Transcript();
  transcript.apply(said('Hello ', 0), 1);
  transcript.apply(said('there.', 200), 1);

  const turn = transcript.apply(done(false), 2);

  assert.deepEqual([turn?.text, turn?.final, turn?.interrupted], ['Hello there.', true, false]);
});

test('an interrupted reply keeps only what was said', () => {
  const transcript = new Transcript();
  for (const [word, startMs] of /** @type {const} */ ([
    ['One', 0],
    ['two', 400],
    ['three', 900],
  ])) {
    transcript.apply(said(word, startMs), 1);
  }

  const turn = transcript.apply(done(true), 2, 500);

  assert.deepEqual([turn?.text, turn?.interrupted], ['One two', true]);
});

test('the service’s own cut text wins over ours', () => {
  const transcript = new Transcript();
  transcript.apply(said('One', 0), 1);
  transcript.apply({ type: 'reply-text', replyId: 'r', text: 'One t', interrupted: true }, 1);

  assert.equal(transcript.apply(done(true), 2, 0)?.text, 'One t');
});

test('a reply without a word makes no turn', () => {
  const transcript = new Transcript();

  assert.equal(transcript.apply(done(false), 1), null);
  assert.deepEqual(transcript.turns, []);
});

test('a continued session knows the conversation and does not greet', () => {
  const transcript = new Transcript();
  transcript.apply({ type: 'user-text', itemId: 'm', text: 'My name is Ann.', final: true }, 1);
  transcript.apply(said('Nice name.'), 1);

  const session = continuedSession(
    { system_prompt: 'Be brief.', greeting: 'Hi!', output: { voice: 'alba' } },
    transcript.turns,
  );

  assert.ok(!('greeting' in session));
  assert.match(
    String(session.system_prompt),
    /^Be brief\.[^]*User: My name is Ann\.\nYou: Nice name\./,
  );
  assert.deepEqual(session.output, { voice: 'alba' });
});

test('a long conversation is carried on by its latest turns, within a bound', () => {
  const transcript = new Transcript();
  for (let i = 0; i < 500; i += 1) {
    transcript.apply(
      {
        type: 'user-text',
        itemId: String(i),
        text: `Sentence number ${i}. `.repeat(3),
        final: true,
      },
      i,
    );
  }

  const prompt = String(continuedSession({}, transcript.turns).system_prompt);

  assert.ok(prompt.length < 7_000);
  assert.ok(prompt.includes('number 499') && !prompt.includes('number 100.'));
});

test('a conversation without a turn starts over, greeting included', () => {
  assert.deepEqual(continuedSession({ greeting: 'Hi!' }, []), { greeting: 'Hi!' });
});

test('a stored agent is named and nothing else, as the service demands', () => {
  const transcript = new Transcript();
  transcript.apply(said('Hello.'), 1);

  assert.deepEqual(continuedSession({ agent_id: 'agent_1' }, transcript.turns), {
    agent_id: 'agent_1',
  });
});

test('audio of a finished reply is not let through, the next one’s is, in any order', () => {
  const gate = new ReplyGate();
  gate.start('a');
  assert.equal(gate.admit('a'), 'a');
  assert.equal(gate.admit('b'), 'b'); // before its reply.started
  assert.equal(gate.finish('a'), 'a');

  assert.equal(gate.admit('a'), null);
  assert.equal(gate.admit('b'), 'b');
  gate.start('a'); // late
  assert.equal(gate.admit('a'), null);
  assert.ok(gate.isReplying);
});

test('audio without an id belongs to the reply under way', () => {
  const gate = new ReplyGate();
  gate.start('a');

  assert.equal(gate.admit(null), 'a');
  assert.equal(gate.finish(null), 'a');
  assert.equal(gate.finish(null), null);
});

test('a new socket ends whatever was under way', () => {
  const gate = new ReplyGate();
  gate.start('a');
  gate.reset();

  assert.equal(gate.admit('a'), null);
  assert.ok(!gate.isReplying);
});

test('a tool’s result waits for the end of the reply that called it', () => {
  const tools = new ToolCalls();
  tools.observe({ type: 'reply-started', replyId: 'r' });
  tools.open('c');
  tools.finish({ callId: 'c', value: { ok: true }, isError: false }, 0);
  assert.deepEqual(tools.takeDue(0), []);

  tools.observe(done(false));

  const sent = { type: 'tool.result', call_id: 'c', result: '{"ok":true}', is_error: false };
  assert.deepEqual(
    tools.takeDue(0).map((text) => JSON.parse(text)),
    [sent],
  );
  assert.deepEqual(tools.takeDue(0), []);
});

test('an interruption takes the results that nobody waits for any more', () => {
  const tools = new ToolCalls();
  tools.observe({ type: 'reply-started', replyId: 'r' });
  tools.open('c');
  tools.observe(done(true));
  tools.finish({ callId: 'c', value: 1, isError: false }, 0);

  assert.deepEqual(tools.takeDue(RESULT_PATIENCE_MS), []);
});

test('a result does not wait for ever where one reply spans call and answer', () => {
  const tools = new ToolCalls();
  tools.observe({ type: 'reply-started', replyId: 'r' });
  tools.open('c');
  tools.finish({ callId: 'c', value: 1, isError: false }, 100);

  assert.equal(tools.takeDue(100 + RESULT_PATIENCE_MS).length, 1);
});

test('the first attempt is made at once, later ones with growing and uneven waits', () => {
  assert.equal(retryDelayMs(0, 0.9), 0);
  assert.equal(retryDelayMs(1, 0.5), 250);
  assert.equal(retryDelayMs(2, 0), 375);
  assert.equal(retryDelayMs(99, 1), 625);
  assert.equal(retryDelayMs(99, 0.5, { slow: true }), 5_000);
});

/**
 * @param {number} level
 * @param {number} mark first byte, to tell frames apart
 */
const frame = (level, mark = 0) => ({ pcm: new Uint8Array([mark]).buffer, durationMs: 20, level });

test('speech that waited goes out in order, a second at once and the rest at pace', () => {
  const uplink = new Uplink();
  for (let i = 0; i < 100; i += 1) uplink.push(frame(0.1, i));
  /** @type {number[]} */
  const sent = [];
  const send = (/** @type {{pcm: ArrayBuffer}} */ { pcm }) =>
    void sent.push(new Uint8Array(pcm)[0]);

  uplink.drain(0, send);
  assert.equal(sent.length, 50);

  uplink.drain(500, send);
  assert.deepEqual(
    sent,
    Array.from({ length: 75 }, (_, i) => i),
  );
});

test('silence is left out while catching up, but never so much that a pause is not heard', () => {
  const uplink = new Uplink();
  for (let i = 0; i < 200; i += 1) uplink.push(frame(0));
  let count = 0;

  for (let nowMs = 0; nowMs <= 4_000; nowMs += 20) uplink.drain(nowMs, () => void (count += 1));

  assert.ok(uplink.queuedMs <= 40);
  assert.ok(count >= 60 && count < 70, String(count));
});

test('more than the bound is not kept, and the oldest go first', () => {
  const uplink = new Uplink({ capacityMs: 100 });
  for (let i = 0; i < 8; i += 1) uplink.push(frame(0.1, i));
  /** @type {number[]} */
  const sent = [];

  uplink.drain(0, ({ pcm }) => void sent.push(new Uint8Array(pcm)[0]));

  assert.deepEqual(sent, [3, 4, 5, 6, 7]);
  assert.equal(uplink.droppedMs, 60);
});
