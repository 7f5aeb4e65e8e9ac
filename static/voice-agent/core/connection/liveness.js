// The liveness check: finds out that a connection is dead although nobody has said so. The browser was seen to call
// such a socket open for 75 s and more.
//
// Two signs. What piles up in the socket, once the buffers of browser and system are full: they were seen to swallow
// from 2.7 s of speech to many times that; WebKitGTK tells nothing of it (64 MiB were gone within 200 ms, the peer read
// none). And a ping that is not answered; it is only sent where there is a reason for doubt, as a service that nobody
// talks to says nothing: somebody speaks, or a reply goes on, and no event comes. One that is not known to answer pings
// is taken for dead only where much is said to it.

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

/** So much without an event says that a service is dead which may not answer pings: more than a noise, a sentence. */
const SURELY_UNHEARD_SPEECH_MS = 3_000;

/** How long the answer to a ping may take. */
const PING_TIMEOUT_MS = 4_000;

/**
 * A change that changes nothing. Source: documents: every session.update is answered, by `session.updated` or
 * `session.error`. Older versions were silent where they agreed.
 */
const PING = encode({ type: 'session.update', session: {} });

/**
 * What the sessions of a call have shown of their service. `isDoubted`: it was left once for what may have been noise.
 * @typedef {{answersPings: boolean, isDoubted: boolean}} ServiceTraits
 */

/** @returns {ServiceTraits} of one that is not known yet */
export function newService() {
  return { answersPings: false, isDoubted: false };
}

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
  /** Whether a reply is under way: more of it is to come. */
  #isReplying = false;
  /** Whether the service says that somebody speaks. */
  #isHearing = false;
  #isPinging = false;
  #sentBytesAtPing = 0;
  #service;
  /** @type {unknown} */
  #pingTimer;

  /**
   * @param {import('../ports.js').Environment} environment
   * @param {object} socket
   * @param {(text: string) => void} socket.send
   * @param {() => number} socket.bufferedBytes of what was sent, what has not left it
   * @param {(death: {cause: string, unheardBytes: number, isHung: boolean}) => void} socket.onDead once; `unheardBytes`:
   *   wire text, counted from the newest, that the service may not have got; `isHung`: not the line, as far as one
   *   can tell
   * @param {ServiceTraits} service
   */
  constructor(environment, socket, service) {
    this.#environment = environment;
    this.#socket = socket;
    this.#service = service;
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
  received() {
    if (this.#isPinging) this.#pingLater();
    else this.#quietMs = UNHEARD_QUIET_MS;
    this.#heardAtMs = this.#environment.nowMs();
    this.#sentBytesWhenHeard = this.#sentBytes;
    this.#spokenMs = 0;
    this.#stopPing();
  }

  /** What it said. @param {import('./protocol.js').ServerMessage} message */
  observe({ type, ...message }) {
    if (type === 'updated') this.#service.answersPings = true;
    if (type === 'reply-started') this.#isReplying = true;
    if (type === 'reply-done') this.#isReplying = false;
    if (type === 'speech-started') this.#isHearing = true;
    if (type === 'speech-stopped' || ('final' in message && message.final)) this.#isHearing = false;
  }

  /** Wire text that was sent since a ping to which an answer is due. */
  get unansweredBytes() {
    const isDue = this.#isPinging && this.#service.answersPings;
    return isDue ? this.#sentBytes - this.#sentBytesAtPing : 0;
  }

  /** Something has happened to the page or to the network: make sure that the service is still there. */
  check() {
    if (!this.#isPinging && this.#silentMs > QUIET_MS) this.#ping({ isHung: false });
  }

  /**
   * The microphone goes on: a service that never reacts to speech, or stops in the middle of a reply, is asked whether
   * it is there.
   * @param {number} speechMs how much of what it gave sounds like speech
   */
  listen(speechMs) {
    this.#spokenMs += speechMs;
    const isExpected = this.#isReplying || this.#spokenMs >= UNHEARD_SPEECH_MS;
    if (isExpected && !this.#isPinging && this.#silentMs > this.#quietMs)
      this.#ping({ isHung: true });
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
    if (this.#strikes >= STRIKES) this.#die({ cause: 'half-open', isHung: false });
  }

  /** @param {{isHung: boolean}} doubt whether it is the service's doing where no answer comes, or the line's */
  #ping({ isHung }) {
    this.#isPinging = true;
    this.#socket.send(PING);
    this.#sentBytesAtPing = this.#sentBytes;
    const dueMs = this.#environment.nowMs() + PING_TIMEOUT_MS;
    this.#pingTimer = this.#environment.schedule(() => {
      // A timer that comes very late was frozen with its page, and the answer may still be waiting behind it.
      if (this.#environment.nowMs() - dueMs > PING_TIMEOUT_MS) return this.#ping({ isHung });
      if (this.#isSurelyDead()) return this.#die({ cause: 'no-answer', isHung });
      this.#isPinging = false;
      this.#pingLater();
    }, PING_TIMEOUT_MS);
  }

  #isSurelyDead() {
    if (this.#service.answersPings) return true;
    const isUnheard = !this.#isHearing && this.#spokenMs >= SURELY_UNHEARD_SPEECH_MS;
    if (!isUnheard || this.#service.isDoubted) return false;
    return (this.#service.isDoubted = true);
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
   * @param {{cause: string, isHung: boolean}} death `cause`: for the statistics
   */
  #die(death) {
    this.stop();
    const sinceHeard = this.#sentBytes - this.#sentBytesWhenHeard;
    const unheardBytes = Math.max(this.#socket.bufferedBytes(), sinceHeard);
    this.#socket.onDead({ ...death, unheardBytes });
  }
}
