// Ends a call in which nobody is any more: asks whether anybody is there, waits for a sign, and ends. Main thread.

/** How long the call is quiet before that, where the page says nothing. */
const IDLE_SECONDS = 180;

/** For an answer. */
const ANSWER_SECONDS = 30;

/** A call on hold is quiet on purpose, and goes on costing: it waits for so long at least, hidden or not. */
const HOLD_SECONDS = 300;

/** Where the page is hidden or the screen locked, nobody sees the question: the call is quiet for half as long. */
const HIDDEN_SHARE = 0.5;

/**
 * @typedef {object} IdleCalls
 * @property {(secondsLeft: number) => void} ask
 * @property {() => void} answered
 * @property {() => void} end
 */

/** Words and what the page tells are signs of a person; a noise is none, but while it lasts nobody is cut off. */
export class IdleGuard {
  #calls;
  #seconds = IDLE_SECONDS;
  /** When the quiet or the question began, monotonic; null outside a conversation. @type {number | null} */
  #sinceMs = null;
  #isAsked = false;
  #isOnHold = false;
  #speaking = { user: false, agent: false };
  #stoppedAtMs = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {IdleCalls} calls
   * @param {AbortSignal} signal   the page or the agent is gone
   */
  constructor(calls, signal) {
    this.#calls = calls;
    globalThis.document?.addEventListener('visibilitychange', () => this.#schedule(), { signal });
  }

  /** Of quiet, until somebody is asked; 0: never. */
  get seconds() {
    return this.#seconds;
  }

  /** @throws {RangeError} */
  set seconds(value) {
    if (!(value >= 0 && value <= 86_400))
      throw new RangeError('idleSeconds must be from 0 to 86400');
    this.#seconds = value;
    this.#schedule();
  }

  /** A conversation begins, or is back after its connection was lost. */
  begin() {
    this.#sinceMs = performance.now();
    this.#isAsked = false;
    this.#speaking = { user: false, agent: false };
    this.#schedule();
  }

  /** There is none any more, or none for now. */
  pause() {
    clearTimeout(this.#timer);
    this.#sinceMs = null;
    this.#answer();
  }

  /** Somebody has put the call on hold, or goes on with it. @param {boolean} isOnHold */
  hold(isOnHold) {
    this.#isOnHold = isOnHold;
    this.notice();
  }

  /** Somebody is there. */
  notice() {
    if (this.#sinceMs === null) return;
    this.#sinceMs = this.#stoppedAtMs = performance.now();
    this.#answer();
    this.#schedule();
  }

  /** @param {{user: boolean, agent: boolean}} speaking */
  showSpeaking(speaking) {
    if (this.#sinceMs === null) return;
    const nowMs = performance.now();
    const wasStopped = this.#isStopped;
    const wasAgent = this.#speaking.agent;
    this.#speaking = speaking;
    if (wasStopped) this.#sinceMs += nowMs - this.#stoppedAtMs;
    if (wasAgent && !speaking.agent && !this.#isAsked) this.#sinceMs = nowMs;
    this.#stoppedAtMs = nowMs;
    this.#schedule();
  }

  /** Whether the clock stands still, as somebody speaks; but the agent asks the question itself. */
  get #isStopped() {
    return this.#speaking.user || (this.#speaking.agent && !this.#isAsked);
  }

  #answer() {
    if (!this.#isAsked) return;
    this.#isAsked = false;
    this.#calls.answered();
  }

  #schedule() {
    clearTimeout(this.#timer);
    if (this.#sinceMs === null || this.#isStopped || (this.#seconds === 0 && !this.#isAsked))
      return;
    const share = globalThis.document?.hidden ? HIDDEN_SHARE : 1;
    const quietSeconds = this.#isOnHold
      ? Math.max(HOLD_SECONDS, this.#seconds)
      : this.#seconds * share;
    const limitSeconds = this.#isAsked ? ANSWER_SECONDS : quietSeconds;
    const leftMs = this.#sinceMs + limitSeconds * 1000 - performance.now();
    this.#timer = setTimeout(() => this.#due(), Math.max(0, leftMs));
  }

  #due() {
    if (this.#isAsked) return this.#calls.end();
    this.#isAsked = true;
    this.#sinceMs = performance.now();
    this.#calls.ask(ANSWER_SECONDS);
    this.#schedule();
  }
}
