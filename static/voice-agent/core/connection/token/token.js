// Fetches a fresh token from the token service. A token is used for one session and never kept.

import { VoiceAgentError } from '../../../errors.js';

/** Source: the service's own budget for a mint is 10 s; this leaves room for the way there and back. */
const TOKEN_TIMEOUT_MS = 12_000;

/** Where a token is used whose service does not say so: the vendor's own. */
const DEFAULT_WS_URL = 'wss://agents.assemblyai.com/v1/ws';

/** A browser does not tell a page of another origin whether the service was away or said no. */
const FOREIGN_MESSAGE =
  "The service that starts calls could not be reached, or this page's origin is not on its list.";

/**
 * @typedef {object} VoiceToken
 * @property {string} token opaque; about 2,500 characters
 * @property {string} wsUrl where this token must be used
 * @property {number} expiresInSeconds how long it may open a socket, from the request on; 0 when that is not known
 * @property {number | null} maxSessionDurationSeconds
 * @property {string | null} receipt what names it to the service, once its session is over; older services give none
 */

/**
 * The service, as the page named it.
 * @typedef {object} TokenService
 * @property {string} tokenUrl absolute
 * @property {string} [wsUrl] where tokens are used whose answer does not name it
 * @property {RequestCredentials} [credentials] whether cookies go along; those of the same origin by default
 * @property {boolean} [asksAccess] whether the page has an access token for each request
 *
 * @typedef {TokenService & TokenDetails} TokenRequest
 *
 * @typedef {object} TokenDetails
 * @property {string | null} [accessToken] one word of visible ASCII
 * @property {number | null} [maxSessionDurationSeconds] what is left of the call, when it is picked up again
 * @property {string | null} [receipt] of the token before, when the call is picked up again
 * @property {AbortSignal} [signal]
 */

/**
 * Fetch one token.
 * @param {import('../../ports.js').Environment['fetch']} fetch
 * @param {TokenRequest} request
 * @returns {Promise<VoiceToken>}
 * @throws {VoiceAgentError} token-refused, token-limited (with `retryAfterSeconds`), token-unavailable
 */
export async function fetchToken(fetch, { tokenUrl, wsUrl, accessToken = null, ...request }) {
  const { maxSessionDurationSeconds = null, receipt = null } = request;
  const { credentials = 'same-origin', signal } = request;
  const url = new URL(tokenUrl);
  const authorization = accessToken === null ? null : { Authorization: `Bearer ${accessToken}` };
  if (maxSessionDurationSeconds !== null) {
    url.searchParams.set('max_session_duration_seconds', String(maxSessionDurationSeconds));
  }
  if (receipt !== null) url.searchParams.set('receipt', receipt);
  const timeout = AbortSignal.timeout(TOKEN_TIMEOUT_MS);
  try {
    const response = await fetch(url.href, {
      cache: 'no-store',
      credentials,
      headers: { Accept: 'application/json', ...authorization },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (!response.ok) throw await refusal(response);
    return readToken(await response.json(), wsUrl);
  } catch (error) {
    if (error instanceof VoiceAgentError) throw error;
    const { location } = globalThis; // of this page or Worker
    const isForeign = location !== undefined && url.origin !== location.origin;
    const message = isForeign ? FOREIGN_MESSAGE : undefined;
    throw new VoiceAgentError('token-unavailable', { message, cause: error });
  }
}

/**
 * @param {any} body ours, or of any other backend: `{token}` is enough
 * @param {string} [defaultWsUrl]
 * @returns {VoiceToken}
 */
function readToken(body, defaultWsUrl = DEFAULT_WS_URL) {
  const { token, ws_url: wsUrl = defaultWsUrl, receipt } = body ?? {};
  const cap = body?.max_session_duration_seconds;
  const life = body?.expires_in_seconds;
  if (typeof token !== 'string' || token === '' || !/^wss?:\/\//.test(wsUrl)) {
    throw new VoiceAgentError('token-unavailable', {
      message: 'The token service sent no usable token.',
    });
  }
  return {
    token,
    wsUrl,
    expiresInSeconds: Number.isFinite(life) ? life : 0,
    maxSessionDurationSeconds: Number.isFinite(cap) ? cap : null,
    receipt: typeof receipt === 'string' && receipt !== '' ? receipt : null,
  };
}

/** @param {Response} response @returns {Promise<VoiceAgentError>} */
async function refusal(response) {
  const problem = await response.json().catch(() => null);
  const retryAfter = response.headers.get('Retry-After') ?? ''; // our service never sends the date form
  const retryAfterSeconds = /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : null;
  const message = typeof problem?.detail === 'string' ? problem.detail : undefined;
  const details = { problem, retryAfterSeconds, message };
  if (response.status === 429) {
    // The day's minutes do not come back within a call; too many requests at once pass.
    const retryable = problem?.code !== 'quota_exhausted';
    return new VoiceAgentError('token-limited', { ...details, retryable });
  }
  if (response.status < 500) return new VoiceAgentError('token-refused', details);
  // An answer without a problem is a proxy's: something was there all the same.
  return new VoiceAgentError('token-unavailable', {
    ...details,
    problem: problem ?? { status: response.status },
  });
}
