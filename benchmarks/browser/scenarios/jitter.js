// Replies of ten seconds, of a service that keeps to real time, over a network that is late now and then.

import { pause } from '../visit.js';

/** @typedef {import('../bench.js').Bench} Bench */

/**
 * 50 ms of jitter from the first reply on: nothing has been learned.
 * @param {Bench} bench
 */
export function measureJitter(bench) {
  return listen(bench, { jitterMs: 50, seeds: [11], seconds: [10] });
}

/**
 * 150 ms of jitter, after two replies of three seconds through the same network.
 * @param {Bench} bench
 */
export function measureTrainedJitter(bench) {
  return listen(bench, { jitterMs: 150, seeds: [21, 22, 23], seconds: [3, 3, 10] });
}

/**
 * What is heard of the last reply.
 * @param {Bench} bench
 * @param {{jitterMs: number, seeds: number[], seconds: number[]}} network
 */
function listen(bench, { jitterMs, seeds, seconds }) {
  return bench.call({ seconds: 40 }, async (visit) => {
    let firstAtMs = 0;
    for (const [i, seed] of seeds.entries()) {
      await pause(i === 0 ? 0 : 900); // the one before has been heard
      const reply = { signal: /** @type {const} */ ('tone'), seconds: seconds[i], jitterMs, seed };
      ({ firstAtMs } = await bench.say(reply));
    }
    await pause(900);
    const { sound } = await visit.recorded();
    const { count, totalMs, soundMs } = sound.gaps(firstAtMs);
    const startMs = sound.firstSoundMs(firstAtMs) - firstAtMs;
    return { gaps: count, totalMs, soundMs, startMs, skipped: sound.skippedQuanta(firstAtMs) };
  });
}
