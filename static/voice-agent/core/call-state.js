// The whole life of a call as one pure reducer: (call, event) -> {call, effects}.
// The session carries out the effects; nothing else decides what happens next.

import { GRACE_SECONDS } from '../call-facts.js';
import { VoiceAgentError } from '../errors.js';

export const GRACE_WINDOW_MS = GRACE_SECONDS * 1000;

/** How long a lost call is tried to be picked up before it is given up. */
export const RECOVERY_BUDGET_MS = 120_000;

/** For so long a network that is away is tried again and again: most outages are over by then. */
const OUTAGE_MS = 6_000;

/** Meanwhile the waits do not grow beyond that of this attempt, half a second. */
const OUTAGE_ATTEMPT = 2;

/** Failures of a first attempt that are often gone at the next, and the longest pause before that one. */
const MAY_PASS = new Set(['agent-failed', 'connection-failed', 'token-unavailable']);
const LONGEST_WAIT_MS = 5_000;

/** A recovery that breaks again sooner than this was none: its waits and its budget go on. */
export const STABLE_MS = 5_000;

/**
 * @typedef {import('../call-facts.js').AgentState} AgentState
 *
 * How the next socket is opened: a new session; the dropped one again; or a new one that carries the
 * conversation of the dropped one.
 * @typedef {'fresh' | 'resume' | 'continue'} Mode
 *
 * Why a call ended.
 * @typedef {'by-user' | 'time-limit' | 'by-service' | 'taken-over' | 'page-left' | 'idle'} EndReason
 *
 * @typedef {object} Call
 * @property {AgentState} state
 * @property {Mode} mode
 * @property {string | null} sessionId
 * @property {number} attempt since the loss
 * @property {number | null} lostAtMs when the connection broke first, of the losses that belong together
 * @property {number} liveAtMs since when it is live
 * @property {boolean} tokenRetried a fresh token was already tried after `unauthorized`
 * @property {boolean} voiceRetried a listed voice was already tried
 * @property {boolean} resumeRefused a session of this call could not be had again: nor will the next one
 * @property {boolean} extending the user wants to go on in a session of new length
 * @property {null | 'resumed' | 'continued'} recovery how the call came back, while it is live again
 * @property {EndReason | null} reason
 * @property {VoiceAgentError | null} error why it failed, or what it is recovering from
 *
 * `resume`: go on with an earlier conversation, in its session where that is known. `hasSuccessor`: the session
 * that was to take over is on its way. `isHung`: its service does not answer, though the line may be there.
 * `handed-over`: it has taken over.
 * @typedef {{type: 'start', resume?: {sessionId: string | null} | null}
 *   | {type: 'proceed'}
 *   | {type: 'ready', sessionId: string | null, nowMs: number, isExtension?: boolean}
 *   | {type: 'attempt-failed', error: VoiceAgentError, nowMs: number}
 *   | {type: 'lost', error: VoiceAgentError, nowMs: number, hasSuccessor?: boolean, isHung?: boolean}
 *   | {type: 'retry'}
 *   | {type: 'extend'}
 *   | {type: 'handed-over', sessionId: string | null}
 *   | {type: 'extension-failed'}
 *   | {type: 'stop', reason: EndReason}
 *   | {type: 'ended', reason: EndReason}
 *   | {type: 'fail', error: VoiceAgentError}} CallEvent
 *
 * `connect`: open a socket in the call's mode. `retry-later`: after the attempt's delay, send `retry`.
 * `replace-voice`: open the next session with one of these voices. `open-successor`: get a session ready that may take over.
 * `take-over`: go on with that one now. `silence`: stop the agent's sound at once. `release`: say
 * goodbye, and let go of socket, timers and queues.
 * @typedef {{type: 'connect'} | {type: 'retry-later', atLeastMs: number}
 *   | {type: 'replace-voice', offered: string[]} | {type: 'open-successor'} | {type: 'take-over'}
 *   | {type: 'silence'} | {type: 'release'}} Effect
 *
 * @typedef {{call: Call, effects: Effect[]}} Step
 */

