// One WebSocket from open to close. Never used twice; once closed from here, late events reach nobody.

import { VoiceAgentError } from '../../errors.js';
import { HalfOpenWatch } from './liveness.js';
import { Probe } from './ping.js';
import { decode, encode, isRepeated } from './protocol.js';
import { announcedError, closeError } from './failures.js';

/** A handshake takes three times the way there and back; who has not answered by now will not. */
const OPEN_TIMEOUT_MS = 5_000;

/** Source: the service gives up after 10 s without a ready agent ("agent_timeout"); a little more. */
const READY_TIMEOUT_MS = 12_000;

/** How long the goodbye of a connection that is out of use may take. Source: the vendor's starters, 3 s. */
const GOODBYE_TIMEOUT_MS = 3_000;

/** No more microphone is handed over while this much waits in the socket: our own queue is the bounded one. */
const CONGESTED_BYTES = 96_000;

/**
 * Wire text that a line takes along when it breaks without a close frame: what is on its way, and what the service
 * has not read yet. Three frames; measured on loopback, two were lost.
 */
const IN_FLIGHT_BYTES = 3_900;

/** The code of a close without a close frame. Source: RFC 6455, 7.1.5. */
const BROKEN = 1006;

/**
 * How a connection ended.
 * @typedef {object} Closure
 * @property {VoiceAgentError} error
 * @property {boolean} wasReady whether there was a session to lose
 * @property {string} cause for the statistics: `close-1006`, `half-open`, …
 * @property {number} unsentBytes wire text, counted from the newest, that did not get through or may not have
 *
 * @typedef {object} ConnectionOptions
 * @property {import('../ports.js').Environment} environment
 * @property {string} wsUrl
 * @property {string} token
 * @property {import('./protocol.js').ClientMessage} opening the first message: session.update or session.resume
 * @property {{sent: (text: string) => void, received: (message: ServerMessage, data: unknown) => void}} traffic
 * @property {(message: import('./protocol.js').ServerMessage) => void} onMessage
 * @property {(closure: Closure) => void} onClose once, unless it is closed from here
 */

/** @typedef {import('./protocol.js').ServerMessage} ServerMessage */

