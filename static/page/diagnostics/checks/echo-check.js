// How much of what sounds comes back through the microphone, echo cancellation at work as in a call.

import { judgeEcho } from '../judge-sound.js';
import { decibels, powerAt } from '../measure.js';
import { NOTES_HZ, playPhrase } from '../tone.js';

const BEFORE_MS = 700;
/** Echo cancellers take about a second to learn the room; a call has that second too. */
const LEARN_MS = 1_300;
const DURING_MS = 1_700;

/** @type {import('../diagnostics-types.js').Check} */
export const echo = {
  id: 'echo',
  needs: ['microphone', 'speaker'],
  limitMs: 40_000,
  async run({ sound, stage, texts, signal }) {
    const { steps } = texts.checks.echo;
    const context = await sound.context(signal);
    if (context.state !== 'running') return { status: 'skipped', reason: 'heldBack' };
    const track = await sound.microphone();
    stage.say(steps.quiet);
    const beforeDb = await toneIn(sound, BEFORE_MS, signal);
    const phrase = playPhrase(context, 4);
    try {
      await toneIn(sound, LEARN_MS, signal);
      const duringDb = await toneIn(sound, DURING_MS, signal);
      const verdict = judgeEcho({ beforeDb, duringDb });
      const { echoCancellation = null } = track.getSettings();
      const values = { ...verdict.values, echoCancellation: wordFor(echoCancellation) };
      return { ...verdict, values };
    } finally {
      phrase.stop();
    }
  },
};

/**
 * How loud the phrase's notes are in the microphone.
 * @param {import('../check-sound.js').Sound} sound
 * @param {number} durationMs
 * @param {AbortSignal} signal
 */
async function toneIn(sound, durationMs, signal) {
  /** @type {number[]} */
  const powers = [];
  await sound.listen(durationMs, signal, (samples, rateHz) => {
    powers.push(NOTES_HZ.reduce((sum, noteHz) => sum + powerAt(samples, noteHz, rateHz), 0));
  });
  return decibels(powers.reduce((sum, power) => sum + power, 0) / Math.max(1, powers.length));
}

/** Browsers say yes, no, or which kind. @param {unknown} setting */
function wordFor(setting) {
  return typeof setting === 'boolean' || typeof setting === 'string' ? setting : null;
}
