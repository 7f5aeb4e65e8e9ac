// The page's main thread is busy for half of each second, while both sides talk.

import { worstDelayMs } from '../analysis/uplink.js';
import { pause } from '../visit.js';

const BUSY_MS = 500;
const EVERY_MS = 1_000;

/**
 * @param {import('../bench.js').Bench} bench
 * @param {import('../subjects.js').Subject} [subject] in place of the bench's own
 */
export function measureBlocked(bench, subject) {
  return bench.call({ seconds: 30, subject }, async (visit) => {
    await visit.block(BUSY_MS, EVERY_MS);
    const reply = await bench.say({ signal: 'tone', seconds: 10 });
    await pause(800);
    await visit.unblock();
    const { sound, microphones } = await visit.recorded();
    const { count, totalMs } = sound.gaps(reply.firstAtMs);
    const { firstAtMs, lastAtMs } = reply;
    const frames = (await bench.frames()).filter(
      ({ atMs }) => atMs >= firstAtMs && atMs < lastAtMs,
    );
    return { gaps: count, totalMs, worstUplinkMs: worstDelayMs(frames, microphones) };
  });
}
