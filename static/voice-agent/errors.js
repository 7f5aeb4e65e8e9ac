// The one error class of the client, and every code it can carry. Any thread; imports nothing.

/**
 * Sentences a person can read, by code. A page may show its own words instead.
 * @satisfies {Record<string, {message: string, retryable: boolean}>}
 */
const KNOWN = {
  'insecure-context': {
    message: 'The browser gives a page the microphone only over https or on localhost.',
    retryable: false,
  },
  'unsupported-browser': {
    message: 'This browser cannot capture or play live audio the way a call needs.',
    retryable: false,
  },
  'microphone-denied': {
    message: 'The browser was not allowed to use the microphone.',
    retryable: false,
  },
  'microphone-blocked-by-policy': {
    message: 'The page around this one does not let it use the microphone.',
    retryable: false,
  },
  'microphone-not-found': {
    message: 'No microphone was found.',
    retryable: true,
  },
  'microphone-busy': {
    message: 'The microphone could not be opened; another program may be using it.',
    retryable: true,
  },
  'audio-failed': {
    message: 'The browser could not start its audio system.',
    retryable: true,
  },
  'offline': {
    message: 'There is no internet connection.',
    retryable: true,
  },
  'other-tab': {
    message: 'Another tab or window of this browser is in a call.',
    retryable: true,
  },
  'invalid-session': {
    message: 'The settings of the call are not what they must be.',
    retryable: false,
  },
  'immutable-field': {
    message: 'This setting cannot be changed during a call.',
    retryable: false,
  },
  'update-refused': {
    message: 'The agent did not accept the new settings; the call goes on with the old ones.',
    retryable: false,
  },
  'token-refused': {
    message: 'This service did not allow the call to start.',
    retryable: false,
  },
  'token-limited': {
    message: 'Too many calls were started; please wait a little.',
    retryable: true,
  },
  'token-unavailable': {
    message: 'The service that starts calls did not answer as it should.',
    retryable: true,
  },
  'connection-failed': {
    message: 'The agent could not be reached.',
    retryable: true,
  },
  'connection-lost': {
    message: 'The connection to the agent was lost.',
    retryable: true,
  },
  'unauthorized': {
    message: 'The agent did not accept the call.',
    retryable: false,
  },
  'agent-refused': {
    message: 'The agent did not accept the settings of this call.',
    retryable: false,
  },
  'at-capacity': {
    message: 'The agent is busy at the moment.',
    retryable: true,
  },
  'resume-refused': {
    message: 'The conversation could not be picked up where it stopped.',
    retryable: true,
  },
  'session-expired': {
    message: 'The call reached its time limit.',
    retryable: false,
  },
  'internal-error': {
    message: 'Something went wrong inside this page, and the call had to end.',
    retryable: true,
  },
  'protocol-error': {
    message: 'The agent sent something that could not be understood.',
    retryable: true,
  },
};

/** @typedef {keyof typeof KNOWN} ErrorCode */

/** Every code there is, for whoever shows words of their own. */
export const ERROR_CODES = /** @type {ErrorCode[]} */ (Object.keys(KNOWN));

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
    super(details.message ?? KNOWN[code].message, { cause: details.cause });
    this.name = 'VoiceAgentError';
    this.code = code;
    this.retryable = details.retryable ?? KNOWN[code].retryable;
    this.retryAfterSeconds = details.retryAfterSeconds ?? null;
    this.problem = details.problem ?? null;
    this.upstreamCode = details.upstreamCode ?? null;
    this.param = details.param ?? null;
    this.voices = details.voices ?? [];
  }

  /** A plain object that survives `postMessage`; the cause stays behind as text. */
  toJSON() {
    const { code, message, retryable, retryAfterSeconds, problem, upstreamCode, param, voices } =
      this;
    const cause = this.cause === undefined ? undefined : String(this.cause);
    return {
      code,
      message,
      retryable,
      retryAfterSeconds,
      problem,
      upstreamCode,
      param,
      voices,
      cause,
    };
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
