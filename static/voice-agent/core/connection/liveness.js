// The liveness check: finds out that a connection is dead although nobody has said so. The browser was seen to call
// such a socket open for 75 s and more.
//
// Two signs. What piles up in the socket, once the buffers of browser and system are full: they were seen to swallow
// from 2.7 s of speech to many times that. And a ping that is not answered; it is only sent where there is a reason
// for doubt, as a service that nobody talks to says nothing, and only a service that is known to answer is taken for
// dead when it does not.

import { encode } from './protocol.js';

/**
 * How often to look at the socket. Nothing shows before the buffers behind are full, seconds after the line went
 * dead: there is no reason to take one's time then.
 */
const CHECK_INTERVAL_MS = 150;

/** More than this must be waiting in the socket: a sixth of a second of speech in 20 ms frames. */
const SUSPECT_BYTES = 10_000;

/** Checks in a row at which nothing had moved. */
const STRIKES = 3;

/** After a freeze or a change of network, a service that was heard more recently than this is not doubted. */
const QUIET_MS = 10_000;

/** The user has spoken for so long and nothing was heard. Source: speech is noticed after 0.6 s, live. */
const UNHEARD_SPEECH_MS = 1_000;

/** And it was silent for so long before. Doubled with each answer that was the only thing it said: noise. */
const UNHEARD_QUIET_MS = 4_000;
const MAX_UNHEARD_QUIET_MS = 256_000;

/** How long the answer to a ping may take. */
const PING_TIMEOUT_MS = 4_000;

/**
 * A change that changes nothing. Source: documents: every session.update is answered, by `session.updated` or
 * `session.error`. Older versions were silent where they agreed.
 */
const PING = encode({ type: 'session.update', session: {} });

export class Liveness {
  #environment;
  #socket;
  #sentBytes = 0;
  #sentBytesWhenHeard = 0;
  #strikes = 0;
  #lastLeftBytes = 0;
  /** @type {unknown} */
  #checkTimer;
  #heardAtMs = 0;
  #spokenMs = 0;
  #quietMs = UNHEARD_QUIET_MS;
  #isPinging = false;
  #answersPings = false;
  /** @type {unknown} */
  #pingTimer;

  /**
   * @param {import('../ports.js').Environment} environment
   * @param {object} socket
   * @param {(text: string) => void} socket.send
   * @param {() => number} socket.bufferedBytes of what was sent, what has not left it
   * @param {(cause: string, unheardBytes: number) => void} socket.onDead once; `unheardBytes`: wire text, counted
   *   from the newest, that the service may not have got
   */
  constructor(environment, socket) {
    this.#environment = environment;
    this.#socket = socket;
  }

  /** A session is ready: look at its socket from now on. */
  start() {
    this.#checkTimer = this.#environment.schedule(() => {
      this.start();
      this.#checkBuffer();
    }, CHECK_INTERVAL_MS);
  }

  stop() {
    this.#environment.cancel(this.#checkTimer);
    this.#stopPing();
  }

  /** @param {number} bytes handed to the socket */
  sent(bytes) {
    this.#sentBytes += bytes;
  }

  /** The service said something, whatever it was. */
  heard() {
    if (this.#isPinging) this.#pingLater();
    else this.#quietMs = UNHEARD_QUIET_MS;
    this.#heardAtMs = this.#environment.nowMs();
    this.#sentBytesWhenHeard = this.#sentBytes;
    this.#spokenMs = 0;
    this.#stopPing();
  }

  /** The service has answered an update: it is one that does. */
  answered() {
    this.#answersPings = true;
  }

  /** Something has happened to the page or to the network: make sure that the service is still there. */
  check() {
    if (!this.#isPinging && this.#silentMs > QUIET_MS) this.#ping();
  }

  /**
   * The microphone goes on: a service that never reacts to speech is asked whether it is there.
   * @param {number} speechMs how much of what it gave sounds like speech
   */
  listen(speechMs) {
    this.#spokenMs += speechMs;
    if (this.#isPinging || this.#spokenMs < UNHEARD_SPEECH_MS) return;
    if (this.#silentMs > this.#quietMs) this.#ping();
  }

  get #silentMs() {
    return this.#environment.nowMs() - this.#heardAtMs;
  }

  /** A slow connection piles up too, but something leaves it from check to check: it is not dead. */
  #checkBuffer() {
    const bufferedBytes = this.#socket.bufferedBytes();
    const leftBytes = this.#sentBytes - bufferedBytes;
    const isStuck = bufferedBytes > SUSPECT_BYTES && leftBytes <= this.#lastLeftBytes;
    this.#lastLeftBytes = leftBytes;
    this.#strikes = isStuck ? this.#strikes + 1 : 0;
    if (this.#strikes >= STRIKES) this.#die('half-open');
  }

  #ping() {
    this.#isPinging = true;
    this.#socket.send(PING);
    const dueMs = this.#environment.nowMs() + PING_TIMEOUT_MS;
    this.#pingTimer = this.#environment.schedule(() => {
      // A timer that comes very late was frozen with its page, and the answer may still be waiting behind it.
      if (this.#environment.nowMs() - dueMs > PING_TIMEOUT_MS) return this.#ping();
      if (this.#answersPings) return this.#die('no-answer');
      this.#isPinging = false;
      this.#pingLater();
    }, PING_TIMEOUT_MS);
  }

  #pingLater() {
    this.#quietMs = Math.min(this.#quietMs * 2, MAX_UNHEARD_QUIET_MS);
  }

  #stopPing() {
    this.#isPinging = false;
    this.#environment.cancel(this.#pingTimer);
  }

  /**
   * Nobody knows how much of what was sent lies in buffers on the way; but a service that was heard had got what was
   * sent before, for it reacts to speech within a second.
   * @param {string} cause for the statistics
   */
  #die(cause) {
    this.stop();
    const unheardBytes = this.#sentBytes - this.#sentBytesWhenHeard;
    this.#socket.onDead(cause, Math.max(this.#socket.bufferedBytes(), unheardBytes));
  }
}
