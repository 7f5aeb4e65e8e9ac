// Conflicts about turns, words and sound. Each version is played to the real core.

import assert from 'node:assert/strict';
import {
  assertGoesOn,
  audio,
  error,
  lastTurn,
  liveCall,
  openedCall,
  played,
  reply,
  sent,
  sounds,
} from './conflicts-call.js';

/** @typedef {import('./fakes.js').Bench} Bench */

const SPEECH_STARTED = { type: 'input.speech.started' };
const SPEECH_STOPPED = { type: 'input.speech.stopped' };

/** @type {import('./conflicts-call.js').Rows} */
export const TURNS = {
  'User delta key': {
    delta: () => hears({ delta: 'I am here' }),
    text: () => hears({ text: 'I am here' }),
  },
  'reply.done.status': {
    'missing: completed': async () => {
      const bench = await liveCall();
      reply(bench, 'a', {});
      assert.deepEqual(played(bench, 'a'), ['audio', 'end']);
      await assertGoesOn(bench);
    },
    'two values': async () => {
      const bench = await liveCall();
      reply(bench, 'a', { status: 'completed' });
      reply(bench, 'b', { status: 'interrupted' });
      assert.deepEqual(played(bench, 'a'), ['audio', 'end']);
      assert.deepEqual(played(bench, 'b'), ['audio', 'flush']);
      await assertGoesOn(bench);
    },
    'four values and ones to come: the reply is over': async () => {
      const bench = await liveCall();
      for (const status of ['cancelled', 'failed', 'expired', 7, null]) {
        const replyId = `r-${status}`;
        reply(bench, replyId, { status });
        bench.socket.say(audio(replyId));
        assert.equal(played(bench, replyId).length, 2, `${status}: sounds after its end`);
      }
      await assertGoesOn(bench);
    },
  },
  'transcript.agent final': {
    'sent': async () => {
      const bench = await speaks([{ type: 'transcript.agent', text: 'Good morning.' }]);
      assert.equal(lastTurn(bench, 'agent')?.text, 'Good morning.');
    },
    'missing: the words stand for it': async () => {
      const bench = await speaks([]);
      assert.equal(lastTurn(bench, 'agent')?.text, 'Good morning');
    },
    'of words that nobody heard': async () => {
      const bench = await liveCall();
      bench.socket.say({ type: 'reply.started', reply_id: 'a' });
      bench.socket.say({
        type: 'transcript.agent',
        reply_id: 'a',
        text: 'Never said.',
        interrupted: false,
      });
      bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'interrupted' });
      assert.notEqual(lastTurn(bench, 'agent')?.final, false);
      await assertGoesOn(bench);
    },
  },
  'Reply vs speech order': {
    'reply.started before input.speech.stopped': () => takesTurns('reply-first'),
    'reply.started after it': () => takesTurns('speech-first'),
  },
  'Speech started while agent talks': {
    'for any speech: the agent speaks on': async () => {
      const bench = await talkingAgent();
      bench.socket.say(SPEECH_STARTED);
      assert.equal(isDucked(bench), true);
      bench.socket.say(SPEECH_STOPPED);
      assert.equal(isDucked(bench), false);
      bench.socket.say(audio('a'));
      bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'completed' });
      assert.deepEqual(played(bench, 'a'), ['audio', 'audio', 'end']);
      await assertGoesOn(bench);
    },
    'only with the interruption': async () => {
      const bench = await talkingAgent();
      bench.socket.say({
        type: 'transcript.agent',
        reply_id: 'a',
        text: 'Good',
        interrupted: true,
      });
      bench.socket.say(SPEECH_STARTED);
      bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'interrupted' });
      bench.socket.say(audio('a'));
      assert.deepEqual(played(bench, 'a'), ['audio', 'flush']);
      bench.socket.say(SPEECH_STOPPED);
      await assertGoesOn(bench);
      assert.equal(isDucked(bench), false, 'the next reply is quiet');
    },
  },
  'Audio pace': {
    'real time, 10 ms frames': () => receives(Array(500).fill(480)),
    'bursts of a minute': () => receives(Array(60).fill(48_000)),
    'odd-sized frames': () => receives(Array(501).fill([479, 481, 1, 333]).flat()),
  },
  'audio_rate_violation': {
    'more than one second a second is dropped: none is sent': async () => {
      const bench = await afterOutage();
      await assertPaced(bench);
    },
    'a burst is fine, and an error that says otherwise does not end the call': async () => {
      const bench = await afterOutage();
      bench.socket.say(error('audio_rate_violation'));
      await bench.pass(20_000);
      await assertGoesOn(bench);
    },
  },
  'conversation.message': {
    'adds context: it is not needed': usesNoMessages,
    'has no effect: it is not relied on': usesNoMessages,
  },
  'reply.create in a reply': {
    'queued': () => writesBetweenReplies([]),
    'ends it': () =>
      writesBetweenReplies([{ type: 'reply.done', reply_id: 'a', status: 'interrupted' }]),
    'replaces the greeting': () =>
      writesBetweenReplies([
        { type: 'reply.done', reply_id: 'a', status: 'completed' },
        { type: 'reply.started', reply_id: 'b' },
      ]),
    'interleaves with another': async () => {
      const bench = await talkingAgent();
      bench.socket.say({ type: 'reply.started', reply_id: 'b' });
      for (const replyId of ['b', 'a', 'b']) bench.socket.say(audio(replyId));
      for (const replyId of ['a', 'b'])
        bench.socket.say({ type: 'reply.done', reply_id: replyId, status: 'completed' });
      assert.deepEqual(played(bench, 'a'), ['audio', 'audio', 'end']);
      assert.deepEqual(played(bench, 'b'), ['audio', 'audio', 'end']);
      await assertGoesOn(bench);
    },
  },
  'timestamp': {
    'ISO text': () => survivesTimes('2026-09-01T10:00:00.000Z'),
    'seconds': () => survivesTimes(1_790_000_000.25),
    'none': () => survivesTimes(undefined),
  },
};

