// One WebSocket from open to close. Never used twice; once closed from here, late events reach nobody.

import { VoiceAgentError } from './errors.js';
import { decode, encode, listedVoices } from './protocol.js';

/** Source: the service gives up after 10 s without a ready agent ("agent_timeout"); a little more. */
const READY_TIMEOUT_MS = 12_000;

/**
 * @typedef {object} ConnectionOptions
 * @property {import('./environment.js').Environment} environment
 * @property {string} wsUrl
 * @property {string} token
 * @property {import('./protocol.js').ClientMessage} opening the first message: session.update or session.resume
 * @property {(message: import('./protocol.js').ServerMessage) => void} onMessage
 * @property {(error: VoiceAgentError, afterReady: boolean) => void} onClose once, however it ends
 */

/** @typedef {import('./protocol.js').ServerMessage} ServerMessage */

export class Connection {
  #options;
  #socket;
  #readyTimer;
  #ready = false;
  #saidGoodbye = false;
  /** @type {VoiceAgentError | null} the last error that the agent named */
  #named = null;

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.#options = options;
    const { environment, wsUrl, token, opening } = options;
    this.#socket = environment.openWebSocket(`${wsUrl}?token=${encodeURIComponent(token)}`);
    this.#socket.onopen = () => this.#socket.send(encode(opening));
    this.#socket.onmessage = ({ data }) => this.#receive(decode(data));
    this.#socket.onclose = ({ code }) => this.#finish(this.#closeError(code));
    this.#readyTimer = environment.schedule(() => {
      const message = 'The agent did not get ready in time.';
      this.close(new VoiceAgentError('connection-failed', { message }));
    }, READY_TIMEOUT_MS);
  }

  /** Whether the session is ready: `open` alone proves nothing, not even that the token was good. */
  get isReady() {
    return this.#ready;
  }

  /**
   * @param {string} text an encoded message
   * @returns {boolean} false when the socket is no longer open
   */
  send(text) {
    if (this.#socket.readyState !== 1) return false;
    this.#socket.send(text);
    return true;
  }

  /**
   * Say goodbye, once: the service answers with `session.ended` and closes.
   * @returns {boolean} whether it was said
   */
  end() {
    this.#saidGoodbye ||= this.send(encode({ type: 'session.end' }));
    return this.#saidGoodbye;
  }

  /**
   * Close from this side. With an error, `onClose` gets it; without one, nobody is told.
   * @param {VoiceAgentError} [error]
   */
  close(error) {
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#options.environment.cancel(this.#readyTimer);
    this.#socket.close();
    if (error) this.#options.onClose(error, this.#ready);
  }

  /** @param {ServerMessage} message */
  #receive(message) {
    if (message.type === 'ready') {
      this.#ready = true;
      this.#named = null;
      this.#options.environment.cancel(this.#readyTimer);
    }
    if (message.type === 'error') this.#named = namedError(message);
    this.#options.onMessage(message);
    // Some versions of the service leave the socket open after refusing a resume: it is dead all the same.
    if (this.#named?.code === 'resume-refused' && !this.#ready) this.close(this.#named);
  }

  /** @param {VoiceAgentError} error */
  #finish(error) {
    this.#options.environment.cancel(this.#readyTimer);
    this.#options.onClose(error, this.#ready);
  }

  /** @param {number} code */
  #closeError(code) {
    const fallback = this.#ready ? 'connection-lost' : 'connection-failed';
    // 1008 without a word is a refusal too (documents: policy; also used for a bad token).
    if (this.#named) return this.#named;
    return code === 1008 && !this.#ready
      ? new VoiceAgentError('unauthorized')
      : new VoiceAgentError(fallback, { cause: `close ${code}` });
  }
}

/**
 * Error codes of the wire (lower case) to ours. Source: documents, "errors", and seen live 2026-09.
 * @type {Map<string, import('./errors.js').ErrorCode>}
 */
const CODES = new Map([
  ['unauthorized', 'unauthorized'],
  ['forbidden', 'unauthorized'],
  ['session_not_found', 'resume-refused'],
  ['session_forbidden', 'resume-refused'],
  ['session_expired', 'session-expired'],
  ['concurrency_exceeded', 'at-capacity'],
  ['at_capacity', 'at-capacity'],
  ['server_error', 'connection-failed'],
  ['internal_error', 'connection-failed'],
  ['agent_timeout', 'connection-failed'],
  ['agent_init_failed', 'connection-failed'],
]);

/**
 * @param {Extract<ServerMessage, {type: 'error'}>} message
 * @returns {VoiceAgentError}
 */
function namedError({ code, text, param }) {
  const own = CODES.get(code) ?? 'agent-refused';
  const voices = param === 'output.voice' ? listedVoices(text) : [];
  return new VoiceAgentError(own, { upstreamCode: code, cause: text, voices });
}
