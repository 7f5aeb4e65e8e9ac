// Asks a silent service whether it is still there. A service that nobody talks to says nothing, so silence
// alone proves nothing: there must be a reason for doubt. And only a service that is known to answer is taken for
// dead when it does not. Part of the session core: any thread.

import { encode } from './protocol.js';

/** After a freeze or a change of network, a service that was heard more recently than this is not doubted. */
const QUIET_MS = 10_000;

/** The user has spoken for so long and nothing was heard. Source: speech is noticed after 0.6 s, live. */
const UNHEARD_SPEECH_MS = 1_000;

/** And it was silent for so long before. Doubled with each answer that was the only thing it said: noise. */
const UNHEARD_QUIET_MS = 4_000;
const MAX_UNHEARD_QUIET_MS = 256_000;

/** How long the answer may take. */
const PATIENCE_MS = 4_000;

/**
 * Source: documents: every session.update is answered, by `session.updated` or `session.error`. Older versions
 * were silent where they agreed.
 */
const QUESTION = encode({ type: 'session.update', session: {} });

export class Probe {
  #environment;
  #send;
  #onNoAnswer;
  #heardAtMs = 0;
  #spokenMs = 0;
  #quietMs = UNHEARD_QUIET_MS;
  #isAsked = false;
  #answers = false;
  /** @type {unknown} */
  #timer;

  /**
   * @param {import('../ports.js').Environment} environment
   * @param {object} options
   * @param {(text: string) => void} options.send
   * @param {() => void} options.onNoAnswer
   */
  constructor(environment, { send, onNoAnswer }) {
    this.#environment = environment;
    this.#send = send;
    this.#onNoAnswer = onNoAnswer;
  }

  /** The service has answered an update: it is one that does. */
  trust() {
    this.#answers = true;
  }

  /** The service said something, whatever it was. */
  heard() {
    if (this.#isAsked) this.#askLater();
    else this.#quietMs = UNHEARD_QUIET_MS;
    this.#heardAtMs = this.#environment.nowMs();
    this.#spokenMs = 0;
    this.stop();
  }

  /** Something has happened to the page or to the network. */
  doubt() {
    if (!this.#isAsked && this.#silentMs > QUIET_MS) this.#ask();
  }

  /**
   * The microphone goes on.
   * @param {number} speechMs how much of what it gave sounds like speech
   */
  listen(speechMs) {
    this.#spokenMs += speechMs;
    if (this.#isAsked || this.#spokenMs < UNHEARD_SPEECH_MS) return;
    if (this.#silentMs > this.#quietMs) this.#ask();
  }

  stop() {
    this.#isAsked = false;
    this.#environment.cancel(this.#timer);
  }

  get #silentMs() {
    return this.#environment.nowMs() - this.#heardAtMs;
  }

  /** A change that changes nothing. */
  #ask() {
    this.#isAsked = true;
    this.#send(QUESTION);
    const dueMs = this.#environment.nowMs() + PATIENCE_MS;
    this.#timer = this.#environment.schedule(() => this.#runOut(dueMs), PATIENCE_MS);
  }

  /**
   * A timer that comes very late was frozen with its page, and the answer may still be waiting behind it.
   * @param {number} dueMs
   */
  #runOut(dueMs) {
    const isLate = this.#environment.nowMs() - dueMs > PATIENCE_MS;
    if (isLate) return this.#ask();
    if (this.#answers) return this.#onNoAnswer();
    this.#isAsked = false;
    this.#askLater();
  }

  #askLater() {
    this.#quietMs = Math.min(this.#quietMs * 2, MAX_UNHEARD_QUIET_MS);
  }
}
