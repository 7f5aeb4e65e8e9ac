// One session on one WebSocket: a token, the socket, the first message, and the way to that session until it ends.
// Never used twice; once closed from this side, nobody is told of late events.

import { announcedError, closeError, forbidden } from './failures.js';
import { Liveness } from './liveness.js';
import { decode, encode, isRepeated } from './protocol.js';
import { VoiceAgentError } from '../../errors.js';

/** A handshake takes three times the way there and back; who has not answered by now will not. */
const OPEN_TIMEOUT_MS = 5_000;

/** Source: the service gives up after 10 s without a ready agent ("agent_timeout"); a little more. */
const READY_TIMEOUT_MS = 12_000;

/** A service that is there answers a resume at once, by a yes or a no: rather a new session than a longer wait. */
const RESUME_TIMEOUT_MS = 4_000;

/**
 * How long a goodbye may take to be answered; nobody waits for it. A line that is dropped sooner leaves a session that
 * costs money for 30 s more. Source: two public teams, 2026-09: it took more than 4 and 5 s after long calls.
 */
const GOODBYE_TIMEOUT_MS = 10_000;

/** How long an open socket waits for the microphone. Where one is allowed, the slowest headset is open by then. */
const MICROPHONE_TIMEOUT_MS = 10_000;

/** An attempt that has taken so long is started over when there is a network again. */
const STALLED_MS = 2_000;

/** Backpressure: no more microphone is handed over while this much waits here. Our own queue is the bounded one. */
const BACKPRESSURE_BYTES = 96_000;

/**
 * Wire text that a line takes along when it breaks without a close frame: what is on its way, and what the service
 * has not read yet. Three frames; measured on loopback, two were lost.
 */
const IN_FLIGHT_BYTES = 3_900;

/** Longest message that is read. The longest known, an echoed configuration, has some 10,000; 100 MB end the tab. */
const MAX_MESSAGE_CHARACTERS = 1024 * 1024;

/** Codes of a close that was meant, and of one without a close frame. Source: RFC 6455, 7.4.1. */
const NORMAL = 1000;
const BROKEN = 1006;

/**
 * @typedef {import('./protocol.js').ServerMessage} ServerMessage
 * @typedef {import('./token/token.js').VoiceToken} VoiceToken
 *
 * A session that is ready, as its socket told.
 * @typedef {Extract<ServerMessage, {type: 'ready'}>
 *   & {capSeconds: number | null, receipt: string | null, isExtension: boolean}} ReadySession `capSeconds`: what its token
 *   allows; `receipt`: that it came with; `isExtension`: it is there to put the time limit off
 *
 * How a connection ended.
 * @typedef {object} Closure
 * @property {VoiceAgentError} error
 * @property {string} cause for the statistics: `close-1006`, `half-open`, …
 * @property {number} unsentBytes wire text, counted from the newest, that did not get through or may not have
 * @property {boolean} [isHung] it is the service that does not answer, as far as one can tell
 *
 * What becomes of it. Not called any more once it was closed from this side.
 * @typedef {object} SocketListener
 * @property {(session: ReadySession) => void} onReady
 * @property {(message: ServerMessage) => void} onMessage whatever else arrives
 * @property {(error: VoiceAgentError) => void} onFailed it never became ready
 * @property {(closure: Closure) => void} onLost it was ready, and is gone
 *
 * @typedef {object} SocketOptions
 * @property {import('../ports.js').Environment} environment
 * @property {import('../ports.js').Telemetry} stats
 * @property {(receipt: {type: 'receipt', sessionId: string, receipt: string}) => void} emit
 * @property {import('./token/token-prefetch.js').TokenPrefetch} tokens
 * @property {import('./token/token-prefetch.js').TokenSpec} spec what its token must allow
 * @property {() => import('./protocol.js').ClientMessage} opening the first message: session.update or
 *   session.resume; asked for when it is sent
 * @property {import('./liveness.js').ServiceTraits} service
 * @property {() => boolean} mayBegin whether it may be sent: it begins what is paid for; `begin` says when it may
 * @property {{add(socket: SessionSocket): void, delete(socket: SessionSocket): void}} retiring those whose goodbye is
 *   not answered yet
 * @property {boolean} [isExtension]
 */

export class SessionSocket {
  #options;
  #listener;
  #abort = new AbortController();
  /** @type {WebSocket | null} null until there is a token */
  #socket = null;
  #liveness;
  #begunAtMs;
  /** @type {unknown} runs out when the step under way takes too long */
  #timer;
  /** @type {import('./failures.js').Stage} */
  #stage = 'opening';
  #hasBegun = false;
  /** Of its token. @type {string | null} */
  #receipt = null;
  #saidGoodbye = false;
  #isDone = false;
  /** @type {unknown} */
  #lastData = null;
  /** @type {VoiceAgentError | null} the last error that the agent announced */
  #announced = null;

