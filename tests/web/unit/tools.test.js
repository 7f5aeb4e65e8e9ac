import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  REPLY_PATIENCE_MS,
  RESULT_PATIENCE_MS,
  SPEECH_PATIENCE_MS,
} from '../../../static/voice-agent/core/conversation/turn-taking.js';
import { REPEAT_WINDOW_MS } from '../../../static/voice-agent/core/conversation/tool-calls.js';
import { seeded } from './random.js';
import { POLICY, Talk } from './talk.js';

/** @param {Talk} talk */
const answered = (talk) => talk.results.map(({ call_id: id }) => id);

test('a result waits for the end of the reply that called, and goes out as JSON text', () => {
  const talk = new Talk();
  talk.beginReply();
  talk.call('c', 'f', { city: 'Ulm' });
  talk.finish('c', { ok: true });
  assert.deepEqual(talk.results, []);

  talk.endReply();

  const result = { type: 'tool.result', call_id: 'c', result: '{"ok":true}', is_error: false };
  assert.deepEqual(talk.results, [result]);
  assert.deepEqual(talk.events.at(0), {
    type: 'tool-call',
    callId: 'c',
    name: 'f',
    args: { city: 'Ulm' },
  });
});

test('a result that comes after the end of the reply goes out at once', () => {
  const talk = new Talk();
  talk.beginReply();
  talk.call('c');
  talk.endReply();
  talk.finish('c');

  assert.deepEqual(answered(talk), ['c']);
});

test('a result waits while the user speaks, and for the reply to that', () => {
  const talk = new Talk();
  talk.beginReply();
  talk.call('c');
  talk.endReply();
  talk.hear('input.speech.started');
  talk.finish('c');
  talk.hear('input.speech.stopped');
  talk.beginReply('s');
  assert.deepEqual(answered(talk), []);

  talk.endReply('s');
  assert.deepEqual(answered(talk), ['c']);
});

test('a sound of the user that no reply follows does not keep a result for ever', () => {
  for (const [events, patienceMs] of /** @type {const} */ ([
    [['input.speech.started', 'input.speech.stopped'], REPLY_PATIENCE_MS],
    [['input.speech.started'], SPEECH_PATIENCE_MS],
  ])) {
    const talk = new Talk();
    talk.beginReply();
    talk.call('c');
    talk.endReply();
    for (const type of events) talk.hear(type);
    talk.finish('c');

    talk.clock.pass(patienceMs - 1);
    assert.deepEqual(answered(talk), []);
    talk.clock.pass(1);
    assert.deepEqual(answered(talk), ['c']);
  }
});

test('where one reply spans call and answer, a result waits a while and then goes out', () => {
  const talk = new Talk();
  talk.beginReply();
  talk.call('c');
  talk.clock.pass(10_000);
  talk.finish('c');

  talk.clock.pass(RESULT_PATIENCE_MS - 1);
  assert.deepEqual(answered(talk), []);
  talk.clock.pass(1);
  assert.deepEqual(answered(talk), ['c']);
});

test('a tool that answers immediately waits for nothing', () => {
  const talk = new Talk({ f: { ...POLICY, answer: 'immediately' } });
  talk.beginReply();
  talk.call('c');
  talk.finish('c');

  assert.deepEqual(answered(talk), ['c']);
});

test('an interruption drops results and ends runs, but for the tools that keep theirs', () => {
  const talk = new Talk({ f: POLICY, k: { ...POLICY, onInterruption: 'keep' } });
  talk.beginReply();
  talk.call('running');
  talk.call('shares that run');
  talk.call('waiting', 'f', { n: 1 });
  talk.call('kept', 'k');
  talk.finish('waiting');
  talk.hear('input.speech.started');
  talk.endReply('r', 'interrupted');
  talk.finish('running');
  talk.finish('kept');
  assert.deepEqual(talk.cancelled, ['running']);
  assert.deepEqual(answered(talk), []); // the user is speaking

  talk.hear('input.speech.stopped');
  talk.beginReply('s');
  talk.endReply('s');
  assert.deepEqual(answered(talk), ['kept']);
});

