// The user interrupts while ten seconds of the reply are still to be played.

import { median } from '../analysis/numbers.js';
import { OTHER_TONE_HZ, TONE_HZ } from '../stub/signals.js';
import { pause } from '../visit.js';

/** A page that goes quiet is interrupted again; one that talks on has its ten seconds once. */
const MOST_CUTS = 6;
const QUEUED_SECONDS = 10;
/** How much of the reply is heard before; none in particular, so that the cut meets any phase of the audio. */
const HEARD_MS = { least: 500, more: 200 };
const BUSY_MS = 500;
const EVERY_MS = 1_000;

/** @typedef {import('../bench.js').Bench} Bench */
/** @typedef {import('../visit.js').Visit} Visit */

/** @param {Bench} bench */
export async function measureBargeIn(bench) {
  const idle = await bench.call({ seconds: 40 }, (visit) => cuts(bench, visit));
  const staleBlockedMs = await measureBlockedCuts(bench);
  const mixedMs = await bench.call({ seconds: 20 }, (visit) => answerOverReply(bench, visit));
  return {
    staleMs: median(idle.staleMs),
    staleWorstMs: Math.max(...idle.staleMs),
    staleBlockedMs,
    step: Math.max(...idle.steps),
    mixedMs,
  };
}

/**
 * @param {Bench} bench
 * @param {import('../subjects.js').Subject} [subject] in place of the bench's own
 * @returns {Promise<number>} the longest that an interrupted reply was heard on
 */
export async function measureBlockedCuts(bench, subject) {
  const { staleMs } = await bench.call({ seconds: 40, subject }, async (visit) => {
    await visit.block(BUSY_MS, EVERY_MS);
    const result = await cuts(bench, visit);
    await visit.unblock();
    return result;
  });
  return Math.max(...staleMs);
}

/**
 * Interrupt again and again.
 * @param {Bench} bench
 * @param {Visit} visit
 */
async function cuts(bench, visit) {
  const endMs = Date.now() + (QUEUED_SECONDS + 2) * 1000;
  /** @type {number[]} */
  const cutsMs = [];
  while (cutsMs.length < MOST_CUTS && Date.now() < endMs - 2_500) {
    cutsMs.push(await interrupt(bench));
    await pause(bench.subject.stopsWhenInterrupted ? 400 : endMs - Date.now());
  }
  const { sound } = await visit.recorded();
  return {
    staleMs: cutsMs.map((cutMs, i) => {
      const nextMs = cutsMs[i + 1] ? cutMs + 300 : undefined;
      return Math.max(0, sound.lastSoundMs(cutMs, nextMs) - cutMs);
    }),
    // A page that does not stop has no cut; what it plays is level.
    steps: cutsMs.map((cutMs) => sound.largestStep(cutMs - 30, cutMs + 100)),
  };
}

/**
 * Queue a reply and cut it.
 * @param {Bench} bench
 * @returns {Promise<number>} when reply.done was sent
 */
async function interrupt(bench) {
  const heardMs = HEARD_MS.least + Math.random() * HEARD_MS.more;
  const seconds = QUEUED_SECONDS + heardMs / 1000;
  const { id, firstAtMs } = await bench.say({ signal: 'level', seconds, pace: 40, isOpen: true });
  await pause(firstAtMs + heardMs - Date.now());
  return bench.stub.tell('interrupt', id);
}

/**
 * The agent answers the interruption a moment after.
 * @param {Bench} bench
 * @param {Visit} visit
 * @returns {Promise<number>} for how long both replies were heard at once
 */
async function answerOverReply(bench, visit) {
  const first = await bench.say({ signal: 'tone', seconds: 10, pace: 40, isOpen: true });
  await pause(500);
  const cutMs = await bench.stub.tell('interrupt', first.id);
  await pause(100);
  await bench.say({ signal: 'other-tone', seconds: 1.5 });
  await pause(800);
  const { sound } = await visit.recorded();
  return sound.mixedMs([TONE_HZ, OTHER_TONE_HZ], cutMs, cutMs + 2_500);
}