  /** @param {SocketOptions} options @param {SocketListener} listener */
  constructor(options, listener) {
    const { environment, service } = options;
    this.#options = options;
    this.#listener = listener;
    this.#begunAtMs = environment.nowMs();
    const watched = {
      send: (/** @type {string} */ text) => this.send(text),
      bufferedBytes: () => this.#bufferedBytes,
      onDead: this.#dead.bind(this),
    };
    this.#liveness = new Liveness(environment, watched, service);
    void this.#begin();
  }

  /** Whether there is a session: `open` alone proves nothing, not even that the token was good. */
  get isReady() {
    return this.#stage === 'ready' && !this.#isDone;
  }

  /** Whether it takes so long to get ready that starting over may be quicker. */
  get isStalled() {
    const isWaiting = this.#isOpen && !this.#hasBegun; // for the microphone, which another socket would do as well
    return (
      !this.isReady &&
      !isWaiting &&
      this.#options.environment.nowMs() - this.#begunAtMs > STALLED_MS
    );
  }

  /** Whether the microphone should wait: more is in the socket, or sent to who does not answer, than the network takes. */
  get hasBackpressure() {
    const waitingBytes = Math.max(this.#bufferedBytes, this.#liveness.unansweredBytes);
    return waitingBytes > BACKPRESSURE_BYTES;
  }

  /** @param {SocketListener} listener in place of the one before */
  tell(listener) {
    this.#listener = listener;
  }

  /**
   * @param {string} text an encoded message
   * @returns {boolean} false when it could not be sent
   */
  send(text) {
    if (!this.#isOpen) return false;
    this.#socket?.send(text);
    this.#liveness.sent(text.length);
    this.#options.stats.traffic.sent(text);
    return true;
  }

  /** See `Liveness.check`. */
  check() {
    if (this.isReady) this.#liveness.check();
  }

  /** See `Liveness.listen`. @param {number} speechMs */
  listen(speechMs) {
    if (this.isReady) this.#liveness.listen(speechMs);
  }

  /**
   * Not wanted any more: say goodbye, and be gone once it is answered. Nobody is told, but which session a token was
   * used for: a first message that was not answered yet may have begun one.
   */
  retire() {
    const socket = this.#socket;
    if (!this.#sayGoodbye() || !socket) return this.close();
    this.#stopWatching();
    this.#isDone = true;
    this.#options.retiring.add(this);
    socket.onclose = () => this.close();
    socket.onmessage = ({ data }) => {
      const message = decode(data);
      if (message.type === 'ready') this.#tellReceipt(message.sessionId);
      if (message.type === 'ended') this.close();
    };
    this.#timer = this.#options.environment.schedule(() => this.close(), GOODBYE_TIMEOUT_MS);
  }

  /** Close from this side. Nobody is told. */
  close() {
    this.#abort.abort();
    if (this.#socket && !this.#hasBegun && !this.#isDone) this.#options.tokens.handBackTaken();
    this.#options.retiring.delete(this);
    this.#isDone = true;
    this.#stopWatching();
    if (!this.#socket) return;
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
  }

  /** Begin the session, if the socket is open, it has not begun, and it may. */
  begin() {
    if (!this.#isOpen || this.#hasBegun || !this.#options.mayBegin()) return;
    this.#hasBegun = true;
    const opening = this.#options.opening();
    if (opening.type === 'session.resume') this.#stage = 'resuming';
    this.send(encode(opening));
    if (this.#stage === 'resuming')
      this.#allow(RESUME_TIMEOUT_MS, 'resume-refused', 'The agent did not resume in time.');
    else this.#allow(READY_TIMEOUT_MS, 'agent-failed', 'The agent did not get ready in time.');
  }

  /**
   * Say goodbye, once: the service answers with `session.ended` and closes.
   * @returns {boolean} whether it was said and an answer may come
   */
  #sayGoodbye() {
    this.#abort.abort();
    if (this.#hasBegun) this.#saidGoodbye ||= this.send(encode({ type: 'session.end' }));
    return this.#saidGoodbye;
  }

  get #isOpen() {
    return this.#socket?.readyState === 1;
  }

  get #bufferedBytes() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  async #begin() {
    const { tokens, spec } = this.#options;
    const { signal } = this.#abort;
    try {
      const granted = await tokens.take(spec, signal);
      if (!signal.aborted) this.#connect(granted);
    } catch (error) {
      if (!signal.aborted)
        this.#listener.onFailed(VoiceAgentError.from(error, 'connection-failed'));
    }
  }

  /** @param {VoiceToken} granted */
  #connect(granted) {
    const { environment, stats } = this.#options;
    stats.connection.sockets += 1;
    stats.log.note('connection', 'socket');
    const address = `${granted.wsUrl}?token=${encodeURIComponent(granted.token)}`;
    this.#receipt = granted.receipt;
    const onForbidden = () => this.#finish(forbidden(granted.wsUrl), 'forbidden');
    environment.onForbidden(address, onForbidden, this.#abort.signal);
    this.#socket = environment.openWebSocket(address);
    this.#socket.onopen = () => {
      this.#allow(MICROPHONE_TIMEOUT_MS, 'audio-failed', 'The microphone gave no sound in time.');
      this.begin();
    };
    this.#socket.onmessage = ({ data }) => this.#receive(data, granted);
    this.#socket.onclose = ({ code }) => {
      // Closed on purpose, if without a goodbye: another session would be paid for unasked.
      if (code === NORMAL && this.isReady && !this.#announced)
        return this.#listener.onMessage({ type: 'ended', durationSeconds: null });
      const error = this.#announced ?? closeError(code, this.#stage);
      const onTheWayBytes = code === BROKEN ? IN_FLIGHT_BYTES : 0;
      this.#finish(error, `close-${code}`, this.#bufferedBytes + onTheWayBytes);
    };
    this.#allow(OPEN_TIMEOUT_MS, 'connection-failed', 'The agent could not be reached in time.');
  }

  /**
   * Give the next step its time.
   * @param {number} timeoutMs
   * @param {import('../../errors.js').ErrorCode} code for when it is over
   * @param {string} message
   */
  #allow(timeoutMs, code, message) {
    const { environment } = this.#options;
    const giveUp = () => {
      this.#sayGoodbye(); // what was not answered may have begun a session
      this.#finish(new VoiceAgentError(code, { message }), 'timeout');
    };
    environment.cancel(this.#timer);
    this.#timer = environment.schedule(giveUp, timeoutMs);
  }

  /** @param {unknown} data @param {VoiceToken} granted */
  #receive(data, granted) {
    if (typeof data === 'string' && data.length > MAX_MESSAGE_CHARACTERS) {
      this.#sayGoodbye();
      const message = 'The agent sent a message that is far too long.';
      return this.#finish(new VoiceAgentError('protocol-error', { message }), 'too-long');
    }
    const isRepetition = isRepeated(data, this.#lastData);
    this.#lastData = data;
    this.#liveness.received();
    if (isRepetition) return;
    const message = decode(data);
    this.#options.stats.traffic.received(message, data);
    if (message.type === 'ready') return this.#becomeReady(message, granted);
    this.#liveness.observe(message);
    this.#listener.onMessage(message);
    if (message.type !== 'error') return;
    // While there is no session every error is fatal, though some versions of the service leave the socket open.
    this.#announced = announcedError(message, this.#stage);
    const isFatal = this.#stage !== 'ready' && !this.#isDone;
    if (this.#announced && isFatal) this.#finish(this.#announced, 'refused');
  }

  /**
   * Once for each socket, however often it is said.
   * @param {Extract<ServerMessage, {type: 'ready'}>} message
   * @param {VoiceToken} granted
   */
  #becomeReady(message, { maxSessionDurationSeconds: capSeconds, receipt }) {
    if (this.#stage === 'ready') return;
    this.#tellReceipt(message.sessionId);
    this.#announced = null;
    this.#options.environment.cancel(this.#timer);
    this.#liveness.start();
    const { isExtension = false } = this.#options;
    this.#listener.onReady({ ...message, capSeconds, receipt, isExtension });
  }

  /** There is a session, once for each socket. @param {string | null} sessionId */
  #tellReceipt(sessionId) {
    if (this.#stage === 'ready') return;
    this.#stage = 'ready';
    const receipt = this.#receipt;
    if (sessionId !== null && receipt !== null)
      this.#options.emit({ type: 'receipt', sessionId, receipt });
  }

  /** @param {{cause: string, unheardBytes: number, isHung: boolean}} death */
  #dead({ cause, unheardBytes, isHung }) {
    if (isHung) this.#sayGoodbye(); // it is not resumed, and would go on costing money
    this.#finish(new VoiceAgentError('connection-lost', { cause }), cause, unheardBytes, isHung);
  }

  /** @param {VoiceAgentError} error @param {string} cause @param {number} [unsentBytes] @param {boolean} [isHung] */
  #finish(error, cause, unsentBytes = 0, isHung = false) {
    this.close();
    if (this.#stage === 'ready') this.#listener.onLost({ error, cause, unsentBytes, isHung });
    else this.#listener.onFailed(error);
  }

  #stopWatching() {
    this.#liveness.stop();
    this.#options.environment.cancel(this.#timer);
  }
}