test('identical calls of one turn run once, and each is answered with the same result', () => {
  const talk = new Talk();
  talk.beginReply();
  talk.call('a', 'f', { x: 1, y: [{ p: 1, q: 2 }] });
  talk.call('b', 'f', { y: [{ q: 2, p: 1 }], x: 1 });
  talk.call('c', 'f', { x: 1, y: [{ q: 2, p: 1 }] });
  talk.finish('a', 'done');
  talk.call('d', 'f', { x: 1, y: [{ p: 1, q: 2 }] });
  talk.endReply();
  talk.call('e', 'f', { x: 1, y: [{ p: 1, q: 2 }] });

  assert.deepEqual(talk.called, ['a']);
  assert.deepEqual(
    talk.results.map(({ call_id: id, result }) => [id, result]),
    ['a', 'b', 'c', 'd', 'e'].map((id) => [id, '"done"']),
  );
});

test('other arguments, another turn, a failure told, or some time make a call run again', () => {
  const talk = new Talk();
  talk.beginReply();
  talk.call('a');
  talk.call('other', 'f', { x: 1 });
  talk.finish('a', { error: 'no' }, true);
  talk.finish('other');
  talk.endReply();
  talk.call('retry');
  talk.finish('retry');
  talk.clock.pass(REPEAT_WINDOW_MS + 1);
  talk.call('later');
  talk.finish('later');
  talk.hear('input.speech.started');
  talk.call('next turn');

  assert.deepEqual(talk.called, ['a', 'other', 'retry', 'later', 'next turn']);
});

test('a call that is told twice runs once and is answered once', () => {
  const talk = new Talk();
  for (let i = 0; i < 2; i += 1) talk.call('c');
  for (let i = 0; i < 2; i += 1) talk.finish('c');
  talk.call('c');
  talk.endReply();

  assert.deepEqual(talk.called, ['c']);
  assert.deepEqual(answered(talk), ['c']);
});

test('a tool that nobody has is answered with the names of those there are', () => {
  const talk = new Talk({ clock: POLICY, mail: POLICY });
  for (const name of ['timer', 'constructor', '__proto__']) talk.call(name, name);

  assert.deepEqual(talk.called, []);
  assert.deepEqual(
    talk.results.map(({ result, is_error: isError }) => [JSON.parse(result).error, isError]),
    ['timer', 'constructor', '__proto__'].map((name) => [
      `There is no tool "${name}". Tools: clock, mail.`,
      true,
    ]),
  );
});

test('tools that the service runs itself are told of, but neither run nor answered', () => {
  const talk = new Talk();
  talk.conversation.ready({ httpTools: ['web'], recovery: null });
  talk.call('a', 'web');
  talk.hear('session.updated', { config: { tools: [{ name: 'search', http: { url: 'x' } }] } });
  talk.call('b', 'search');
  talk.endReply();

  assert.deepEqual(
    talk.events.map((event) => event.type === 'tool' && [event.name, event.status]),
    [
      ['web', 'elsewhere'],
      ['search', 'elsewhere'],
    ],
  );
  assert.deepEqual(talk.sent, []);
});

test('arguments that are nested without end are answered, not run', () => {
  const talk = new Talk();
  const depth = 200_000;
  const args = JSON.parse('['.repeat(depth) + ']'.repeat(depth));
  talk.conversation.callTool({ type: 'tool-call', callId: 'c', name: 'f', args: { args } });

  assert.deepEqual(talk.called, []);
  assert.equal(talk.results[0].is_error, true);
});

test('a result that comes too late for the service goes nowhere', () => {
  const talk = new Talk({ f: { ...POLICY, timeoutSeconds: 5 } });
  talk.call('late');
  talk.call('in time', 'f', { x: 1 });
  talk.clock.pass(5_000);
  talk.finish('in time');
  talk.clock.pass(1);
  talk.finish('late');

  assert.deepEqual(answered(talk), ['in time']);
});

test('while a tool holds the conversation the user’s voice starts no turn, and typed words wait', () => {
  const talk = new Talk({ f: { ...POLICY, hold: true } });
  talk.beginReply();
  talk.call('c');
  talk.endReply();
  talk.hear('input.speech.started');
  talk.conversation.say('Hurry up.');
  talk.clock.pass(60_000);
  assert.deepEqual(talk.sent, []);

  talk.finish('c');
  assert.deepEqual(answered(talk), ['c']);
  talk.beginReply('s');
  talk.endReply('s');
  assert.equal(talk.asked.length, 1);
});

