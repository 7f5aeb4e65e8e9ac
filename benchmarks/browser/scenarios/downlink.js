// From a reply's first sound sent to its first sound rendered, in a calm network; and whether it is whole.

import { median } from '../analysis/numbers.js';
import { TONE_AMPLITUDE, TONE_HZ } from '../stub/signals.js';
import { pause } from '../visit.js';

/** Of the first reply, which is listened to for gaps and clicks as well. */
const LONG_SECONDS = 6;
const SHORT_SECONDS = 1;

/** @typedef {import('../bench.js').Bench} Bench */
/** @typedef {import('../stub/reply.js').SentReply} SentReply */
/** @typedef {import('../analysis/recording.js').SoundRecording} SoundRecording */

/** @param {Bench} bench */
export async function measureDownlink(bench) {
  const real = await listen(bench, 1, [LONG_SECONDS, SHORT_SECONDS, SHORT_SECONDS]);
  const fast = await listen(bench, 5, [SHORT_SECONDS, SHORT_SECONDS, SHORT_SECONDS, SHORT_SECONDS]);
  const [firstMs, ...laterMs] = real.replies.map((reply) => startMs(real.sound, reply));
  const [{ firstAtMs }, second] = real.replies;
  const gaps = real.sound.gaps(firstAtMs, second.firstAtMs - 1);
  const tone = { hz: TONE_HZ, amplitude: TONE_AMPLITUDE };
  return {
    firstMs,
    laterMs: median(laterMs),
    fastMs: median(fast.replies.map((reply) => startMs(fast.sound, reply))),
    gaps: gaps.count,
    gapsMs: gaps.totalMs,
    clicks: real.sound.clicks(tone, firstAtMs, second.firstAtMs - 1),
    skipped: real.sound.skippedQuanta(firstAtMs, second.firstAtMs),
  };
}

/**
 * Replies of these lengths in one call, each after the one before has been heard.
 * @param {Bench} bench
 * @param {number} pace of sending
 * @param {number[]} lengths in seconds
 */
function listen(bench, pace, lengths) {
  return bench.call({ seconds: 30 }, async (visit) => {
    /** @type {SentReply[]} */
    const replies = [];
    for (const seconds of lengths) {
      replies.push(await bench.say({ signal: 'tone', seconds, pace }));
      await pause(600 + seconds * 1000 * (1 - 1 / pace));
    }
    const { sound } = await visit.recorded();
    return { sound, replies };
  });
}

/**
 * @param {SoundRecording} sound
 * @param {SentReply} reply
 */
function startMs(sound, { firstAtMs }) {
  return sound.firstSoundMs(firstAtMs) - firstAtMs;
}
