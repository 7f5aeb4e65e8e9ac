// From the click to a conversation.

import { lostAtStartMs } from '../analysis/uplink.js';
import { pause } from '../visit.js';

export const NETWORK = { tokenMs: 200, upgradeMs: 100, readyMs: 100 };
const PERMISSION_MS = 300;

/** @param {import('../bench.js').Bench} bench */
export async function measureConnect(bench) {
  const plain = await start(bench, false);
  const prefetched = bench.subject.prefetchesTokens ? await start(bench, true) : null;
  return {
    readyMs: plain.readyMs,
    greetingMs: plain.greetingMs,
    lostMs: plain.lostMs,
    tokenAskedMs: plain.tokenAskedMs,
    socketAskedMs: plain.socketAskedMs,
    microphoneMs: plain.microphoneMs,
    prefetchReadyMs: prefetched?.readyMs ?? NaN,
    prefetchGreetingMs: prefetched?.greetingMs ?? NaN,
    prefetchLostMs: prefetched?.lostMs ?? NaN,
  };
}

/**
 * @param {import('../bench.js').Bench} bench
 * @param {boolean} isPrefetching
 */
function start(bench, isPrefetching) {
  const options = {
    delays: NETWORK,
    permissionMs: PERMISSION_MS,
    greeting: /** @type {const} */ ({ signal: 'tone', seconds: 1 }),
    isPrefetching,
    seconds: 20,
  };
  return bench.visit(options, async (visit) => {
    await visit.hover();
    await visit.click();
    const readyAtMs = await bench.ready(1);
    await pause(1_500);
    const { clicksMs, microphonesMs } = await visit.moments();
    const { sound, microphones } = await visit.recorded();
    const frames = await bench.frames();
    const { tokensMs, upgradesMs } = await bench.stub.tell('log');
    return {
      readyMs: readyAtMs - clicksMs[0],
      greetingMs: sound.firstSoundMs(clicksMs[0]) - clicksMs[0],
      lostMs: lostAtStartMs(frames, microphones, microphonesMs[0]),
      tokenAskedMs: tokensMs[0] - clicksMs[0],
      socketAskedMs: upgradesMs[0] - clicksMs[0],
      microphoneMs: microphonesMs[0] - clicksMs[0],
    };
  });
}
