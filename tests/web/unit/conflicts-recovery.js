// Conflicts about recovery, tools and later updates. Each version is played to the real core.

import assert from 'node:assert/strict';
import {
  assertGoesOn,
  droppedCall,
  error,
  lastTurn,
  liveCall,
  openedCall,
  reply,
  sent,
  toolCalls,
} from './conflicts-call.js';
import { assertOneTokenASocket } from './fakes.js';
import { violations } from './schema.js';

/** @typedef {import('./fakes.js').Bench} Bench */

/** @type {import('./conflicts-call.js').Rows} */
export const RECOVERY = {
  'session_not_found': {
    'close 1008': () => continues([error('session_not_found')], 1008),
    'the socket stays open': () => continues([error('session_not_found')], null),
  },
  'Resume': {
    'within 30 s': async () => {
      const bench = await droppedCall();
      assert.deepEqual(bench.socket.sent, [{ type: 'session.resume', session_id: 'sess_1' }]);
      bench.socket.say({ type: 'session.ready', session_id: 'sess_1' });
      assert.equal(bench.state.recovery, 'resumed');
      assert.equal(bench.sockets.length, 2);
      assertOneTokenASocket(bench);
      await assertGoesOn(bench);
    },
    'never: one try, then a new session': () => continues([error('session_not_found')], 1008),
    'forbidden': () => continues([error('session_forbidden')], 1008),
    'expired': () => continues([error('session_expired')], 1008),
  },
  'Error key and case': {
    'error_code in capitals': () =>
      continues([{ type: 'session.error', error_code: 'SESSION_NOT_FOUND', message: 'no' }], 1008),
    'code in lower case': () => continues([error('session_not_found')], 1008),
    'a bare error of the older wire, before a drop': async () => {
      const bench = await liveCall();
      bench.socket.say({ type: 'error', message: 'Internal' });
      bench.socket.drop(1011);
      await bench.settle();
      bench.socket.becomeReady();
      await assertGoesOn(bench);
    },
    'an error within a live session does not end it': async () => {
      const bench = await liveCall();
      for (const code of ['invalid_format', 'INVALID_AUDIO', 'immutable_field', 'of_tomorrow']) {
        bench.socket.say(error(code));
        bench.socket.say({ type: 'session.error', error_code: code, message: 'no' });
      }
      await assertGoesOn(bench);
    },
  },
  'Tool arguments key': {
    'args': () => calls({ args: { city: 'Oslo' } }),
    'arguments': () => calls({ arguments: { city: 'Oslo' } }),
    'both: the newer one': () => calls({ args: { city: 'Rome' }, arguments: { city: 'Oslo' } }),
  },
  'tool.result timing': {
    'only after reply.done': async () => {
      const bench = await withCall();
      bench.session.handle(result('c1'));
      assert.deepEqual(sent(bench, 'tool.result'), [], 'sent within the preamble');
      bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'completed' });
      assertAnswered(bench, 'c1');
      await assertGoesOn(bench);
    },
    'a result that comes after reply.done goes out at once': async () => {
      const bench = await withCall();
      bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'completed' });
      bench.session.handle(result('c1'));
      assertAnswered(bench, 'c1');
      await assertGoesOn(bench);
    },
    'one reply spans call and answer, and no reply.done comes between': async () => {
      const bench = await withCall();
      bench.session.handle(result('c1'));
      await bench.pass(10_000);
      assertAnswered(bench, 'c1');
      await assertGoesOn(bench);
    },
  },
  'HTTP tool visibility': {
    'no tool.call': async () => {
      const bench = await withHttpTool();
      reply(bench, 'a');
      assert.deepEqual(sent(bench, 'tool.result'), []);
      await assertGoesOn(bench);
    },
    'a tool.call for information, which nobody answers': async () => {
      const bench = await withHttpTool();
      bench.socket.say({ type: 'reply.started', reply_id: 'a' });
      bench.socket.say({ type: 'tool.call', call_id: 'c1', name: 'weather', arguments: {} });
      bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'completed' });
      await bench.pass(60_000);
      assert.deepEqual(toolCalls(bench), []);
      assert.deepEqual(sent(bench, 'tool.result'), []);
      await assertGoesOn(bench);
    },
  },
  'input.format mutability': {
    'mutable: set once all the same': () => setsFormatOnce({ type: 'session.updated', config: {} }),
    'not listed as mutable': () => setsFormatOnce(error('immutable_field')),
  },
  'AsyncAPI vs prose': {
    'without conversation.message, transcript.agent.delta and interruption_delay': async () => {
      const bench = await liveCall({ system_prompt: 'Be brief.' });
      reply(bench, 'a');
      for (const frame of sent(bench)) {
        assert.notEqual(frame.type, 'conversation.message');
        assert.deepEqual(violations('clientMessage', frame), []);
      }
      assert.doesNotMatch(JSON.stringify(sent(bench)), /interruption_delay/);
      await assertGoesOn(bench);
    },
    'with them, and with events that neither knows': async () => {
      const bench = await liveCall();
      bench.socket.say({ type: 'reply.started', reply_id: 'a' });
      bench.socket.say({ type: 'reply.content_part.started', reply_id: 'a', part: {} });
      const word = { reply_id: 'a', delta: 'Hello', start_ms: null, end_ms: null };
      bench.socket.say({ type: 'transcript.agent.delta', ...word });
      bench.socket.say({ type: 'reply.error', reply_id: 'a', code: 'x', message: 'no' });
      bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'completed' });
      bench.socket.say({ type: 'of.tomorrow', reply_id: 7 });
      assert.equal(lastTurn(bench, 'agent')?.text, 'Hello');
      await assertGoesOn(bench);
    },
  },
};

