import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoiceAgentError } from '../../../static/voice-agent/errors.js';
import {
  GRACE_WINDOW_MS,
  IDLE,
  RECOVERY_BUDGET_MS,
  reduce,
} from '../../../static/voice-agent/state.js';
import { seeded } from './random.js';

/** @typedef {import('../../../static/voice-agent/state.js').Call} Call */
/** @typedef {import('../../../static/voice-agent/state.js').CallEvent} CallEvent */

const lost = new VoiceAgentError('connection-lost');
const unauthorized = new VoiceAgentError('unauthorized');
const refused = new VoiceAgentError('resume-refused');
const limited = new VoiceAgentError('token-limited', { retryAfterSeconds: 7 });
const denied = new VoiceAgentError('token-refused');
const badVoice = new VoiceAgentError('agent-refused', { voices: ['alba', 'eve'] });

const live = /** @type {CallEvent[]} */ ([
  { type: 'start' },
  { type: 'proceed' },
  { type: 'ready', sessionId: 'sess_1' },
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
    ['use-voice', 'connect'],
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
    'a session without an id goes on in a new one',
    [
      ...live.slice(0, 2),
      { type: 'ready', sessionId: null },
      { type: 'lost', error: lost, nowMs: 0 },
    ],
    { state: 'reconnecting', mode: 'continue' },
    ['silence', 'connect'],
  ],
  [
    'a resumed session says so',
    [...dropped, { type: 'ready', sessionId: 'sess_1' }],
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
    [...dropped, failed(refused), { type: 'ready', sessionId: 'sess_2' }],
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
    'a token route that says no ends the recovery',
    [...dropped, failed(denied)],
    { state: 'failed', error: denied },
    ['silence', 'release'],
  ],
  [
    'a stop ends in good order',
    [...live, { type: 'stop', reason: 'by-user' }],
    { state: 'ending' },
    ['silence', 'end'],
  ],
  [
    'the reason survives the goodbye',
    [...live, { type: 'stop', reason: 'time-limit' }, { type: 'ended', reason: 'by-service' }],
    { state: 'ended', reason: 'time-limit' },
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
    { state: 'ending' },
    ['silence', 'end'],
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

  assert.deepEqual(effects, [{ type: 'retry-later', slow: false, atLeastMs: 7_000 }]);
});

test('whatever happens, a stop always leads out', () => {
  const random = seeded(7);
  /** @type {CallEvent[]} */
  const events = [
    ...live,
    { type: 'lost', error: lost, nowMs: 0 },
    failed(lost),
    failed(refused),
    failed(unauthorized),
    failed(badVoice),
    { type: 'retry' },
    { type: 'ended', reason: 'by-service' },
    { type: 'fail', error: denied },
  ];
  for (let run = 0; run < 2_000; run += 1) {
    let call = /** @type {Call} */ (IDLE);
    for (let step = 0; step < 12; step += 1) {
      call = reduce(call, events[Math.floor(random() * events.length)]).call;
    }
    call = reduce(call, { type: 'stop', reason: 'by-user' }).call;
    call = reduce(call, { type: 'ended', reason: 'by-user' }).call;

    assert.ok(['idle', 'ended', 'failed'].includes(call.state), call.state);
  }
});
