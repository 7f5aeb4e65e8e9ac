import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAtRest } from '../../../static/voice-agent/call-facts.js';
import { VoiceAgentError } from '../../../static/voice-agent/errors.js';
import {
  GRACE_WINDOW_MS,
  IDLE,
  RECOVERY_BUDGET_MS,
  reduce,
  STABLE_MS,
} from '../../../static/voice-agent/core/call-state.js';
import { seeded } from './random.js';

/** @typedef {import('../../../static/voice-agent/core/call-state.js').Call} Call */
/** @typedef {import('../../../static/voice-agent/core/call-state.js').CallEvent} CallEvent */

const lost = new VoiceAgentError('connection-lost');
const unauthorized = new VoiceAgentError('unauthorized');
const refused = new VoiceAgentError('resume-refused');
const limited = new VoiceAgentError('token-limited', { retryAfterSeconds: 7 });
const limitedForLong = new VoiceAgentError('token-limited', {
  retryAfterSeconds: RECOVERY_BUDGET_MS / 1000 + 1,
});
const denied = new VoiceAgentError('token-refused');
const expired = new VoiceAgentError('session-expired');
const badVoice = new VoiceAgentError('agent-refused', { voices: ['alba', 'eve'] });

const live = /** @type {CallEvent[]} */ ([
  { type: 'start' },
  { type: 'proceed' },
  { type: 'ready', sessionId: 'sess_1', nowMs: 500 },
]);
const dropped = [...live, /** @type {CallEvent} */ ({ type: 'lost', error: lost, nowMs: 1_000 })];

/**
 * @param {CallEvent[]} events
 */
function run(events) {
  let call = /** @type {Call} */ (IDLE);
  let last = /** @type {string[]} */ ([]);
  for (const event of events) {
    const { call: next, effects } = reduce(call, event);
    call = next;
    last = effects.map(({ type }) => type);
  }
  return { call, last };
}

/**
 * @param {VoiceAgentError} error
 * @param {number} [nowMs]
 * @returns {CallEvent}
 */
const failed = (error, nowMs = 1_100) => ({ type: 'attempt-failed', error, nowMs });