/**
 * The resume is refused: one new session that knows the conversation and does not greet.
 * @param {object[]} frames
 * @param {number | null} code null: the socket stays open
 */
async function continues(frames, code) {
  const bench = await droppedCall({ system_prompt: 'Be brief.', greeting: 'Hi.' });
  const refused = bench.socket;
  for (const frame of frames) refused.say(frame);
  if (code !== null) refused.drop(code);
  await bench.settle();
  assert.notEqual(bench.socket, refused, 'no new session is opened');
  assert.equal(refused.readyState, 3, 'the refused socket is left open');
  bench.socket.becomeReady('sess_2');
  const [opening] = bench.socket.sent;
  assert.equal(opening.type, 'session.update');
  assert.ok(!opening.session.greeting, 'the user is greeted again');
  assert.match(opening.session.system_prompt, /My name is Ann\./);
  assert.equal(bench.state.recovery, 'continued');
  assert.equal(bench.sockets.length, 3);
  assertOneTokenASocket(bench);
  await assertGoesOn(bench);
}

/** A call in whose reply `a` the tool `weather` was called. */
async function withCall(fields = { arguments: { city: 'Oslo' } }) {
  const bench = await liveCall();
  bench.socket.say({ type: 'reply.started', reply_id: 'a' });
  bench.socket.say({ type: 'tool.call', call_id: 'c1', name: 'weather', ...fields });
  return bench;
}

/** @param {any} fields where the arguments are */
async function calls(fields) {
  const bench = await withCall(fields);
  assert.deepEqual(
    toolCalls(bench).map(({ name, args }) => [name, args]),
    [['weather', { city: 'Oslo' }]],
  );
  bench.session.handle(result('c1'));
  bench.socket.say({ type: 'reply.done', reply_id: 'a', status: 'completed' });
  assertAnswered(bench, 'c1');
  await assertGoesOn(bench);
}

/**
 * @param {string} callId
 * @returns {import('../../../static/voice-agent/core/session.js').SessionCommand}
 */
const result = (callId) => ({ type: 'tool-result', callId, value: { mild: true }, isError: false });

/**
 * @param {Bench} bench
 * @param {string} callId
 */
function assertAnswered(bench, callId) {
  const answers = sent(bench, 'tool.result');
  assert.deepEqual(
    answers.map(({ call_id, result }) => [call_id, result]),
    [[callId, '{"mild":true}']],
  );
}

async function withHttpTool() {
  const bench = await openedCall();
  const tools = [{ type: 'function', name: 'weather', http: { url: 'https://weather.example' } }];
  bench.socket.say({ type: 'session.ready', session_id: 's', config: { tools } });
  return bench;
}

/** @param {object} answer what an update of the format would meet */
async function setsFormatOnce(answer) {
  const format = { input: { format: { encoding: 'audio/pcm', sample_rate: 24_000 } } };
  const bench = await liveCall(format);
  bench.session.handle({ type: 'mute', muted: true });
  bench.session.handle({ type: 'say', text: 'Hello.' });
  bench.socket.say(answer);
  bench.session.handle({ type: 'mute', muted: false });
  bench.socket.drop(1006);
  await bench.settle();
  bench.socket.becomeReady();
  const updates = sent(bench, 'session.update');
  assert.deepEqual(
    updates.map(({ session }) => session),
    [format],
  );
  await assertGoesOn(bench);
}
