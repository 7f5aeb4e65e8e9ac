// Runs checks one after another, each within its time and for as long as the visitor wants. Nothing stays open after.

/**
 * @typedef {import('./diagnostics-types.js').Check} Check
 * @typedef {import('./diagnostics-types.js').CheckId} CheckId
 * @typedef {import('./diagnostics-types.js').Verdict} Verdict
 *
 * @typedef {object} Listener
 * @property {(checks: readonly Check[]) => void} onBegin
 * @property {(check: Check, number: number, count: number) => void} onRun
 * @property {(check: Check, verdict: Verdict) => void} onVerdict
 * @property {(checks: readonly Check[], isStopped: boolean) => void} onEnd
 */

/**
 * @param {readonly Check[]} checks   in their order
 * @param {Omit<import('./diagnostics-types.js').Context, 'signal'>} context
 * @param {Listener} listener
 */
export function createRunner(checks, context, listener) {
  /** The newest verdict of each check. @type {Map<CheckId, Verdict>} */
  const results = new Map();
  /** @type {AbortController | null} */
  let running = null;

  /** @param {readonly Check[]} chosen */
  async function run(chosen) {
    if (running) return;
    const life = (running = new AbortController());
    const isAlone = chosen.length === 1;
    for (const { id } of chosen) results.delete(id);
    listener.onBegin(chosen);
    for (const [index, check] of chosen.entries()) {
      listener.onRun(check, index + 1, chosen.length);
      const cause = isAlone ? null : obstacle(check, results);
      const verdict = cause ?? (await attempt(check, context, life.signal));
      if (life.signal.aborted) break; // its row goes back to waiting
      results.set(check.id, verdict);
      listener.onVerdict(check, verdict);
    }
    release();
    running = null;
    listener.onEnd(chosen, life.signal.aborted);
  }

  function release() {
    context.sound.release();
    context.passes.release();
  }

  return {
    results,
    get isRunning() {
      return running !== null;
    },
    runAll: () => run(checks),
    /** @param {CheckId} id */
    runOne: (id) => run(checks.filter((check) => check.id === id)),
    stop: () => running?.abort(new DOMException('Stopped', 'AbortError')),
    /** The page goes away: no time to wait for anything. */
    leave() {
      running?.abort(new DOMException('Left', 'AbortError'));
      release();
    },
  };
}

/**
 * A check whose ground is missing says only what the one before has said.
 *
 * @param {Check} check
 * @param {ReadonlyMap<CheckId, Verdict>} results
 * @returns {Verdict | null}
 */
function obstacle(check, results) {
  const missing = check.needs.find((id) => {
    const { status, reason } = results.get(id) ?? {};
    return status === 'failed' || reason === 'needs';
  });
  return missing ? { status: 'skipped', reason: 'needs', values: { needed: missing } } : null;
}

/**
 * @param {Check} check
 * @param {Omit<import('./diagnostics-types.js').Context, 'signal'>} context
 * @param {AbortSignal} life
 * @returns {Promise<Verdict>}
 */
async function attempt(check, context, life) {
  const limit = AbortSignal.timeout(check.limitMs);
  const signal = AbortSignal.any([life, limit]);
  try {
    return await Promise.race([check.run({ ...context, signal }), aborted(signal)]);
  } catch (error) {
    if (signal.aborted) return { status: 'attention', reason: 'timeout' };
    return isCallError(error)
      ? { status: 'failed', reason: error.code, error }
      : { status: 'failed', reason: 'broken', values: { cause: nameOf(error) } };
  }
}

/** @param {AbortSignal} signal @returns {Promise<never>} */
function aborted(signal) {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** @param {any} error @returns {error is import('../page-types.js').CallError} */
function isCallError(error) {
  return typeof error?.code === 'string' && typeof error?.retryable === 'boolean';
}

/** Never its message: that may hold an address with a token in it. @param {unknown} error */
function nameOf(error) {
  return error instanceof Error ? error.name : typeof error;
}
