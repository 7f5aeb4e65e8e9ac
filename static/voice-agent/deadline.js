// When a call must end. The service was seen not to enforce its cap, so the client keeps its own clock.
// Part of the session core: any thread.

/** The session is ended this long before it would expire: an orderly end instead of a cut. */
const EXPIRY_MARGIN_MS = 5_000;

/** Shortest session that the service grants. Source: GET /v1/token, max_session_duration_seconds. */
const MIN_SESSION_SECONDS = 60;

export class Deadline {
  #environment;
  #onReached;
  /** @type {number | null} monotonic */
  #atMs = null;
  /** @type {unknown} */
  #timer;

  /**
   * @param {import('./environment.js').Environment} environment
   * @param {() => void} onReached
   */
  constructor(environment, onReached) {
    this.#environment = environment;
    this.#onReached = onReached;
  }

  /**
   * A session is ready. A later one of the same call may bring the end nearer, never put it off.
   * @param {number | null} capSeconds what its token allows
   * @param {number | null} expiresAtEpochSeconds what the service says of it
   */
  limit(capSeconds, expiresAtEpochSeconds) {
    const nowMs = this.#environment.nowMs();
    const byCapMs = (capSeconds ?? Infinity) * 1000;
    const untilExpiryMs =
      (expiresAtEpochSeconds ?? Infinity) * 1000 - this.#environment.epochMs() - EXPIRY_MARGIN_MS;
    // An expiry in the past tells of a wrong clock on one side, not of a session that is over.
    const byExpiryMs = untilExpiryMs > 0 ? untilExpiryMs : Infinity;
    const atMs = Math.min(this.#atMs ?? Infinity, nowMs + Math.min(byCapMs, byExpiryMs));
    if (atMs === Infinity) return;
    this.#environment.cancel(this.#timer);
    this.#timer = this.#environment.schedule(this.#onReached, atMs - nowMs);
    this.#atMs = atMs;
  }

  /**
   * What a recovery may still ask for, in seconds.
   * @returns {number | null} null before the first session is ready: the service's default
   */
  secondsLeft() {
    if (this.#atMs === null) return null;
    const left = Math.floor((this.#atMs - this.#environment.nowMs()) / 1000);
    return Math.max(MIN_SESSION_SECONDS, left);
  }

  /** Whether a session that ends now may have ended by its time. */
  isNear() {
    return this.#atMs !== null && this.#environment.nowMs() > this.#atMs - EXPIRY_MARGIN_MS;
  }

  /** The call is over, or a new one begins. */
  clear() {
    this.#environment.cancel(this.#timer);
    this.#atMs = null;
  }
}
