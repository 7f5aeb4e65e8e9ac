// The whole life of a call as one pure reducer: (call, event) -> {call, effects}. Any thread.
// The session carries out the effects; nothing else decides what happens next.

import { VoiceAgentError } from './errors.js';

/** How long the service keeps a dropped session. Source: documents, "session.resume", 30 s. */
export const GRACE_WINDOW_MS = 30_000;

/** How long a lost call is tried to be picked up before it is given up. */
export const RECOVERY_BUDGET_MS = 120_000;

/**
 * @typedef {'idle' | 'connecting' | 'live' | 'reconnecting' | 'ending' | 'ended' | 'failed'} AgentState
 *
 * How the next socket is opened: a new session; the dropped one again; or a new one that carries the
 * conversation of the dropped one.
 * @typedef {'fresh' | 'resume' | 'continue'} Mode
 *
 * Why a call ended.
 * @typedef {'by-user' | 'time-limit' | 'by-service'} EndReason
 *
 * @typedef {object} Call
 * @property {AgentState} state
 * @property {Mode} mode
 * @property {string | null} sessionId
 * @property {number} attempt since the loss
 * @property {number} lostAtMs
 * @property {boolean} tokenRetried a fresh token was already tried after `unauthorized`
 * @property {boolean} voiceRetried a listed voice was already tried
 * @property {null | 'resumed' | 'continued'} recovery how the call came back, while it is live again
 * @property {EndReason | null} reason
 * @property {VoiceAgentError | null} error why it failed, or what it is recovering from
 *
 * @typedef {{type: 'start'}
 *   | {type: 'proceed'}
 *   | {type: 'ready', sessionId: string | null}
 *   | {type: 'attempt-failed', error: VoiceAgentError, nowMs: number}
 *   | {type: 'lost', error: VoiceAgentError, nowMs: number}
 *   | {type: 'retry'}
 *   | {type: 'stop', reason: EndReason}
 *   | {type: 'ended', reason: EndReason}
 *   | {type: 'fail', error: VoiceAgentError}} CallEvent
 *
 * `connect`: open a socket in the call's mode. `retry-later`: after the attempt's delay, send `retry`.
 * `use-voice`: open the next session with this voice. `silence`: stop the agent's sound at once.
 * `end`: say goodbye on the socket, then send `ended`. `release`: let go of socket, timers and queues.
 * @typedef {{type: 'connect'} | {type: 'retry-later', slow: boolean, atLeastMs: number}
 *   | {type: 'use-voice', voice: string} | {type: 'silence'} | {type: 'end'} | {type: 'release'}} Effect
 *
 * @typedef {{call: Call, effects: Effect[]}} Step
 */

/** @type {Readonly<Call>} */
export const IDLE = Object.freeze({
  state: 'idle',
  mode: 'fresh',
  sessionId: null,
  attempt: 0,
  lostAtMs: 0,
  tokenRetried: false,
  voiceRetried: false,
  recovery: null,
  reason: null,
  error: null,
});

/**
 * What each state does with each event; an event that is not listed changes nothing.
 * @type {Record<AgentState, {[Type in CallEvent['type']]?:
 *   (call: Call, event: Extract<CallEvent, {type: Type}>) => Step}>}
 */
const TABLE = {
  idle: { start, fail },
  connecting: {
    'proceed': (call) => step(call, [{ type: 'connect' }]),
    'ready': (call, { sessionId }) => step({ ...call, state: 'live', sessionId, error: null }),
    'attempt-failed': connectFailed,
    'stop': stop,
    'fail': fail,
  },
  live: { lost, stop, ended, fail },
  reconnecting: {
    'ready': (call, { sessionId }) =>
      step({
        ...call,
        state: 'live',
        sessionId,
        error: null,
        recovery: RECOVERED_BY[call.mode],
      }),
    'attempt-failed': recoverFailed,
    'retry': (call) => step(call, [{ type: 'connect' }]),
    'stop': stop,
    'fail': fail,
  },
  ending: {
    ended: (call) => ended(call, { type: 'ended', reason: call.reason ?? 'by-user' }),
  },
  ended: { start },
  failed: { start },
};