/** @type {[string, CallEvent[], Partial<Call>, string[]][]} */
const TABLE = [
  ['a start waits for the microphone', live.slice(0, 1), { state: 'connecting' }, []],
  ['it connects when told to proceed', live.slice(0, 2), { state: 'connecting' }, ['connect']],
  ['it is live once the session is ready', live, { state: 'live', sessionId: 'sess_1' }, []],
  [
    'a first connection that fails is not retried',
    [...live.slice(0, 2), failed(lost)],
    { state: 'failed', error: lost },
    ['silence', 'release'],
  ],
  [
    'a token that was refused by the socket is renewed once',
    [...live.slice(0, 2), failed(unauthorized)],
    { state: 'connecting', tokenRetried: true },
    ['connect'],
  ],
  [
    'a second refusal is final',
    [...live.slice(0, 2), failed(unauthorized), failed(unauthorized)],
    { state: 'failed', error: unauthorized },
    ['silence', 'release'],
  ],
  [
    'a refused voice is replaced by a listed one',
    [...live.slice(0, 2), failed(badVoice)],
    { state: 'connecting', voiceRetried: true },
    ['replace-voice', 'connect'],
  ],
  [
    'a replacement that is refused too is final',
    [...live.slice(0, 2), failed(badVoice), failed(badVoice)],
    { state: 'failed' },
    ['silence', 'release'],
  ],
  [
    'a drop is recovered at once, the agent silent',
    dropped,
    { state: 'reconnecting', mode: 'resume', error: lost },
    ['silence', 'connect'],
  ],
  [
    'a service that hangs is not resumed',
    [...live, { type: 'lost', error: lost, nowMs: 1_000, isHung: true }],
    { state: 'reconnecting', mode: 'continue' },
    ['silence', 'connect'],
  ],
  [
    'a session without an id goes on in a new one',
    [
      ...live.slice(0, 2),
      { type: 'ready', sessionId: null, nowMs: 0 },
      { type: 'lost', error: lost, nowMs: 0 },
    ],
    { state: 'reconnecting', mode: 'continue' },
    ['silence', 'connect'],
  ],
  [
    'a resumed session says so',
    [...dropped, { type: 'ready', sessionId: 'sess_1', nowMs: 1_500 }],
    { state: 'live', recovery: 'resumed', error: null },
    [],
  ],
  [
    'a refused resume goes on in a new session at once',
    [...dropped, failed(refused)],
    { state: 'reconnecting', mode: 'continue' },
    ['connect'],
  ],
  [
    'which says so when it is ready',
    [...dropped, failed(refused), { type: 'ready', sessionId: 'sess_2', nowMs: 1_500 }],
    { state: 'live', recovery: 'continued', sessionId: 'sess_2' },
    [],
  ],
  [
    'a failed attempt is made again later',
    [...dropped, failed(lost)],
    { state: 'reconnecting', mode: 'resume', attempt: 1 },
    ['retry-later'],
  ],
  [
    'after the grace window nothing is resumed any more',
    [...dropped, failed(lost, 1_001 + GRACE_WINDOW_MS)],
    { state: 'reconnecting', mode: 'continue' },
    ['retry-later'],
  ],
  [
    'after the budget it is given up',
    [...dropped, failed(lost, 1_001 + RECOVERY_BUDGET_MS)],
    { state: 'failed', error: lost },
    ['silence', 'release'],
  ],
  [
    'who is told to come back after the budget is not kept waiting',
    [...dropped, failed(limitedForLong)],
    { state: 'failed', error: limitedForLong },
    ['silence', 'release'],
  ],
  [
    'a token route that says no ends the recovery',
    [...dropped, failed(denied)],
    { state: 'failed', error: denied },
    ['silence', 'release'],
  ],
  [
    'a stop ends in good order',
    [...live, { type: 'stop', reason: 'by-user' }],
    { state: 'ended' },
    ['release'],
  ],
  [
    'the service may end the call',
    [...live, { type: 'ended', reason: 'by-service' }],
    { state: 'ended', reason: 'by-service' },
    ['release'],
  ],
  [
    'a stop during recovery ends it',
    [...dropped, { type: 'stop', reason: 'by-user' }],
    { state: 'ended' },
    ['release'],
  ],
  [
    'a session whose time is over is not picked up',
    [...live, { type: 'lost', error: expired, nowMs: 2_000 }],
    { state: 'ended', reason: 'time-limit' },
    ['release'],
  ],
  [
    'an earlier session is resumed at the start of a call',
    [{ type: 'start', resume: { sessionId: 'sess_0' } }],
    { state: 'connecting', mode: 'resume', sessionId: 'sess_0' },
    [],
  ],
  [
    'and gone on with in a new one where it is refused',
    [
      { type: 'start', resume: { sessionId: 'sess_0' } },
      { type: 'proceed' },
      failed(refused),
      { type: 'ready', sessionId: 'sess_1', nowMs: 1_500 },
    ],
    { state: 'live', sessionId: 'sess_1', recovery: 'continued' },
    [],
  ],
  [
    'an earlier conversation without a session is gone on with in a new one',
    [{ type: 'start', resume: { sessionId: null } }],
    { state: 'connecting', mode: 'continue' },
    [],
  ],
  [
    'a recovery that breaks again at once waits as a failed attempt does',
    [
      ...dropped,
      { type: 'ready', sessionId: 'sess_1', nowMs: 1_500 },
      { type: 'lost', error: lost, nowMs: 1_500 + STABLE_MS - 1 },
    ],
    { state: 'reconnecting', mode: 'continue', attempt: 1, lostAtMs: 1_000 },
    ['silence', 'retry-later'],
  ],
  [
    'one that held is a loss of its own',
    [
      ...dropped,
      { type: 'ready', sessionId: 'sess_1', nowMs: 1_500 },
      { type: 'lost', error: lost, nowMs: 1_500 + STABLE_MS },
    ],
    { state: 'reconnecting', attempt: 0, lostAtMs: 1_500 + STABLE_MS },
    ['silence', 'connect'],
  ],
  [
    'a call that is to be extended gets a successor',
    [...live, { type: 'extend' }],
    { state: 'live', extending: true },
    ['open-successor'],
  ],
  [
    'which takes over without a loss',
    [...live, { type: 'extend' }, { type: 'handed-over', sessionId: 'sess_2' }],
    { state: 'live', extending: false, sessionId: 'sess_2', recovery: 'continued' },
    [],
  ],
  [
    'or at once when the session before it is lost',
    [
      ...live,
      { type: 'extend' },
      { type: 'lost', error: expired, nowMs: 2_000, hasSuccessor: true },
    ],
    { state: 'reconnecting', mode: 'continue', extending: true },
    ['silence', 'take-over'],
  ],
  [
    'and is not followed by another',
    [
      ...live,
      { type: 'extend' },
      { type: 'lost', error: lost, nowMs: 2_000, hasSuccessor: true },
      { type: 'ready', sessionId: 'sess_2', nowMs: 2_100, isExtension: true },
    ],
    { state: 'live', recovery: 'continued', extending: false },
    [],
  ],
  [
    'a wish to extend outlives a loss',
    [...dropped, { type: 'extend' }, { type: 'ready', sessionId: 'sess_1', nowMs: 1_500 }],
    { state: 'live', extending: true },
    ['open-successor'],
  ],
  [
    'a new call starts clean',
    [...live, { type: 'ended', reason: 'by-user' }, { type: 'start' }],
    { state: 'connecting', sessionId: null, reason: null },
    [],
  ],
];

