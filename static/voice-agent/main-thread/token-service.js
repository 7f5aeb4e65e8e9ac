// The page's side of its token service: how requests are allowed, and the word that a session is over. Main thread.

const CREDENTIALS = ['same-origin', 'include', 'omit'];

/** What may stand in a header's value without breaking it. */
const ONE_WORD = /^[\x21-\x7e]+$/;

/**
 * @typedef {object} TokenServiceOptions
 * @property {string | URL} [tokenUrl] relative to the page
 * @property {string | (() => string | Promise<string>)} [accessToken]
 * @property {'same-origin' | 'include' | 'omit'} [credentials]
 */

export class TokenService {
  #tokenUrl;
  #accessToken;
  #credentials;

  /**
   * @param {TokenServiceOptions} options
   * @throws {TypeError} an option is not what it must be
   */
  constructor({ tokenUrl = '/api/voice-token', accessToken, credentials = 'same-origin' }) {
    if (!CREDENTIALS.includes(credentials))
      throw new TypeError(`credentials must be one of ${CREDENTIALS.join(', ')}`);
    const isGiven = accessToken !== undefined;
    if (isGiven && typeof accessToken !== 'function' && !isOneWord(accessToken))
      throw new TypeError(
        'accessToken must be one word of visible ASCII characters, or a function that gives it',
      );
    this.#tokenUrl = tokenUrl;
    this.#accessToken = accessToken;
    this.#credentials = credentials;
  }

  /**
   * What the session core needs to know of it.
   * @returns {import('../core/connection/token.js').TokenService}
   */
  get description() {
    return {
      tokenUrl: this.#absoluteUrl.href,
      credentials: this.#credentials,
      asksAccess: this.#accessToken !== undefined,
    };
  }

  /**
   * The page's access token, got anew. It is in the answer and nowhere else.
   * @param {number} id of the core's question
   * @returns {Promise<import('../core/connection/access-tokens.js').AccessAnswer>}
   */
  async answerAccess(id) {
    try {
      const source = this.#accessToken;
      const token = await (typeof source === 'function' ? source() : source);
      if (isOneWord(token)) return { id, token, cause: null };
      return { id, token: null, cause: 'accessToken() gave no word of visible ASCII characters' };
    } catch (error) {
      return { id, token: null, cause: String(error) };
    }
  }

  /**
   * Tell the service that a session is over, so that it can give back what was not used of its time. The receipt is
   * all that it takes. Nobody waits for an answer, and it is not tried again: there may be no later.
   * @param {{sessionId: string, receipt: string}} end
   */
  reportEnd({ sessionId, receipt }) {
    const sent = fetch(new URL('session-ends', this.#absoluteUrl), {
      method: 'POST',
      keepalive: true,
      credentials: 'omit',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ session_id: sessionId, receipt }),
    });
    sent.catch(() => {});
  }

  get #absoluteUrl() {
    return new URL(this.#tokenUrl, document.baseURI);
  }
}

/** @param {unknown} value @returns {value is string} */
function isOneWord(value) {
  return typeof value === 'string' && ONE_WORD.test(value);
}
