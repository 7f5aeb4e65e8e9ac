// A reply of two minutes in real time, with a stall of the service in its first half.

import { pause } from '../visit.js';

const SECONDS = 120;
const CHUNK_MS = 50;
const STALL = { atMs: 30_000, forMs: 300 };

/** @param {import('../bench.js').Bench} bench */
export function measureDrift(bench) {
  return bench.call({ seconds: SECONDS + 15 }, async (visit) => {
    const reply = await bench.say({
      signal: 'speech',
      seconds: SECONDS,
      chunkMs: CHUNK_MS,
      stall: STALL,
    });
    await pause(1_500);
    const { sound } = await visit.recorded();
    const startMs = sound.firstSoundMs(reply.firstAtMs) - reply.firstAtMs;
    const endMs = sound.lastSoundMs(reply.firstAtMs) - reply.firstAtMs - SECONDS * 1000;
    const { count, totalMs } = sound.gaps(reply.firstAtMs);
    const halfMs = reply.firstAtMs + (SECONDS / 2) * 1000;
    return {
      startMs,
      endMs,
      growthMs: endMs - startMs,
      gaps: count,
      gapsMs: totalMs,
      deviceLagFirstHalfMs: sound.deviceLagMs(reply.firstAtMs, halfMs),
      deviceLagMs: sound.deviceLagMs(reply.firstAtMs, reply.lastAtMs),
      sentLateMs: reply.lastAtMs - reply.firstAtMs - (SECONDS * 1000 - CHUNK_MS),
    };
  });
}