for (const [name, events, expected, effects] of TABLE) {
  test(name, () => {
    const { call, last } = run(events);

    assert.deepEqual(last, effects);
    assert.partialDeepStrictEqual(call, expected);
  });
}

test('a wait that the service asked for is kept to', () => {
  const { call } = run(dropped);

  const { effects } = reduce(call, failed(limited));

  assert.deepEqual(effects, [{ type: 'retry-later', atLeastMs: 7_000 }]);
});

/** A call in each state, and one of each event. */
const CALLS = {
  idle: IDLE,
  connecting: run(live.slice(0, 2)).call,
  live: run(live).call,
  reconnecting: run(dropped).call,
  ended: run([...live, { type: 'ended', reason: 'by-user' }]).call,
  failed: run([...live, { type: 'fail', error: denied }]).call,
};

/** @type {Record<CallEvent['type'], CallEvent>} */
const EVENTS = {
  'start': { type: 'start' },
  'proceed': { type: 'proceed' },
  'ready': { type: 'ready', sessionId: 'sess_9', nowMs: 2_000 },
  'attempt-failed': failed(lost),
  'lost': { type: 'lost', error: lost, nowMs: 2_000 },
  'retry': { type: 'retry' },
  'extend': { type: 'extend' },
  'handed-over': { type: 'handed-over', sessionId: 'sess_9' },
  'extension-failed': { type: 'extension-failed' },
  'stop': { type: 'stop', reason: 'by-user' },
  'ended': { type: 'ended', reason: 'by-service' },
  'fail': { type: 'fail', error: denied },
};

/**
 * Where each event leads from each state; a state that is not named stays as it is, in every field.
 * @type {Record<CallEvent['type'], Partial<Record<import('../../../static/voice-agent/core/call-state.js').AgentState, string>>>}
 */
const LEADS_TO = {
  'start': { idle: 'connecting', ended: 'connecting', failed: 'connecting' },
  'proceed': { connecting: 'connecting' },
  'ready': { connecting: 'live', reconnecting: 'live' },
  'attempt-failed': { connecting: 'failed', reconnecting: 'reconnecting' },
  'lost': { live: 'reconnecting' },
  'retry': { connecting: 'connecting', reconnecting: 'reconnecting' },
  'extend': { live: 'live', reconnecting: 'reconnecting' },
  'handed-over': { live: 'live' },
  'extension-failed': { live: 'live' },
  'stop': { connecting: 'ended', live: 'ended', reconnecting: 'ended' },
  'ended': { live: 'ended' },
  'fail': { idle: 'failed', connecting: 'failed', live: 'failed', reconnecting: 'failed' },
};

for (const [type, event] of Object.entries(EVENTS))
  for (const [state, call] of Object.entries(CALLS)) {
    const target = Object.entries(LEADS_TO[event.type]).find(([from]) => from === state)?.[1];
    test(`${type} in ${state} ${target ? `leads to ${target}` : 'changes nothing'}`, () => {
      assert.equal(call.state, state);
      const { call: next, effects } = reduce(call, event);

      assert.equal(next.state, target ?? state);
      if (target === undefined) assert.deepEqual([next, effects], [call, []]);
    });
  }

test('whatever happens, a stop always leads out', () => {
  const random = seeded(7);
  const events = [
    ...Object.values(EVENTS),
    ...[refused, unauthorized, badVoice, limited, expired].map((error) => failed(error)),
  ];
  for (let run = 0; run < 5_000; run += 1) {
    let call = /** @type {Call} */ (IDLE);
    for (let step = 0; step < 14; step += 1) {
      call = reduce(call, events[Math.floor(random() * events.length)]).call;
    }
    call = reduce(call, { type: 'stop', reason: 'by-user' }).call;
    call = reduce(call, { type: 'ended', reason: 'by-user' }).call;

    assert.ok(isAtRest(call.state), call.state);
  }
});
