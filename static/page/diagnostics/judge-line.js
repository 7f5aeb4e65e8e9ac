// What was measured on the way to the services means. Pure.

import { quantile } from './measure.js';

/** Source: 200 ms warm and 1.2 s cold for the voice service's own part, live. */
const SLOW_TOKEN_MS = 2_500;
/** A handshake takes three to four times the way there and back. */
const SLOW_SOCKET_MS = 1_500;
const NOTICEABLE_ROUND_TRIP_MS = 300;
const SLOW_ROUND_TRIP_MS = 700;
/** One answer that took this much longer than usual is heard as a gap. */
const UNSTEADY_MS = 400;
/** Source: 2.1 to 3.2 s from the last word to the first sound, live. */
const SLOW_ANSWER_MS = 5_000;

/** @typedef {import('./diagnostics-types.js').Verdict} Verdict */

/** @param {number} tokenMs @returns {Verdict} */
export function judgeToken(tokenMs) {
  const values = { tokenMs };
  if (tokenMs > SLOW_TOKEN_MS) return { status: 'attention', reason: 'slow', values };
  return { status: 'passed', reason: 'good', values };
}

/**
 * A browser tells a page nothing about why a socket did not open; whether its host answers at all does.
 *
 * @param {import('./check-line.js').Opening} opening
 * @param {boolean | null} isHostReached   whether the same host answers plain requests; null = not known
 * @returns {Verdict}
 */
export function judgeSocket(opening, isHostReached) {
  const values = { socketMs: opening.tookMs };
  if (opening.outcome === 'open')
    return opening.tookMs > SLOW_SOCKET_MS
      ? { status: 'attention', reason: 'slow', values }
      : { status: 'passed', reason: 'good', values };
  if (opening.error) return { status: 'failed', reason: 'refused', values, error: opening.error };
  if (isHostReached) return { status: 'failed', reason: 'turnedAway', values };
  return { status: 'failed', reason: 'blocked', values };
}

/**
 * @param {readonly number[]} timesMs   of each answer
 * @returns {Verdict}
 */
export function judgeRoundTrip(timesMs) {
  if (timesMs.length === 0) return { status: 'attention', reason: 'unanswered' };
  const [medianMs, worstMs] = [quantile(timesMs, 0.5), quantile(timesMs, 1)];
  const values = { medianMs, worstMs, answers: timesMs.length };
  if (medianMs > SLOW_ROUND_TRIP_MS) return { status: 'attention', reason: 'slow', values };
  if (worstMs > medianMs + UNSTEADY_MS) return { status: 'attention', reason: 'unsteady', values };
  if (medianMs > NOTICEABLE_ROUND_TRIP_MS)
    return { status: 'attention', reason: 'noticeable', values };
  return { status: 'passed', reason: 'good', values };
}

/**
 * @param {{isUnderstood: boolean, answerMs: number | null}} call   null: no answer was heard
 * @returns {Verdict}
 */
export function judgeCall({ isUnderstood, answerMs }) {
  if (!isUnderstood) return { status: 'failed', reason: 'unheard' };
  if (answerMs === null) return { status: 'failed', reason: 'unanswered' };
  const values = { answerMs };
  if (answerMs > SLOW_ANSWER_MS) return { status: 'attention', reason: 'slow', values };
  return { status: 'passed', reason: 'good', values };
}
