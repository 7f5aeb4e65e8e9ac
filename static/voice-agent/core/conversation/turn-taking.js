// Turn-taking: who is speaking, as the service sees it, and from when on something may be put in between. Pure.

/**
 * On the wire of March 2026 one reply spanned a tool's call and its answer, and no `reply.done` came between:
 * a result that has waited this long within a reply goes out all the same.
 */
export const RESULT_PATIENCE_MS = 4_000;

/** After the user's turn a reply is on its way; where none comes, nothing waits longer than this for it. */
export const REPLY_PATIENCE_MS = 4_000;

/** A start of speech whose end is never told (a cough, by the documents) counts as speaking for this long. */
export const SPEECH_PATIENCE_MS = 15_000;

/** A reply that was asked for starts after 0.2 s (seen live); after this long it was not understood. */
export const ASKED_PATIENCE_MS = 3_000;

export class TurnTaking {
  /** @type {'nobody' | 'agent' | 'user' | 'after-user'} whose was the latest event that decides */
  #latest = 'nobody';
  #latestAtMs = 0;
  /** @type {string | null} the reply under way, heard or not */
  #replyId = null;
  #askedAtMs = -Infinity;

  /** @param {import('../connection/protocol.js').ServerMessage} message @param {number} nowMs */
  observe(message, nowMs) {
    switch (message.type) {
      case 'reply-started':
        this.#replyId = message.replyId;
        this.#askedAtMs = -Infinity;
        return this.#turn('agent', nowMs);
      case 'reply-done': {
        const { replyId, interrupted } = message;
        const isOther = replyId && this.#replyId && replyId !== this.#replyId;
        if (isOther) return; // an older one, told late or twice
        this.#replyId = null;
        return this.#turn(interrupted ? 'user' : 'nobody', nowMs); // who interrupts goes on speaking
      }
      case 'speech-started':
        return this.#turn('user', nowMs);
      case 'speech-stopped':
        if (this.#latest === 'user') this.#turn('after-user', nowMs);
    }
  }

  /** @param {number} nowMs when a reply was asked for: until it starts no other one may be */
  ask(nowMs) {
    this.#askedAtMs = nowMs;
  }

  /** A new socket: nobody is speaking there. */
  reset() {
    this.#replyId = null;
    this.#askedAtMs = -Infinity;
    this.#turn('nobody', 0);
  }

  /**
   * When a tool's result may go out. The documented rule: while `reply.done` is the latest of `reply.started`,
   * `reply.done` and `input.speech.started`. Source: documents, "client-side-tools".
   * @param {number} sinceMs when the result was there
   * @param {boolean} isHold the tool holds the conversation: what the user says meanwhile starts no turn
   * @returns {number} a time in the past means now
   */
  mayAnswerAtMs(sinceMs, isHold) {
    const fromMs = Math.max(sinceMs, this.#latestAtMs);
    if (this.#latest === 'nobody' || (isHold && this.#replyId === null)) return 0;
    if (isHold || this.#latest === 'agent') return fromMs + RESULT_PATIENCE_MS;
    return this.#latestAtMs + this.#speechPatienceMs();
  }

  /**
   * When a reply may be asked for: not in the middle of one, where three reports give three answers to what
   * happens then; and not while one is on its way.
   * @returns {number} a time in the past means now; Infinity: after the reply under way
   */
  mayAskAtMs() {
    if (this.#replyId !== null) return Infinity;
    const askedUntilMs = this.#askedAtMs + ASKED_PATIENCE_MS;
    if (this.#latest === 'nobody') return askedUntilMs;
    return Math.max(askedUntilMs, this.#latestAtMs + this.#speechPatienceMs());
  }

  #speechPatienceMs() {
    return this.#latest === 'user' ? SPEECH_PATIENCE_MS : REPLY_PATIENCE_MS;
  }

  /** @param {'nobody' | 'agent' | 'user' | 'after-user'} latest @param {number} nowMs */
  #turn(latest, nowMs) {
    this.#latest = latest;
    this.#latestAtMs = nowMs;
  }
}
