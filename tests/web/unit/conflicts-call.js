// What the entries of the conflicts table share: events of the wire, and the proof that a call goes on.

import assert from 'node:assert/strict';
import { assertOneTokenASocket, Bench } from './fakes.js';

/** @typedef {Record<string, Record<string, () => Promise<void>>>} Rows row -> version -> how it is played */

/**
 * Press the button: a call of a page that has one tool.
 * @param {Bench} bench
 * @param {Record<string, unknown>} [session]
 */
export async function start(bench, session = { system_prompt: 'Be brief.' }) {
  bench.session.handle({
    type: 'start',
    tokenUrl: 'https://gate.example/api/voice-token',
    session,
    toolPolicies: { weather: { onInterruption: 'drop', answer: 'after-reply' } },
  });
  bench.session.handle({
    type: 'audio',
    capture: /** @type {any} */ (bench.capture),
    playback: /** @type {any} */ (bench.playback),
  });
  bench.hearMicrophone();
  bench.session.handle({ type: 'proceed' });
  await bench.settle();
}

/**
 * A call whose session is ready.
 * @param {Record<string, unknown>} [session]
 */
export async function liveCall(session) {
  const bench = new Bench();
  await start(bench, session);
  bench.socket.becomeReady();
  return bench;
}

/**
 * A call whose first socket is open and has been sent its first message.
 * @param {Record<string, unknown>} [session]
 */
export async function openedCall(session) {
  const bench = new Bench();
  await start(bench, session);
  bench.socket.open();
  return bench;
}

/**
 * A call that has lost its socket and opened the next one.
 * @param {Record<string, unknown>} [session]
 */
export async function droppedCall(session) {
  const bench = await liveCall(session);
  bench.socket.say({ type: 'transcript.user', item_id: 'm1', text: 'My name is Ann.' });
  bench.socket.drop(1006);
  await bench.settle();
  bench.socket.open();
  return bench;
}

/**
 * @param {string} code
 * @param {object} [more]
 */
export const error = (code, more = {}) => ({ type: 'session.error', code, message: 'no', ...more });

/**
 * @param {string} replyId
 * @param {number} [bytes]
 */
export const audio = (replyId, bytes = 480) => ({
  type: 'reply.audio',
  reply_id: replyId,
  data: Buffer.alloc(bytes, 1).toString('base64'),
});

/**
 * A reply from its start to its end.
 * @param {Bench} bench
 * @param {string} replyId
 * @param {object} [done] fields of its `reply.done`
 */
export function reply(bench, replyId, done = { status: 'completed' }) {
  bench.socket.say({ type: 'reply.started', reply_id: replyId });
  bench.socket.say(audio(replyId));
  bench.socket.say({ type: 'reply.done', reply_id: replyId, ...done });
}

/**
 * The speaker tells that a reply is sounding.
 * @param {Bench} bench
 * @param {string} replyId
 */
export function sounds(bench, replyId) {
  const counts = { bufferedMs: 40, playoutDelayMs: 40, waitMs: 40, excessDelayMs: 0, savedMs: 0 };
  const position = { replyId, ms: 10 };
  bench.report({ sounding: replyId, level: 0.1, position, ...counts });
}

/**
 * What was posted to the playback about one reply, by type.
 * @param {Bench} bench
 * @param {string} replyId
 * @returns {string[]}
 */
export const played = (bench, replyId) =>
  bench.playback.posted.filter((message) => message.replyId === replyId).map(({ type }) => type);

/**
 * Every message that the call has sent, over all its sockets.
 * @param {Bench} bench
 * @param {string} [type] only these
 * @returns {any[]}
 */
export const sent = (bench, type) =>
  bench.sockets
    .flatMap((socket) => socket.sent)
    .filter((frame) => type === undefined || frame.type === type);

/**
 * The text of a turn as the page has it.
 * @param {Bench} bench
 * @param {'user' | 'agent'} role
 */
export function lastTurn(bench, role) {
  const events = bench.events.flatMap((event) => (event.type === 'transcript' ? [event.turn] : []));
  return events.findLast((turn) => turn.role === role);
}

/** @param {Bench} bench */
export const toolCalls = (bench) =>
  bench.events.flatMap((event) => (event.type === 'tool-call' ? [event] : []));

/**
 * The call is live, hears its user, and its user hears the agent.
 * @param {Bench} bench
 */
export async function assertGoesOn(bench) {
  assert.equal(bench.state.state, 'live');
  const before = sent(bench, 'input.audio').length;
  await bench.pass(1_000); // whatever was caught up with has been caught up with
  bench.speak();
  assert.ok(sent(bench, 'input.audio').length > before, 'the microphone is not heard any more');
  const replyId = `proof-${before}`;
  reply(bench, replyId);
  assert.deepEqual(played(bench, replyId), ['audio', 'end'], 'the agent is not heard any more');
}

/**
 * The call is over with this error, and nothing is tried any more.
 * @param {Bench} bench
 * @param {string} code
 * @param {number} sockets how many there were in all
 */
export async function assertGivenUp(bench, code, sockets) {
  await bench.pass(300_000);
  assert.deepEqual([bench.state.state, bench.state.error?.code], ['failed', code]);
  assert.equal(bench.sockets.length, sockets);
  assertOneTokenASocket(bench);
}
