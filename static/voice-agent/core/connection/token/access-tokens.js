// Asks the host for the access token that the page has from its own login: anew for each request, held nowhere.

import { VoiceAgentError } from '../../../errors.js';

/** How long the page may take: it may have to renew its login first. */
const ANSWER_TIMEOUT_MS = 10_000;

const NO_TOKEN = 'This page could not get the access token that its calls need.';
const NO_ANSWER = 'This page took too long to get the access token that its calls need.';

/**
 * @typedef {object} AccessAnswer
 * @property {number} id of the question
 * @property {string | null} token null when the page has none to give
 * @property {string | null} cause why not
 */

export class AccessTokens {
  #environment;
  #onWanted;
  #lastId = 0;
  /** @type {Map<number, (answer: AccessAnswer) => void>} */
  #waiting = new Map();

  /**
   * @param {import('../../ports.js').Environment} environment
   * @param {(id: number) => void} onWanted the host is to answer the question with this id
   */
  constructor(environment, onWanted) {
    this.#environment = environment;
    this.#onWanted = onWanted;
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<string>}
   * @throws {VoiceAgentError} token-refused; retryable, because a page that is offline cannot renew its login
   */
  ask(signal) {
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      const giveUp = () => settle(() => reject(signal.reason));
      const timer = this.#environment.schedule(
        () => settle(() => reject(refused(NO_ANSWER))),
        ANSWER_TIMEOUT_MS,
      );
      const settle = (/** @type {() => void} */ finish) => {
        this.#waiting.delete(id);
        this.#environment.cancel(timer);
        signal.removeEventListener('abort', giveUp);
        finish();
      };
      this.#waiting.set(id, ({ token, cause }) =>
        settle(() => (token === null ? reject(refused(NO_TOKEN, cause)) : resolve(token))),
      );
      signal.addEventListener('abort', giveUp);
      this.#onWanted(id);
    });
  }

  /** @param {AccessAnswer} answer to a question that nobody may be asking any more */
  answer(answer) {
    this.#waiting.get(answer.id)?.(answer);
  }
}

/** @param {string} message @param {string | null} [cause] */
function refused(message, cause) {
  return new VoiceAgentError('token-refused', {
    message,
    retryable: true,
    cause: cause ?? message,
  });
}
