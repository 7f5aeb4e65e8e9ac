import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ASKED_PATIENCE_MS,
  REPLY_PATIENCE_MS,
  SPEECH_PATIENCE_MS,
} from '../../../static/voice-agent/core/conversation/turn-taking.js';
import { Talk } from './talk.js';

test('a reply is asked for at once when nobody speaks, with instructions or without', () => {
  const talk = new Talk();
  talk.conversation.reply('Say hello.');
  assert.deepEqual(talk.sent, [{ type: 'reply.create', instructions: 'Say hello.' }]);

  talk.beginReply();
  talk.endReply();
  talk.conversation.reply(null);
  assert.deepEqual(talk.sent.at(-1), { type: 'reply.create' });
});

test('nothing is asked for in the middle of a reply, however long that is', () => {
  const talk = new Talk();
  talk.beginReply();
  talk.conversation.say('What "time" is it?');
  talk.conversation.say('And where?');
  talk.clock.pass(600_000);
  talk.endReply('an older one');
  assert.deepEqual(talk.sent, []);

  talk.endReply();

  assert.deepEqual(talk.sent, [
    {
      type: 'reply.create',
      instructions:
        'The user typed "What \\"time\\" is it?" and then "And where?" instead of speaking. Answer it as if it had been said.',
    },
  ]);
  assert.deepEqual(
    talk.conversation.turns.map(({ role, text }) => [role, text]),
    [
      ['user', 'What "time" is it?'],
      ['user', 'And where?'],
    ],
  );
});

test('one reply is asked for at a time, in the order of the wishes', () => {
  const talk = new Talk();
  talk.conversation.reply('One.');
  talk.conversation.reply('Two.');
  talk.conversation.say('three');
  assert.equal(talk.asked.length, 1);
  for (const id of ['a', 'b', 'c']) {
    talk.beginReply(id);
    talk.endReply(id);
  }

  assert.deepEqual(
    talk.asked.map(({ instructions }) => instructions.slice(0, 22)),
    ['One.', 'Two.', 'The user typed "three"'],
  );
});

test('a reply that was asked for and never begins does not hold the next one up for ever', () => {
  const talk = new Talk();
  talk.conversation.reply('One.');
  talk.conversation.reply('Two.');
  talk.clock.pass(ASKED_PATIENCE_MS - 1);
  assert.equal(talk.asked.length, 1);

  talk.clock.pass(1);
  assert.equal(talk.asked.length, 2);
});

test('a tool’s answer is on its way: no other reply is asked for before it', () => {
  const talk = new Talk();
  talk.call('c');
  talk.finish('c');
  talk.conversation.say('hello');
  assert.deepEqual(talk.asked, []);

  talk.beginReply();
  talk.endReply();
  assert.equal(talk.asked.length, 1);
});

test('while the user speaks, and until the reply to that is over, nothing is asked for', () => {
  const talk = new Talk();
  talk.hear('input.speech.started');
  talk.conversation.say('typed');
  talk.hear('input.speech.stopped');
  talk.beginReply();
  assert.deepEqual(talk.asked, []);
  talk.endReply();
  assert.equal(talk.asked.length, 1);
});

test('a sound that no reply follows holds typed words up for a while only', () => {
  for (const [events, patienceMs] of /** @type {const} */ ([
    [['input.speech.started'], SPEECH_PATIENCE_MS],
    [['input.speech.started', 'input.speech.stopped'], REPLY_PATIENCE_MS],
  ])) {
    const talk = new Talk();
    for (const type of events) talk.hear(type);
    talk.conversation.say('typed');
    talk.clock.pass(patienceMs - 1);
    assert.deepEqual(talk.asked, []);
    talk.clock.pass(1);
    assert.equal(talk.asked.length, 1);
  }
});

test('a reply without an id is over with the next end', () => {
  const talk = new Talk();
  talk.hear('reply.started');
  talk.conversation.say('typed');
  assert.deepEqual(talk.asked, []);
  talk.hear('reply.done', { reply_id: 'r' });

  assert.equal(talk.asked.length, 1);
});

test('what was asked for and not begun when the socket dropped is asked for again', () => {
  const talk = new Talk();
  talk.conversation.say('one');
  talk.lose();
  talk.conversation.say('two');
  assert.equal(talk.asked.length, 1);
  talk.recover('continued');
  assert.match(talk.asked[1].instructions, /"one" and then "two"/);

  talk.beginReply();
  talk.lose();
  talk.recover('resumed');
  assert.equal(talk.asked.length, 2);
});

test('a page that asks without end is not remembered without end', () => {
  const talk = new Talk();
  talk.beginReply();
  for (let i = 0; i < 1_000; i += 1) talk.conversation.say(`${i}`);
  talk.endReply();

  assert.match(talk.asked[0].instructions, /typed "950"/);
});