/** @type {Readonly<Call>} */
export const IDLE = Object.freeze({
  state: 'idle',
  mode: 'fresh',
  sessionId: null,
  attempt: 0,
  lostAtMs: null,
  liveAtMs: 0,
  tokenRetried: false,
  voiceRetried: false,
  resumeRefused: false,
  extending: false,
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
    'retry': (call) => step(call, [{ type: 'connect' }]),
    'ready': ready,
    'attempt-failed': (call, { error }) =>
      secondTry(call, error) ?? onceMore(call, error) ?? fail(call, { error }),
    'stop': ended,
    'fail': fail,
  },
  live: {
    'lost': lost,
    'extend': (call) => step({ ...call, extending: true }, [{ type: 'open-successor' }]),
    // Not a recovery: nothing was lost, and what is lost next is lost for the first time.
    'handed-over': (call, { sessionId }) =>
      step({ ...call, sessionId, extending: false, recovery: 'continued', lostAtMs: null }),
    'extension-failed': (call) => step({ ...call, extending: false }),
    'stop': ended,
    'ended': ended,
    'fail': fail,
  },
  reconnecting: {
    'ready': ready,
    'attempt-failed': (call, event) => secondTry(call, event.error) ?? tryLater(call, event),
    'retry': (call) => step(call, [{ type: 'connect' }]),
    'extend': (call) => step({ ...call, extending: true }),
    'stop': ended,
    'fail': fail,
  },
  ended: { start },
  failed: { start },
};

/** @type {Record<Mode, null | 'resumed' | 'continued'>} */
const RECOVERED_BY = { fresh: null, resume: 'resumed', continue: 'continued' };

/** @param {Call} call @param {CallEvent} event @returns {Step} */
export function reduce(call, event) {
  const handle = /** @type {((call: Call, event: CallEvent) => Step) | undefined} */ (
    TABLE[call.state][event.type]
  );
  return handle ? handle(call, event) : step(call);
}

/** @param {Call} call @param {Effect[]} [effects] @returns {Step} */
function step(call, effects = []) {
  return { call, effects };
}

/**
 * A call connects on `proceed`: the user may first have to be asked for the microphone.
 * @param {Call} _call
 * @param {{resume?: {sessionId: string | null} | null}} event
 */
function start(_call, { resume = null }) {
  /** @type {Call} */
  const call = { ...IDLE, state: 'connecting' };
  return step(resume ? goOnWith(call, resume.sessionId) : call);
}

/**
 * The same session again where there is one, else a new one that knows the conversation.
 * @param {Call} call
 * @param {string | null} sessionId
 * @returns {Call}
 */
function goOnWith(call, sessionId) {
  return { ...call, sessionId, mode: sessionId === null ? 'continue' : 'resume' };
}

/**
 * @param {Call} call
 * @param {{sessionId: string | null, nowMs: number, isExtension?: boolean}} event
 */
function ready(call, { sessionId, nowMs, isExtension = false }) {
  /** @type {Call} */
  const live = {
    ...call,
    state: 'live',
    sessionId,
    liveAtMs: nowMs,
    extending: call.extending && !isExtension,
    recovery: RECOVERED_BY[call.mode],
    error: null,
  };
  return step(live, live.extending ? [{ type: 'open-successor' }] : []);
}

/**
 * At once, where other words really mend it: a new session where the dropped one is gone for good, a fresh token, a
 * voice that there is.
 * @param {Call} call
 * @param {VoiceAgentError} error
 * @returns {Step | null}
 */
function secondTry(call, error) {
  const connect = /** @type {const} */ ({ type: 'connect' });
  if (error.code === 'resume-refused' && call.mode === 'resume')
    return step({ ...call, mode: 'continue', resumeRefused: true }, [connect]);
  if (error.code === 'unauthorized' && !call.tokenRetried)
    return step({ ...call, tokenRetried: true }, [connect]);
  const { voices: offered } = error;
  if (offered.length === 0 || call.voiceRetried) return null;
  return step({ ...call, voiceRetried: true }, [{ type: 'replace-voice', offered }, connect]);
}