export class Connection {
  #options;
  #socket;
  #watch;
  #probe;
  /** @type {unknown} runs out when the step under way takes too long */
  #timer;
  /** @type {import('./failures.js').Stage} */
  #stage;
  #saidGoodbye = false;
  #isDone = false;
  #sentBytes = 0;
  #sentBytesWhenHeard = 0;
  /** @type {unknown} */
  #lastData = null;
  /** @type {VoiceAgentError | null} the last error that the agent announced */
  #announced = null;

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.#options = options;
    const { environment, wsUrl, token, opening } = options;
    this.#stage = opening.type === 'session.resume' ? 'resuming' : 'opening';
    this.#socket = environment.openWebSocket(`${wsUrl}?token=${encodeURIComponent(token)}`);
    this.#socket.onopen = () => this.#opened(opening);
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onclose = ({ code }) => this.#closed(code);
    this.#watch = new HalfOpenWatch(environment, {
      readFlow: () => this.#flow,
      onDead: () => this.#lose('half-open'),
    });
    this.#probe = new Probe(environment, {
      send: (text) => this.send(text),
      onNoAnswer: () => this.#lose('no-answer'),
    });
    this.#allow(OPEN_TIMEOUT_MS, 'The agent could not be reached in time.');
  }

  /** Whether there is a session: `open` alone proves nothing, not even that the token was good. */
  get isReady() {
    return this.#stage === 'ready' && !this.#isDone;
  }

  /** Whether the socket has more to send than the network takes. */
  get isCongested() {
    return this.#socket.bufferedAmount > CONGESTED_BYTES;
  }

  /**
   * @param {string} text an encoded message
   * @returns {boolean} false when the socket is no longer open
   */
  send(text) {
    if (this.#socket.readyState !== 1) return false;
    this.#socket.send(text);
    this.#sentBytes += text.length;
    this.#options.traffic.sent(text);
    return true;
  }

  /** Something has happened to the network or to this page: make sure that the service is still there. */
  check() {
    if (this.isReady) this.#probe.doubt();
  }

  /**
   * The microphone goes on: a service that never reacts to speech is asked whether it is there.
   * @param {number} speechMs how much of what it gave sounds like speech
   */
  listen(speechMs) {
    if (this.isReady) this.#probe.listen(speechMs);
  }

  /**
   * Say goodbye, once: the service answers with `session.ended` and closes.
   * @returns {boolean} whether it was said
   */
  end() {
    this.#saidGoodbye ||= this.send(encode({ type: 'session.end' }));
    return this.#saidGoodbye;
  }

  /** Another connection has taken over: say goodbye, and be gone once it is answered. Nobody is told. */
  retire() {
    if (!this.end()) return this.close();
    this.#stopWatching();
    this.#isDone = true;
    this.#socket.onclose = () => this.close();
    this.#socket.onmessage = ({ data }) => {
      if (decode(data).type === 'ended') this.close();
    };
    this.#timer = this.#options.environment.schedule(() => this.close(), GOODBYE_TIMEOUT_MS);
  }

  /** Close from this side. Nobody is told. */
  close() {
    this.#isDone = true;
    this.#stopWatching();
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
  }

  /** @returns {import('./liveness.js').Flow} */
  get #flow() {
    return { sentBytes: this.#sentBytes, bufferedBytes: this.#socket.bufferedAmount };
  }

  /** @param {import('./protocol.js').ClientMessage} opening */
  #opened(opening) {
    this.send(encode(opening));
    this.#allow(READY_TIMEOUT_MS, 'The agent did not get ready in time.');
  }

  /**
   * Give the next step its time.
   * @param {number} timeoutMs
   * @param {string} message for when it is over
   */
  #allow(timeoutMs, message) {
    const { environment } = this.#options;
    const giveUp = () =>
      this.#finish(new VoiceAgentError('connection-failed', { message }), 'timeout');
    environment.cancel(this.#timer);
    this.#timer = environment.schedule(giveUp, timeoutMs);
  }

  /** @param {unknown} data */
  #receive(data) {
    const isRepetition = isRepeated(data, this.#lastData);
    this.#lastData = data;
    this.#sentBytesWhenHeard = this.#sentBytes;
    this.#probe.heard();
    if (isRepetition) return;
    const message = decode(data);
    this.#options.traffic.received(message, data);
    this.#take(message);
  }

  /** @param {ServerMessage} message */
  #take(message) {
    if (message.type === 'ready') {
      if (this.#stage === 'ready') return; // once for each socket
      this.#becomeReady();
    }
    if (message.type === 'updated') this.#probe.trust();
    this.#options.onMessage(message);
    if (message.type === 'error') this.#heed(message);
  }

  /**
   * While there is no session every error is fatal, though some versions of the service leave the socket open.
   * @param {Extract<ServerMessage, {type: 'error'}>} message
   */
  #heed(message) {
    this.#announced = announcedError(message, this.#stage);
    const isFatal = this.#stage !== 'ready' && !this.#isDone;
    if (this.#announced && isFatal) this.#finish(this.#announced, 'refused');
  }

  #becomeReady() {
    this.#stage = 'ready';
    this.#announced = null;
    this.#options.environment.cancel(this.#timer);
    this.#watch.start();
  }

  /** @param {number} code */
  #closed(code) {
    const onTheWayBytes = code === BROKEN ? IN_FLIGHT_BYTES : 0;
    const unsentBytes = this.#flow.bufferedBytes + onTheWayBytes;
    this.#finish(this.#announced ?? closeError(code, this.#stage), `close-${code}`, unsentBytes);
  }

  /**
   * The network has lost this connection without a word. Nobody knows how much of what was sent lies in buffers on
   * the way; but a service that was heard had got what was sent before, for it reacts to speech within a second.
   * @param {string} cause
   */
  #lose(cause) {
    const { sentBytes, bufferedBytes } = this.#flow;
    const unheardBytes = Math.max(bufferedBytes, sentBytes - this.#sentBytesWhenHeard);
    this.#finish(new VoiceAgentError('connection-lost', { cause }), cause, unheardBytes);
  }

  /**
   * @param {VoiceAgentError} error
   * @param {string} cause
   * @param {number} [unsentBytes]
   */
  #finish(error, cause, unsentBytes = 0) {
    this.close();
    this.#options.onClose({ error, wasReady: this.#stage === 'ready', cause, unsentBytes });
  }

  #stopWatching() {
    this.#watch.stop();
    this.#probe.stop();
    this.#options.environment.cancel(this.#timer);
  }
}
