// The agent's words as they are heard: between what the client says of a turn and what the conversation shows of it
// stands the sound. No DOM; works by the clock it is given.

import { SpokenReply } from './spoken-reply.js';

/** Replies to remember: one that is shown for good may still be shortened. */
const MAX_REPLIES = 40;

/** @typedef {import('./ui-types.js').Turn} Turn */

/** @typedef {{nowMs: () => number, schedule: (run: () => void, delayMs: number) => unknown, cancel: (timer: any) => void}} Clock */

/** @type {Clock} */
const PLATFORM = {
  nowMs: () => performance.now(),
  schedule: (run, delayMs) => setTimeout(run, delayMs),
  cancel: (timer) => clearTimeout(timer),
};

/**
 * @param {(turn: Turn) => void} show   given turns as far as they were heard; final once they are heard to their end
 * @param {Clock} [clock]
 */
export function createCaptions(show, clock = PLATFORM) {
  /** @type {Map<string, SpokenReply>} by turn id */
  const replies = new Map();
  /** @type {Map<SpokenReply, unknown>} the next word of each, or when no more of it is waited for */
  const timers = new Map();
  /** The reply on its way to the ear. @type {SpokenReply | null} */
  let current = null;
  let isSounding = false;
  let reportedAtMs = -Infinity;
  let isOnHold = false;

  /** @param {string} id */
  function replyOf(id) {
    const reply = replies.get(id) ?? new SpokenReply();
    if (replies.has(id)) return reply;
    replies.set(id, reply);
    if (replies.size > MAX_REPLIES) forgetOldest();
    return reply;
  }

  function forgetOldest() {
    const [[id, oldest]] = replies;
    if (oldest.turn?.final) settle(oldest);
    stopTimer(oldest);
    replies.delete(id);
  }

  /** @param {SpokenReply} reply */
  function stopTimer(reply) {
    clock.cancel(timers.get(reply));
    timers.delete(reply);
  }

  /** @param {SpokenReply} reply */
  function settle(reply) {
    stopTimer(reply);
    if (reply.isSettled || !reply.turn) return;
    reply.isSettled = true;
    show(reply.turn);
  }

  /** Shows what has been heard by now, and looks again when there is more. @param {SpokenReply} reply */
  function update(reply) {
    stopTimer(reply);
    const { turn } = reply;
    if (!turn || reply.isSettled || isOnHold) return;
    const nowMs = clock.nowMs();
    const patienceMs = reply.delayUntilWhole(nowMs, reportedAtMs);
    if (patienceMs === 0) return settle(reply);
    const heard = reply.heard(nowMs);
    if (heard.text.length > reply.shownLength) {
      reply.shownLength = heard.text.length;
      show({ ...turn, text: heard.text, final: false, interrupted: false });
    }
    const delayMs = Math.min(heard.delayMs, patienceMs);
    if (delayMs < Infinity)
      timers.set(
        reply,
        clock.schedule(() => update(reply), delayMs),
      );
  }

  return {
    /** A turn is new or has changed. @param {Turn} turn */
    take(turn) {
      if (turn.role === 'user') return show(turn);
      const reply = replyOf(turn.id);
      if (reply.isSettled) return show(turn);
      reply.tell(turn, clock.nowMs());
      update(reply);
    },
    /** How far a reply has been heard. @param {import('./ui-types.js').Playback} playback */
    heard(playback) {
      const reply = replyOf(`agent-${playback.replyId}`);
      reportedAtMs = clock.nowMs();
      if (!playback.done && reply !== current) {
        current = reply;
        if (isSounding) reply.markSeamless();
      }
      if (playback.done && reply === current) current = null;
      reply.report(playback, reportedAtMs);
      update(reply);
    },
    /** Whether the agent is heard. @param {boolean} isHeard */
    sound(isHeard) {
      isSounding = isHeard;
      if (!isHeard || !current) return;
      current.markOnset(clock.nowMs());
      update(current);
    },
    /** The call is put on hold, where no word is heard, or goes on. @param {boolean} isOn */
    hold(isOn) {
      isOnHold = isOn;
      if (!isOn) reportedAtMs = clock.nowMs();
      for (const reply of replies.values()) update(reply);
    },
    /** The call is over: nothing more will be heard. */
    finish() {
      current = null;
      for (const reply of replies.values()) if (reply.turn?.final) settle(reply);
    },
  };
}