/**
 * A call that begins is tried once more, a moment later, where that may have passed by then. Who is waiting for the
 * first word is told sooner rather than kept waiting.
 * @param {Call} call
 * @param {VoiceAgentError} error
 * @returns {Step | null}
 */
function onceMore(call, error) {
  const atLeastMs = (error.retryAfterSeconds ?? 0) * 1000;
  const mayPass = MAY_PASS.has(error.code) && error.retryable && !isUnanswered(error);
  if (!mayPass || call.attempt > 0 || atLeastMs > LONGEST_WAIT_MS) return null;
  return step({ ...call, attempt: 1 }, [{ type: 'retry-later', atLeastMs }]);
}

/**
 * @param {Call} call
 * @param {{error: VoiceAgentError, nowMs: number, hasSuccessor?: boolean, isHung?: boolean}} event
 */
function lost(call, { error, nowMs, hasSuccessor = false, isHung = false }) {
  if (error.code === 'session-expired' && !hasSuccessor)
    return ended(call, { reason: 'time-limit' });
  // Whoever sends what nobody can take would do so again.
  if (error.code === 'protocol-error') return fail(call, { error });
  const isAgain = call.lostAtMs !== null && nowMs - call.liveAtMs < STABLE_MS;
  // A session that was resumed and is lost again at once would be so a third time; one that hangs goes on hanging.
  const isPastResuming = isHung || call.resumeRefused || (isAgain && call.mode === 'resume');
  /** @type {Call} */
  const losing = {
    ...goOnWith(call, isPastResuming ? null : call.sessionId),
    state: 'reconnecting',
    attempt: isAgain ? call.attempt : 0,
    lostAtMs: isAgain ? call.lostAtMs : nowMs,
    tokenRetried: false,
    recovery: null,
    error,
  };
  if (hasSuccessor)
    return step({ ...losing, mode: 'continue' }, [{ type: 'silence' }, { type: 'take-over' }]);
  if (!isAgain) return step(losing, [{ type: 'silence' }, { type: 'connect' }]);
  const later = tryLater(losing, { error, nowMs });
  return step(later.call, [{ type: 'silence' }, ...later.effects]);
}

/** @param {Call} call @param {{error: VoiceAgentError, nowMs: number}} event */
function tryLater(call, { error, nowMs }) {
  const goneMs = nowMs - (call.lostAtMs ?? nowMs);
  // A service that asks for more time than a recovery has: the call fails now rather than at the end of that time.
  const atLeastMs = (error.retryAfterSeconds ?? 0) * 1000;
  if (!error.retryable || goneMs + atLeastMs > RECOVERY_BUDGET_MS) return fail(call, { error });
  const mode = goneMs + atLeastMs > GRACE_WINDOW_MS ? 'continue' : call.mode;
  const next = call.attempt + 1;
  const attempt = isUnanswered(error) && goneMs < OUTAGE_MS ? Math.min(next, OUTAGE_ATTEMPT) : next;
  return step({ ...call, attempt, mode }, [{ type: 'retry-later', atLeastMs }]);
}

/**
 * Whether not even the token service was reached, so that the attempt is counted nowhere: `fetch` rejects then.
 * @param {VoiceAgentError} error
 */
function isUnanswered({ code, cause }) {
  return code === 'token-unavailable' && cause instanceof TypeError;
}

/** @param {Call} call @param {{reason: EndReason}} event */
function ended(call, { reason }) {
  return step({ ...call, state: 'ended', reason, error: null }, [{ type: 'release' }]);
}

/** @param {Call} call @param {{error: VoiceAgentError}} event */
function fail(call, { error }) {
  return step({ ...call, state: 'failed', error }, [{ type: 'silence' }, { type: 'release' }]);
}
