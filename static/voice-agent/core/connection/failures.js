// What the service's own words for a failure, and the code that a socket closes with, mean to us. Pure.

import { VoiceAgentError } from '../../errors.js';
import { listedVoices } from './protocol.js';

/**
 * Error codes of the wire (lower case) that end a session, to ours. An error with another code is survived
 * once there is a session. Source: documents, "errors", and seen live 2026-09.
 * @type {Map<string, import('../../errors.js').ErrorCode>}
 */
const FATAL = new Map([
  ['unauthorized', 'unauthorized'],
  ['forbidden', 'unauthorized'],
  ['session_not_found', 'resume-refused'],
  ['session_forbidden', 'resume-refused'],
  ['session_expired', 'session-expired'],
  ['concurrency_exceeded', 'at-capacity'],
  ['at_capacity', 'at-capacity'],
  ['server_error', 'agent-failed'],
  ['internal_error', 'agent-failed'],
  ['agent_timeout', 'agent-failed'],
  ['agent_init_failed', 'agent-failed'],
]);

/** Source: the registry of RFC 6455, "try again later". */
const NO_ROOM = 1013;

/**
 * What it means that a socket closes before there is a session; any other code is a fault of the service, which was
 * there to send it. Source: RFC 6455, 7.4.1, and its registry; documents: 1008 for policy, and for a bad token.
 * @type {Map<number, import('../../errors.js').ErrorCode>}
 */
const CLOSED = new Map([
  [1006, 'connection-failed'], // nobody sent it: the line, or no way there
  [1008, 'unauthorized'],
  [1009, 'agent-refused'], // too long: only the settings are
  [NO_ROOM, 'at-capacity'],
]);

/**
 * How far a connection has come: on its way to a new session, to a dropped one, or there.
 * @typedef {'opening' | 'resuming' | 'ready'} Stage
 */

/**
 * The error that a `session.error` announces.
 * @param {Extract<import('./protocol.js').ServerMessage, {type: 'error'}>} message
 * @param {Stage} stage
 * @returns {VoiceAgentError | null} null when the session goes on
 */
export function announcedError({ code, text, param }, stage) {
  const known = FATAL.get(code);
  if (stage === 'ready' && known === undefined) return null;
  const voices = param === 'output.voice' ? listedVoices(text) : [];
  // A resume is refused in three ways; this one means something else once there is a session.
  const isRefusedResume = stage === 'resuming' && code === 'session_expired';
  const own = isRefusedResume ? 'resume-refused' : (known ?? 'agent-refused');
  return new VoiceAgentError(own, { upstreamCode: code, cause: text, voices });
}

/**
 * The error of a socket that closed without a word.
 * @param {number} code
 * @param {Stage} stage
 */
export function closeError(code, stage) {
  const cause = `close ${code}`;
  if (stage === 'ready') return new VoiceAgentError('connection-lost', { cause });
  // Asked for once more it would be so again, as a rule; a new session is there sooner. But for one that has no room.
  if (stage === 'resuming' && code !== NO_ROOM)
    return new VoiceAgentError('resume-refused', { cause });
  return new VoiceAgentError(CLOSED.get(code) ?? 'agent-failed', { cause });
}

/**
 * The error of a socket that the page's own policy forbids: no second try is allowed either.
 * @param {string} wsUrl
 */
export function forbidden(wsUrl) {
  const { origin } = new URL(wsUrl);
  const message = `The page's Content-Security-Policy keeps it from the agent: connect-src has to name ${origin}.`;
  return new VoiceAgentError('connection-failed', { message, retryable: false });
}
