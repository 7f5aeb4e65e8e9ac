// Goes on in a new session before the old one must end: make before break. The successor is opened while the old
// session is still heard, and takes over in a pause; a successor that fails does no harm.

import { RetryTimer } from './backoff.js';

/** The old session is left at the latest this long before its end. */
const LATEST_BEFORE_END_MS = 5_000;

/** Nobody waits for the successor: when it fails, the next is tried as after so many failures in a row, in 4 s. */
const UNHURRIED = 5;

/** How often to look for a pause while the successor waits for one. */
const LOOK_INTERVAL_MS = 50;

/** @typedef {import('../socket.js').SessionSocket} SessionSocket */
/** @typedef {import('../socket.js').ReadySession} ReadySession */

/**
 * @typedef {object} RollOverOptions
 * @property {import('../../ports.js').Environment} environment
 * @property {(listener: import('../socket.js').SocketListener) => SessionSocket} openSuccessor
 * @property {() => boolean} isPause whether nobody would notice the change now
 * @property {() => number} leftMs until the old session must end
 * @property {(replyId: string) => void} onForeignReply the successor began to speak out of turn
 * @property {(successor: SessionSocket, session: ReadySession) => void} onHandOver
 * @property {(error: import('../../../errors.js').VoiceAgentError) => void} onGivenUp
 */

export class RollOver {
  #options;
  #retry;
  #isWanted = false;
  /** @type {SessionSocket | null} */
  #successor = null;
  /** @type {ReadySession | null} */
  #session = null;
  /** @type {unknown} */
  #look;

  /** @param {RollOverOptions} options */
  constructor(options) {
    this.#options = options;
    this.#retry = new RetryTimer(options.environment, () => this.#open());
  }

  /** Whether there is a successor, ready or on its way. */
  get hasSuccessor() {
    return this.#successor !== null;
  }

  /** Open a successor, unless one is on its way, and hand over to it in good time. */
  begin() {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#open();
  }

  /**
   * The old session is gone: whoever goes on with the successor, ready or not, gets it.
   * @returns {{successor: SessionSocket, session: ReadySession | null}}
   */
  release() {
    const successor = /** @type {SessionSocket} */ (this.#successor);
    const session = this.#session;
    this.#successor = null;
    this.cancel();
    return { successor, session };
  }

  /** Not wanted any more. A successor that is ready costs money until it is told goodbye. */
  cancel() {
    this.#isWanted = false;
    this.#retry.cancel();
    this.#options.environment.cancel(this.#look);
    this.#successor?.retire();
    this.#successor = null;
    this.#session = null;
  }

  #open() {
    this.#successor = this.#options.openSuccessor({
      onReady: (session) => {
        this.#session = session;
        this.#lookForPause();
      },
      onMessage: (message) => {
        if (message.type === 'reply-started') this.#options.onForeignReply(message.replyId);
        if (message.type === 'ended') this.#failed(null);
      },
      onFailed: (error) => this.#failed(error),
      onLost: ({ error }) => this.#failed(error),
    });
  }

  #lookForPause() {
    const { environment, isPause, leftMs, onHandOver } = this.#options;
    if (isPause() || leftMs() <= LATEST_BEFORE_END_MS) {
      const { successor, session } = this.release();
      return onHandOver(successor, /** @type {ReadySession} */ (session));
    }
    this.#look = environment.schedule(() => this.#lookForPause(), LOOK_INTERVAL_MS);
  }

  /** @param {import('../../../errors.js').VoiceAgentError | null} error null: the service has ended it */
  #failed(error) {
    this.#options.environment.cancel(this.#look);
    this.#successor?.close();
    this.#successor = null;
    this.#session = null;
    if (error !== null && !error.retryable) {
      this.cancel();
      return this.#options.onGivenUp(error);
    }
    const atLeastMs = (error?.retryAfterSeconds ?? 0) * 1000;
    this.#retry.wait({ attempt: UNHURRIED, atLeastMs });
  }
}