test('after a resume, what had no reply before the drop is told again, and no more', () => {
  const talk = new Talk();
  talk.call('answered');
  talk.finish('answered');
  talk.beginReply('r');
  talk.call('running', 'f', { n: 1 });
  talk.call('waiting', 'f', { n: 2 });
  talk.finish('waiting');
  talk.endReply('r');
  assert.deepEqual(answered(talk), ['answered', 'waiting']);

  talk.lose();
  talk.finish('running');
  talk.recover('resumed');

  assert.deepEqual(answered(talk), ['answered', 'waiting', 'running', 'waiting']);
  assert.deepEqual(talk.cancelled, []);
});

test('a new session is told that open calls failed; their runs end and their results go nowhere', () => {
  const talk = new Talk({ f: POLICY, book: POLICY });
  talk.hear('transcript.user', { item_id: 'm', text: 'Book it.' });
  talk.call('a', 'book');
  talk.call('b');
  talk.finish('b');
  talk.beginReply('r');
  talk.lose();
  const { system_prompt: prompt } = talk.conversation.continuation({ system_prompt: 'Be kind.' });
  talk.finish('a');
  talk.recover('continued');
  talk.call('c', 'book');
  talk.finish('c');

  assert.match(String(prompt), /tool calls failed[^]*: book\./);
  assert.deepEqual(answered(talk), ['b', 'c']);
});

test('the end of a call ends its runs and leaves no timer', () => {
  const talk = new Talk();
  talk.beginReply();
  talk.call('running');
  talk.call('waiting', 'f', { x: 1 });
  talk.finish('waiting');
  talk.hear('transcript.agent.delta', { reply_id: 'r', delta: 'One' });
  talk.conversation.say('hello');
  talk.conversation.settle();
  assert.deepEqual(talk.clock.timers, []);

  talk.finish('running');
  talk.recover('continued');
  assert.deepEqual(talk.cancelled, ['running']);
  assert.deepEqual(talk.sent, []);
});

test('whatever the order of events, no call is answered twice and none is forgotten', () => {
  for (let seed = 0; seed < 400; seed += 1) {
    const random = seeded(seed);
    const pick = (/** @type {number} */ count) => Math.floor(random() * count);
    const policies = {
      f: POLICY,
      k: { ...POLICY, onInterruption: /** @type {const} */ ('keep') },
      i: { ...POLICY, answer: /** @type {const} */ ('immediately') },
      h: { ...POLICY, hold: true },
    };
    const talk = new Talk(policies);
    /** @type {Set<string>} */
    const open = new Set();
    const finishOne = () => {
      const [callId] = [...open].slice(pick(open.size));
      if (callId === undefined) return;
      open.delete(callId);
      talk.finish(callId, pick(5), random() < 0.2);
    };
    /** @type {(() => void)[]} */
    const steps = [
      () => talk.beginReply(`r${pick(6)}`),
      () => talk.endReply(`r${pick(6)}`, ['completed', 'interrupted', 'failed'][pick(3)]),
      () => talk.hear('reply.done', {}),
      () => talk.hear(['input.speech.started', 'input.speech.stopped'][pick(2)]),
      () => talk.conversation.say('typed'),
      () => talk.clock.pass(pick(6_000)),
      finishOne,
      finishOne,
    ];
    for (let step = 0; step < 120; step += 1) {
      const known = talk.called.length;
      if (random() < 0.25) {
        const name = ['f', 'k', 'i', 'h', 'unknown'][pick(5)];
        talk.call(`c${pick(40)}`, name, { n: pick(3) });
      } else steps[pick(steps.length)]();
      for (const id of talk.called.slice(known)) open.add(id);
    }
    for (const id of open) talk.finish(id);
    talk.beginReply('end');
    talk.endReply('end');

    const ids = answered(talk);
    assert.equal(new Set(ids).size, ids.length, `seed ${seed}: answered twice`);
    assert.equal(new Set(talk.called).size, talk.called.length, `seed ${seed}: run twice`);
    const kept = talk.events.flatMap((event) =>
      event.type === 'tool-call' && event.name === 'k' ? [event.callId] : [],
    );
    for (const id of kept) assert.ok(ids.includes(id), `seed ${seed}: ${id} was never answered`);
  }
});
