// The one error class of the client, and every code it can carry. Any thread; imports nothing.

/** Sentences a person can read, by code. A page may show its own words instead. */
const MESSAGES = {
  'insecure-context': 'The browser gives a page the microphone only over https or on localhost.',
  'unsupported-browser': 'This browser cannot capture or play live audio the way a call needs.',
  'microphone-denied': 'The browser was not allowed to use the microphone.',
  'microphone-blocked-by-policy': 'The page around this one does not let it use the microphone.',
  'microphone-not-offered':
    'The microphone was refused at once: the app or browser that shows this page does not offer it.',
  'sandboxed-frame': 'The frame that shows this page is sandboxed and may not make calls.',
  'microphone-not-found': 'No microphone was found.',
  'microphone-busy': 'The microphone could not be opened; another program may be using it.',
  'audio-failed': 'The browser could not start its audio system.',
  'offline': 'There is no internet connection.',
  'other-tab': 'Another tab or window of this browser is in a call.',
  'invalid-session': 'The settings of the call are not what they must be.',
  'immutable-field': 'This setting cannot be changed during a call.',
  'update-refused':
    'The agent did not accept the new settings; the call goes on with the old ones.',
  'token-refused': 'This service did not allow the call to start.',
  'token-limited': 'Too many calls were started; please wait a little.',
  'token-unavailable': 'The service that starts calls did not answer as it should.',
  'connection-failed': 'The agent could not be reached.',
  'agent-failed': 'The agent service has a fault at the moment.',
  'connection-lost': 'The connection to the agent was lost.',
  'unauthorized': 'The agent did not accept the call.',
  'agent-refused': 'The agent did not accept the settings of this call.',
  'at-capacity': 'The agent is busy at the moment.',
  'resume-refused': 'The conversation could not be picked up where it stopped.',
  'session-expired': 'The call reached its time limit.',
  'internal-error': 'Something went wrong inside this page, and the call had to end.',
  'protocol-error': 'The agent sent something that could not be understood.',
};

/** What may be otherwise a moment later: trying again can help. @type {Set<string>} */
const RETRYABLE = new Set([
  'microphone-not-found',
  'microphone-busy',
  'audio-failed',
  'offline',
  'other-tab',
  'token-limited',
  'token-unavailable',
  'connection-failed',
  'agent-failed',
  'connection-lost',
  'at-capacity',
  'resume-refused',
  'internal-error',
]);

/** @typedef {keyof typeof MESSAGES} ErrorCode */

/** Every code there is, for whoever shows words of their own. */
export const ERROR_CODES = /** @type {ErrorCode[]} */ (Object.keys(MESSAGES));

/**
 * RFC 9457 problem details as the token service sends them.
 * @typedef {{status?: number, code?: string, title?: string, detail?: string, request_id?: string}} Problem
 */

/**
 * @typedef {object} ErrorDetails
 * @property {string} [message] a sentence that says more than the code's own
 * @property {boolean} [retryable] whether trying again can help, where it differs from the code's rule
 * @property {unknown} [cause]
 * @property {number | null} [retryAfterSeconds] how long the service asked to wait
 * @property {Problem | null} [problem] what the token service said
 * @property {string | null} [upstreamCode] the agent's own error code
 * @property {string | null} [param] the setting that the error is about, such as `output.voice`
 * @property {string[]} [voices] voices the agent offers, when it refused the one asked for
 */

/** Everything that can go wrong in a call, as one class. */
export class VoiceAgentError extends Error {
  /**
   * @param {ErrorCode} code stable, for programs
   * @param {ErrorDetails} [details]
   */
  constructor(code, details = {}) {
    super(details.message ?? MESSAGES[code], { cause: details.cause });
    this.name = 'VoiceAgentError';
    this.code = code;
    this.retryable = details.retryable ?? RETRYABLE.has(code);
    this.retryAfterSeconds = details.retryAfterSeconds ?? null;
    this.problem = details.problem ?? null;
    this.upstreamCode = details.upstreamCode ?? null;
    this.param = details.param ?? null;
    this.voices = details.voices ?? [];
  }

  /** A plain object that survives `postMessage`; the cause stays behind as text. */
  toJSON() {
    const { code, message, retryable, retryAfterSeconds, problem, upstreamCode, param } = this;
    const details = { retryable, retryAfterSeconds, problem, upstreamCode, param };
    const cause = this.cause === undefined ? undefined : String(this.cause);
    return { code, message, ...details, voices: this.voices, cause };
  }

  /**
   * The error that `toJSON` described on the other side of a port.
   * @param {ReturnType<VoiceAgentError['toJSON']>} plain
   */
  static fromJSON(plain) {
    return new VoiceAgentError(plain.code, plain);
  }

  /**
   * Any thrown value as a VoiceAgentError; one that is already stays as it is.
   * @param {unknown} thrown
   * @param {ErrorCode} code for anything else
   */
  static from(thrown, code) {
    return thrown instanceof VoiceAgentError
      ? thrown
      : new VoiceAgentError(code, { cause: thrown });
  }
}