/** @param {object} words */
async function hears(words) {
  const bench = await liveCall();
  bench.socket.say({ type: 'transcript.user.delta', item_id: 'm', ...words });
  assert.equal(lastTurn(bench, 'user')?.text, 'I am here');
  bench.socket.say({ type: 'transcript.user', item_id: 'm', text: 'I am here now.' });
  assert.equal(lastTurn(bench, 'user')?.text, 'I am here now.');
  await assertGoesOn(bench);
}

/**
 * A reply with words, and what comes between its sound and its end.
 * @param {object[]} more
 */
async function speaks(more) {
  const bench = await talkingAgent();
  for (const frame of more) bench.socket.say({ reply_id: 'a', interrupted: false, ...frame });
  bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'completed' });
  assert.equal(lastTurn(bench, 'agent')?.final, true);
  await assertGoesOn(bench);
  return bench;
}

/** The agent is in the middle of its reply `a`: some of the sound and all of the words are there. */
async function talkingAgent() {
  const bench = await liveCall();
  bench.socket.say({ type: 'reply.started', reply_id: 'a' });
  bench.socket.say(audio('a'));
  sounds(bench, 'a');
  for (const [at, delta] of ['Good ', 'morning'].entries()) {
    const times = { start_ms: at * 300, end_ms: at * 300 + 250 };
    bench.socket.say({ type: 'transcript.agent.delta', reply_id: 'a', delta, ...times });
  }
  return bench;
}

/** @param {'reply-first' | 'speech-first'} order */
async function takesTurns(order) {
  const bench = await liveCall();
  const said = [SPEECH_STOPPED, { type: 'transcript.user', item_id: 'm', text: 'Hello?' }];
  const started = { type: 'reply.started', reply_id: 'a' };
  bench.socket.say(SPEECH_STARTED);
  for (const frame of order === 'reply-first' ? [started, ...said] : [...said, started])
    bench.socket.say(frame);
  bench.socket.say(audio('a'));
  bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'completed' });
  const speaking = bench.events.findLast((event) => event.type === 'speaking');
  assert.equal(speaking?.user, false);
  assert.equal(lastTurn(bench, 'user')?.text, 'Hello?');
  assert.deepEqual(played(bench, 'a'), ['audio', 'end']);
  await assertGoesOn(bench);
}

