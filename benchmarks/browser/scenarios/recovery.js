// The connection goes: by a reset, for three seconds, or without a word.

import { median } from '../analysis/numbers.js';
import { delays, holes } from '../analysis/uplink.js';
import { BlackHole } from '../stub/black-hole.js';
import { pause } from '../visit.js';
import { NETWORK } from './connect.js';

/** When somebody clicks, where the page does not come back by itself. */
const HAND_AFTER_MS = 150;
const OUTAGE_MS = 3_000;

/** How long a page is watched that shows no sign of coming back. */
const OUTAGE_PATIENCE_MS = 6_000;
const HALF_OPEN_PATIENCE_MS = 8_000;

/** Where what was kept meanwhile has been sent, and audio flows at its own pace again. */
const BACKLOG_MS = 1_500;
const RATE_WINDOW_MS = 2_000;
/** The last ones of a recovery, which show how far behind the microphone still is. */
const LATE_FRAMES = 10;
const SAMPLES_PER_MS = 24;

/** @typedef {import('../bench.js').Bench} Bench */
/** @typedef {import('../visit.js').Visit} Visit */

/** @param {Bench} bench */
export async function measureDrop(bench) {
  const plain = await drop(bench, false);
  const prefetched = bench.subject.prefetchesTokens ? await drop(bench, true) : null;
  return {
    ...plain,
    prefetchBackMs: prefetched?.backMs ?? NaN,
    prefetchLostMs: prefetched?.lostMs ?? NaN,
  };
}

/**
 * @param {Bench} bench
 * @param {boolean} isPrefetching
 */
function drop(bench, isPrefetching) {
  return bench.call({ delays: NETWORK, isPrefetching, seconds: 30 }, async (visit) => {
    await pause(1_000); // a token prefetch has come by then
    const lostAtMs = await bench.stub.tell('drop');
    if (!bench.subject.recovers) {
      await pause(HAND_AFTER_MS);
      await visit.click();
    }
    const readyAtMs = await bench.ready(2);
    await pause(BACKLOG_MS + RATE_WINDOW_MS);
    const { tracks, contexts } = await visit.moments();
    const frames = await bench.frames();
    const fromMs = readyAtMs + BACKLOG_MS;
    const samples = frames
      .filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + RATE_WINDOW_MS)
      .reduce((sum, frame) => sum + frame.samples, 0);
    return {
      ...losses(frames, lostAtMs, readyAtMs),
      tracks,
      contexts,
      rate: samples / (RATE_WINDOW_MS * SAMPLES_PER_MS),
    };
  });
}

/** @param {Bench} bench */
export function measureOutage(bench) {
  return bench.call({ delays: NETWORK, seconds: 30 }, async (visit) => {
    const lostAtMs = await bench.stub.tell('outage', OUTAGE_MS);
    return comeback(bench, visit, lostAtMs, OUTAGE_PATIENCE_MS);
  });
}

/** @param {Bench} bench */
export async function measureHalfOpen(bench) {
  const hole = await BlackHole.start(bench.stub.ports.own);
  try {
    const options = { delays: NETWORK, relayPort: hole.port, seconds: 30 };
    return await bench.call(options, async (visit) => {
      await pause(1_000);
      const lostAtMs = await hole.swallow();
      return await comeback(bench, visit, lostAtMs, HALF_OPEN_PATIENCE_MS);
    });
  } finally {
    await hole.stop();
  }
}

/**
 * Wait for the page to come back by itself, and for what it kept meanwhile.
 * @param {Bench} bench
 * @param {Visit} visit
 * @param {number} lostAtMs
 * @param {number} patienceMs
 */
async function comeback(bench, visit, lostAtMs, patienceMs) {
  const readyAtMs = await bench.ready(2, patienceMs);
  if (readyAtMs === Infinity) return { backMs: Infinity, lostMs: Infinity };
  await pause(BACKLOG_MS * 2);
  const { microphones } = await visit.recorded();
  const frames = await bench.frames();
  const late = delays(frames.slice(-LATE_FRAMES), microphones).map(({ newestMs }) => newestMs);
  return { ...losses(frames, lostAtMs, readyAtMs), lateMs: median(late) };
}

/**
 * @param {import('../stub/conversation.js').Frame[]} frames
 * @param {number} lostAtMs
 * @param {number} readyAtMs of the next session; Infinity if there was none
 */
function losses(frames, lostAtMs, readyAtMs) {
  const first = frames.find(({ atMs }) => atMs >= readyAtMs);
  if (!first) return { backMs: Infinity, lostMs: Infinity };
  return { backMs: first.atMs - lostAtMs, ...holes(frames) };
}
