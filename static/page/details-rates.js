// Messages and bits a second, from copies of the counts. Pure.

/** Over how long the rates are taken: shorter would jump, longer would lag. */
const WINDOW_MS = 3_000;

/**
 * @typedef {{messages: number, kilobits: number}} Rate a second
 * @typedef {import('../voice-agent/index.js').Stats} Stats
 */

export function createRates() {
  /** @type {Pick<Stats, 'atMs' | 'traffic'>[]} oldest first */
  let copies = [];

  return {
    /**
     * @param {Pick<Stats, 'atMs' | 'traffic'> | null} stats as they are now; null when no call is under way
     * @returns {{sent: Rate, received: Rate} | null} null where nothing can be said yet
     */
    next(stats) {
      const last = copies.at(-1);
      if (!stats || (last && stats.atMs < last.atMs)) copies = [];
      if (!stats) return null;
      if (stats.atMs !== copies.at(-1)?.atMs) copies.push(stats);
      while (copies.length > 2 && stats.atMs - copies[0].atMs > WINDOW_MS) copies.shift();
      const [first] = copies;
      const seconds = (stats.atMs - first.atMs) / 1000;
      if (seconds <= 0) return null;
      return {
        sent: rate(first.traffic.sent, stats.traffic.sent, seconds),
        received: rate(first.traffic.received, stats.traffic.received, seconds),
      };
    },
  };
}

/**
 * @param {{messages: number, bytes: number}} before
 * @param {{messages: number, bytes: number}} now
 * @param {number} seconds
 * @returns {Rate}
 */
function rate(before, now, seconds) {
  return {
    messages: (now.messages - before.messages) / seconds,
    kilobits: ((now.bytes - before.bytes) * 8) / 1000 / seconds,
  };
}
