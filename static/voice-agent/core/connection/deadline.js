// When a call must end. The service was seen not to enforce its cap, so the client keeps its own clock.

/** The session is ended this long before it would expire: in good order. */
const EXPIRY_MARGIN_MS = 5_000;

/** The user is told this long before the end. */
const WARNING_MS = 60_000;

/** Shortest session that the service grants. Source: GET /v1/token, max_session_duration_seconds. */
const MIN_SESSION_SECONDS = 60;

/** Timers of browsers hold 31 bits; an end beyond that is none. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class Deadline {
  #environment;
  #on;
  /** Monotonic; Infinity while no end is known. */
  #atMs = Infinity;
  #isWarned = false;
  /** @type {unknown[]} */
  #timers = [];

  /**
   * @param {import('../ports.js').Environment} environment
   * @param {object} on
   * @param {() => void} on.reached
   * @param {(secondsLeft: number | null) => void} on.warning once, a minute before the end or as soon as it is nearer
   *   than that; null when it was put off afterwards
   * @param {(leftMs: number | null) => void} on.set each time the end is set; null: none is known
   */
  constructor(environment, on) {
    this.#environment = environment;
    this.#on = on;
  }

  /**
   * A session is ready. A later one of the same call may bring the end nearer, never put it off.
   * @param {number | null} capSeconds what its token allows
   * @param {number | null} expiresAtEpochSeconds what the service says of it
   */
  limit(capSeconds, expiresAtEpochSeconds) {
    this.#set(Math.min(this.#atMs, this.#endOf(capSeconds, expiresAtEpochSeconds)));
  }

  /**
   * A session has taken over whose purpose is to put the end off.
   * @param {number | null} capSeconds
   * @param {number | null} expiresAtEpochSeconds
   */
  renew(capSeconds, expiresAtEpochSeconds) {
    const wasWarned = this.#isWarned;
    this.#isWarned = false;
    this.#set(this.#endOf(capSeconds, expiresAtEpochSeconds));
    if (wasWarned && !this.#isWarned) this.#on.warning(null);
  }

  /** Time to the end, in milliseconds; Infinity while no end is known. */
  get leftMs() {
    return this.#atMs - this.#environment.nowMs();
  }

  /**
   * What a recovery may still ask for, in seconds.
   * @returns {number | null} null before the first session is ready: the service's default
   */
  get secondsLeft() {
    if (this.#atMs === Infinity) return null;
    return Math.max(MIN_SESSION_SECONDS, Math.floor(this.leftMs / 1000));
  }

  /** Whether a session that ends now may have ended by its time. */
  get isNear() {
    return this.leftMs < EXPIRY_MARGIN_MS;
  }

  /** The call is over, or a new one begins. */
  clear() {
    for (const timer of this.#timers.splice(0)) this.#environment.cancel(timer);
    this.#atMs = Infinity;
    this.#isWarned = false;
  }

  /**
   * @param {number | null} capSeconds
   * @param {number | null} expiresAtEpochSeconds
   * @returns {number} monotonic
   */
  #endOf(capSeconds, expiresAtEpochSeconds) {
    const byCapMs = (capSeconds ?? Infinity) * 1000;
    const untilExpiryMs =
      (expiresAtEpochSeconds ?? Infinity) * 1000 - this.#environment.epochMs() - EXPIRY_MARGIN_MS;
    // An expiry in the past tells of a wrong clock on one side, not of a session that is over.
    const byExpiryMs = untilExpiryMs > 0 ? untilExpiryMs : Infinity;
    const leftMs = Math.min(byCapMs, byExpiryMs);
    return leftMs > LONGEST_TIMER_MS ? Infinity : this.#environment.nowMs() + leftMs;
  }

  /** @param {number} atMs */
  #set(atMs) {
    for (const timer of this.#timers.splice(0)) this.#environment.cancel(timer);
    this.#atMs = atMs;
    this.#on.set(atMs === Infinity ? null : this.leftMs);
    if (atMs === Infinity) return;
    this.#timers.push(this.#environment.schedule(this.#on.reached, this.leftMs));
    if (this.#isWarned) return;
    if (this.leftMs <= WARNING_MS) return this.#warn();
    const untilWarningMs = this.leftMs - WARNING_MS;
    this.#timers.push(this.#environment.schedule(() => this.#warn(), untilWarningMs));
  }

  #warn() {
    this.#isWarned = true;
    this.#on.warning(Math.round(this.leftMs / 1000));
  }
}
