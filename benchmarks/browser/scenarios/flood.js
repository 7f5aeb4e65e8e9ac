// A minute of reply arrives within a second.

import { worstDelayMs } from '../analysis/uplink.js';
import { pause } from '../visit.js';

const SECONDS = 60;
const WITHIN_SECONDS = 1;
/** Of the reply: what is heard of it before the measurement ends. */
const HEARD_MS = 8_000;

/** @param {import('../bench.js').Bench} bench */
export function measureFlood(bench) {
  return bench.call({ seconds: 30 }, async (visit) => {
    const flood = { signal: /** @type {const} */ ('tone'), seconds: SECONDS };
    /** @type {import('../stub/reply.js').SentReply | null} */
    let reply = null;
    const busy = await visit.mainThread(async () => {
      reply = await bench.say({ ...flood, pace: SECONDS / WITHIN_SECONDS });
      await pause(1_000);
    });
    const { firstAtMs } = /** @type {import('../stub/reply.js').SentReply} */ (
      /** @type {unknown} */ (reply)
    );
    await pause(HEARD_MS - 2_000);
    const { sound, microphones } = await visit.recorded();
    const frames = (await bench.frames()).filter(
      ({ atMs }) => atMs >= firstAtMs && atMs < firstAtMs + 2_000,
    );
    const { count, totalMs } = sound.gaps(firstAtMs, firstAtMs + HEARD_MS - 500);
    return {
      gaps: count,
      totalMs,
      mainThread: busy.taskSeconds,
      worstUplinkMs: worstDelayMs(frames, microphones),
    };
  });
}