/** @type {Record<Mode, null | 'resumed' | 'continued'>} */
const RECOVERED_BY = { fresh: null, resume: 'resumed', continue: 'continued' };

/**
 * @param {Call} call
 * @param {CallEvent} event
 * @returns {Step}
 */
export function reduce(call, event) {
  const handle = /** @type {((call: Call, event: CallEvent) => Step) | undefined} */ (
    TABLE[call.state][event.type]
  );
  return handle ? handle(call, event) : step(call);
}

/**
 * @param {Call} call
 * @param {Effect[]} [effects]
 * @returns {Step}
 */
function step(call, effects = []) {
  return { call, effects };
}

/** A call connects on `proceed`: the user may first have to be asked for the microphone. */
function start() {
  return step({ ...IDLE, state: 'connecting' });
}

/**
 * A first connection is not retried behind the user's back, but for the two faults that a second
 * try with other words really mends.
 * @param {Call} call
 * @param {{error: VoiceAgentError}} event
 */
function connectFailed(call, { error }) {
  const mended = mend(call, error);
  return mended ?? fail(call, { error });
}

/**
 * @param {Call} call
 * @param {VoiceAgentError} error
 * @returns {Step | null}
 */
function mend(call, error) {
  if (error.code === 'unauthorized' && !call.tokenRetried) {
    return step({ ...call, tokenRetried: true }, [{ type: 'connect' }]);
  }
  const [voice] = error.voices;
  if (voice !== undefined && !call.voiceRetried) {
    return step({ ...call, voiceRetried: true }, [
      { type: 'use-voice', voice },
      { type: 'connect' },
    ]);
  }
  return null;
}

/**
 * @param {Call} call
 * @param {{error: VoiceAgentError, nowMs: number}} event
 */
function lost(call, { error, nowMs }) {
  /** @type {Call} */
  const losing = {
    ...call,
    state: 'reconnecting',
    mode: call.sessionId === null ? 'continue' : 'resume',
    attempt: 0,
    lostAtMs: nowMs,
    tokenRetried: false,
    recovery: null,
    error,
  };
  return step(losing, [{ type: 'silence' }, { type: 'connect' }]);
}

/**
 * @param {Call} call
 * @param {{error: VoiceAgentError, nowMs: number}} event
 */
function recoverFailed(call, { error, nowMs }) {
  if (error.code === 'resume-refused' && call.mode === 'resume') {
    return step({ ...call, mode: 'continue', attempt: 0 }, [{ type: 'connect' }]);
  }
  const mended = mend(call, error);
  if (mended) return mended;
  const goneMs = nowMs - call.lostAtMs;
  if (!error.retryable || goneMs > RECOVERY_BUDGET_MS) return fail(call, { error });
  const slow = goneMs > GRACE_WINDOW_MS;
  const atLeastMs = (error.retryAfterSeconds ?? 0) * 1000;
  return step({ ...call, attempt: call.attempt + 1, mode: slow ? 'continue' : call.mode }, [
    { type: 'retry-later', slow, atLeastMs },
  ]);
}

/**
 * @param {Call} call
 * @param {{reason: EndReason}} event
 */
function stop(call, { reason }) {
  return step({ ...call, state: 'ending', reason }, [{ type: 'silence' }, { type: 'end' }]);
}

/**
 * @param {Call} call
 * @param {{type: 'ended', reason: EndReason}} event
 */
function ended(call, { reason }) {
  return step({ ...call, state: 'ended', reason, error: null }, [{ type: 'release' }]);
}

/**
 * @param {Call} call
 * @param {{error: VoiceAgentError}} event
 */
function fail(call, { error }) {
  return step({ ...call, state: 'failed', error }, [{ type: 'silence' }, { type: 'release' }]);
}
