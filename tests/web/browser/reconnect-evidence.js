// What every recovery is judged by: tokens and sockets, microphones, and what the service heard.

import assert from 'node:assert/strict';
import { clip } from './harness.js';
import { until } from './line.js';
import { RATE_HZ } from './wav.js';

/** @typedef {import('./line.js').Line} Line */
/** @typedef {import('./caller.js').Caller} Caller */

/** What the simulator makes of speech; how many words it counts depends on the load of the machine. */
export const WORDS = /\(about \d+ words?\)/;

/** Frames above it hold speech: decibels relative to full scale. */
const LOUD_DB = -45;

/** Of what was said, how much must be heard; a busy machine loses some of it before the client gets it. */
const ENOUGH = 0.85;

/**
 * Not judged here: a busy machine hands over in bunches what was sent at pace. That the pace is kept is proved
 * on a made-up clock (conflicts.test.js, audio_rate_violation).
 */
const BUNCHED = 'audio_too_fast';

const FRAME_SAMPLES = RATE_HZ / 50;

/**
 * Begin to count.
 * @param {Line} line
 */
export async function beginEvidence(line) {
  const before = await line.stats();
  const from = line.readLog().length;

  /** What has happened since. */
  const counts = async () => {
    const now = await line.stats();
    const since = (/** @type {string} */ name) => now[name] - before[name];
    return {
      minted: since('tokens_minted'),
      spared: since('tokens_spared'),
      redeemed: since('tokens_redeemed'),
      refused: since('tokens_refused'),
      sockets: since('sockets_opened'),
      violations: Object.entries(now.violations).filter(
        ([name, count]) => name !== BUNCHED && count !== before.violations[name],
      ),
    };
  };

  const heardMs = () => {
    const isLoud = (/** @type {any} */ { dir, audio }) =>
      dir === 'c2s' && audio?.level_db > LOUD_DB;
    const loud = line.readLog().slice(from).filter(isLoud);
    return loud.reduce((sum, { audio }) => sum + audio.duration_ms, 0);
  };

  return {
    /**
     * Wait until the client has sent a message of this type.
     * @param {string} type
     */
    wasSent: (type) =>
      line.untilLogged(({ dir, frame }) => dir === 'c2s' && frame.type === type, from),
    /**
     * The service has heard a turn of the user, and in it all that was said.
     * @param {{times?: number, seconds?: number}} [said] how often the question was said, and how much of it
     */
    assertHeard: async ({ times = 1, seconds = Infinity } = {}) => {
      const saidMs = loudMs(clip('question').subarray(0, seconds * RATE_HZ)) * times;
      await until(() => heardMs() >= saidMs * ENOUGH, `${saidMs} ms of speech`);
      const isTurn = (/** @type {any} */ { dir, frame }) =>
        dir === 's2c' && frame.type === 'transcript.user';
      const { frame } = await line.untilLogged(isTurn, from);
      assert.match(frame.text, WORDS);
    },
    /**
     * Each session was opened with a token of its own, and none fetched for nothing but the spare ones that were asked
     * for: one whose resume was refused opens the new session.
     * @param {{sockets: number, refused?: number, spares?: number}} expected
     */
    assertTokens: async ({ sockets, refused = 0, spares = 0 }) => {
      const { violations, minted, spared, ...used } = await counts();
      const served = minted + spared;
      assert.deepEqual(used, { redeemed: sockets - refused, refused, sockets });
      assert.ok(served >= sockets && served <= sockets + spares, `${minted} tokens`);
      assert.deepEqual(violations, [], 'the client did what it should not');
    },
  };
}

/**
 * The call ends on the user's word, and nothing of it stays open.
 * @param {Line} line
 * @param {Caller} caller
 * @param {number} [dead] lines of whose end the service cannot know
 */
export async function endCleanly(line, caller, dead = 0) {
  await caller.hasMicrophones(1);
  await caller.hangUp();
  await caller.hasMicrophones(0);
  await line.untilStats(({ sockets_open: open }) => open === dead);
}

/**
 * How much of a clip is speech and not the pauses in it.
 * @param {Int16Array} samples
 */
function loudMs(samples) {
  let frames = 0;
  for (let at = 0; at < samples.length; at += FRAME_SAMPLES) {
    const frame = samples.subarray(at, at + FRAME_SAMPLES);
    const power = frame.reduce((sum, sample) => sum + (sample / 32_768) ** 2, 0) / frame.length;
    if (10 * Math.log10(power) > LOUD_DB) frames += 1;
  }
  return frames * 20;
}
