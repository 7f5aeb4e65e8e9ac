// How long the voice service takes to answer. A session that is ended at once after it: the service answers nobody
// else. The question is the one that a call asks when it doubts its line: a change that changes nothing.

import { announcedError } from '../../../voice-agent/core/connection/failures.js';
import { judgeRoundTrip } from '../judge-line.js';
import { silentSession } from '../check-session.js';

const QUESTIONS = 7;
/** Source: the service gives up after 10 s without a ready agent. */
const READY_MS = 12_000;
const ANSWER_MS = 3_000;
/** A service that stays silent to so many does not answer such questions. */
const MAX_UNANSWERED = 2;

/** @type {import('../diagnostics-types.js').Check} */
export const roundTrip = {
  id: 'roundTrip',
  needs: ['socket'],
  limitMs: 45_000,
  async run({ platform, passes, signal }) {
    const line = await passes.line(signal);
    if (!line.isOpen) return { status: 'failed', reason: 'noLine' };
    const startedMs = platform.nowMs();
    line.begin(silentSession(platform.session));
    try {
      const answer = await line.next(['ready', 'error'], READY_MS, signal);
      const error = answer?.type === 'error' ? announcedError(answer, 'opening') : null;
      if (error) return { status: 'failed', reason: 'refused', error };
      if (answer === null) return { status: 'failed', reason: 'notReady' };
      const readyMs = platform.nowMs() - startedMs;
      const verdict = judgeRoundTrip(await timeAnswers(line, platform, signal));
      return { ...verdict, values: { ...verdict.values, readyMs } };
    } finally {
      await line.end();
      passes.release();
    }
  },
};

/**
 * @param {import('../check-line.js').Line} line
 * @param {import('../platform.js').Platform} platform
 * @param {AbortSignal} signal
 * @returns {Promise<number[]>}
 */
async function timeAnswers(line, platform, signal) {
  /** @type {number[]} */
  const timesMs = [];
  let unanswered = 0;
  for (let i = 0; i < QUESTIONS && unanswered < MAX_UNANSWERED; i += 1) {
    const askedMs = platform.nowMs();
    line.send({ type: 'session.update', session: {} });
    const answer = await line.next(['updated', 'error'], ANSWER_MS, signal);
    if (answer) timesMs.push(platform.nowMs() - askedMs);
    else unanswered += 1;
  }
  return timesMs;
}
