// The microphone's way to the service, and what a live call costs the page's main thread.

import { mean } from '../analysis/numbers.js';
import { delays } from '../analysis/uplink.js';
import { pause } from '../visit.js';

const WINDOW_MS = 6_000;
const ALLOCATION_WINDOW_MS = 3_000;
const MS_PER_MINUTE = 60_000;

/** @param {import('../bench.js').Bench} bench */
export function measureUplink(bench) {
  return bench.call({ seconds: 60 }, async (visit) => {
    const fromMs = Date.now();
    const quiet = await visit.mainThread(() => pause(WINDOW_MS));
    const toMs = Date.now();
    const quietBytes = await visit.allocation(() => pause(ALLOCATION_WINDOW_MS));

    // Longer than both windows together, so that it plays throughout.
    const reply = bench.say({ signal: 'speech', seconds: 11, chunkMs: 20, words: 30 });
    await pause(800);
    const talking = await visit.mainThread(() => pause(WINDOW_MS));
    const talkingBytes = await visit.allocation(() => pause(ALLOCATION_WINDOW_MS));
    await reply;

    const { sound, microphones } = await visit.recorded();
    const frames = (await bench.frames()).filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    const underWay = delays(frames, microphones);
    const rawBytes = frames.reduce((sum, { samples }) => sum + 2 * samples, 0);
    const sentBytes = frames.reduce((sum, { bytes }) => sum + bytes, 0);
    const perMinute = MS_PER_MINUTE / ALLOCATION_WINDOW_MS / 1e6;
    return {
      deviceSpeed: 1 - sound.deviceLagMs(fromMs, toMs) / (toMs - fromMs),
      messages: (frames.length - 1) / ((frames[frames.length - 1].atMs - frames[0].atMs) / 1000),
      overhead: sentBytes / rawBytes,
      newestMs: mean(underWay.map(({ newestMs }) => newestMs)),
      meanMs: mean(underWay.map(({ meanMs }) => meanMs)),
      oldestMs: mean(underWay.map(({ oldestMs }) => oldestMs)),
      cpuQuiet: (quiet.taskSeconds / quiet.seconds) * 60,
      cpuTalking: (talking.taskSeconds / talking.seconds) * 60,
      scriptTalking: (talking.scriptSeconds / talking.seconds) * 60,
      allocationQuiet: quietBytes * perMinute,
      allocationTalking: talkingBytes * perMinute,
    };
  });
}