/** @param {Bench} bench */
const isDucked = (bench) =>
  bench.playback.posted.findLast(({ type }) => type === 'duck')?.on ?? false;

/**
 * Whatever the pieces, all the sound of a reply goes on to the speaker, in whole samples.
 * @param {number[]} pieces sizes in bytes
 */
async function receives(pieces) {
  const bench = await liveCall();
  bench.socket.say({ type: 'reply.started', reply_id: 'a' });
  for (const bytes of pieces) bench.socket.say(audio('a', bytes));
  bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'completed' });
  const blocks = bench.playback.posted.flatMap(({ pcm }) => (pcm ? [pcm] : []));
  const sentBytes = pieces.reduce((sum, bytes) => sum + bytes, 0);
  const gotBytes = blocks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.equal(gotBytes, sentBytes - (sentBytes % 2));
  assert.ok(blocks.every(({ byteLength }) => byteLength % 2 === 0));
  await assertGoesOn(bench);
}

/** Ten seconds of speech were kept while there was no socket; now there is one. */
async function afterOutage() {
  const bench = await liveCall();
  bench.socket.drop(1006);
  await bench.settle();
  for (let frame = 0; frame < 500; frame += 1) {
    bench.nowMs += 20;
    bench.speak();
  }
  bench.socket.becomeReady();
  return bench;
}

/** @param {Bench} bench */
async function assertPaced(bench) {
  const startMs = bench.nowMs;
  for (let frame = 0; frame < 1_000; frame += 1) {
    bench.speak();
    const aheadMs = sentMs(bench) - (bench.nowMs - startMs);
    assert.ok(aheadMs <= 1_000, `${aheadMs} ms ahead`);
    await bench.pass(20);
  }
  assert.ok(sentMs(bench) >= 20_000, 'what was kept is not caught up with at all');
  await assertGoesOn(bench);
}

/** @param {Bench} bench */
const sentMs = (bench) =>
  bench.socket.sent.filter(({ type }) => type === 'input.audio').length * 20;

async function usesNoMessages() {
  const bench = await liveCall({ system_prompt: 'Be brief.', greeting: 'Hi.' });
  bench.session.handle({ type: 'say', text: 'My name is Ann.' });
  reply(bench, 'a');
  bench.socket.drop(1006);
  await bench.settle();
  bench.socket.open();
  bench.socket.say(error('session_not_found'));
  await bench.settle();
  bench.socket.becomeReady('s2');
  assert.match(JSON.stringify(sent(bench, 'reply.create')), /My name is Ann/);
  assert.match(sent(bench, 'session.update')[1].session.system_prompt, /My name is Ann/);
  assert.deepEqual(sent(bench, 'conversation.message'), []);
  await assertGoesOn(bench);
}

/** @param {object[]} frames what the service makes of typed words that come within the reply `a` */
async function writesBetweenReplies(frames) {
  const bench = await talkingAgent();
  bench.session.handle({ type: 'say', text: 'Stop.' });
  assert.equal(sent(bench, 'reply.create').length, 0, 'asked within a reply');
  for (const frame of frames) bench.socket.say(frame);
  for (const replyId of ['a', 'b'])
    bench.socket.say({ type: 'reply.done', reply_id: replyId, status: 'completed' });
  await bench.pass(10_000);
  assert.equal(sent(bench, 'reply.create').length, 1);
  await assertGoesOn(bench);
}

/** @param {unknown} timestamp of every event */
async function survivesTimes(timestamp) {
  const bench = await openedCall();
  const say = bench.socket.say.bind(bench.socket);
  bench.socket.say = (frame) => say({ ...frame, timestamp });
  bench.socket.say({ type: 'session.ready', session_id: 's' });
  bench.socket.say({ type: 'transcript.user', item_id: 'm', text: 'Hello.' });
  reply(bench, 'a');
  assert.equal(lastTurn(bench, 'user')?.text, 'Hello.');
  await assertGoesOn(bench);
}
