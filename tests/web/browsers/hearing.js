// Knows sentences again that came out of a loudspeaker, on a machine that may be too busy to play them whole.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { envelope, partHeard as partFound, SILENT } from '../browser/listening.js';
import { RATE_HZ, readWav } from '../browser/wav.js';

const CLIPS = new URL('../../../app/simulator/audio/clips/', import.meta.url);

/**
 * Part of a sentence from which it counts as heard. Measured: one that nobody said reaches 0.3, one that was
 * said 0.8 where fifteen other programs wanted the two cores, and 1 where none did.
 */
const HEARD = 0.5;

/** How much longer than the sentence its hearing may take, with the pauses of a busy machine. */
const SLACK_STEPS = 40;

/** Where the pieces of a sentence begin: a pause falls into another part of each of these divisions. */
const DIVISIONS = [0, 10, 20, 30];

/** Steps from one place where the sentence might begin to the next. */
const HOP_STEPS = 20;

/** Steps with sound that make something that is said. */
const SOUNDING_STEPS = 100;

/**
 * What the simulated agent says, by the names of its clips.
 * @type {Record<string, {text: string, samples: Int16Array}>}
 */
export const agentSentences = Object.fromEntries(
  Object.entries(JSON.parse(readFileSync(new URL('clips.json', CLIPS), 'utf8'))).map(
    ([name, text]) => [
      name,
      { text, samples: readWav(fileURLToPath(new URL(`${name}.wav`, CLIPS))) },
    ],
  ),
);

/**
 * Loudness every 10 ms.
 * @param {Int16Array} samples at the wire's rate
 */
export const loudness = (samples) => envelope(samples, RATE_HZ, 32_768);

/**
 * Whether somebody speaks there, for a second at least.
 * @param {Int16Array} recorded
 */
export const isSounding = (recorded) =>
  loudness(recorded).filter((level) => level > SILENT).length >= SOUNDING_STEPS;

/**
 * @param {Int16Array} recorded
 * @param {Int16Array} sentence
 */
export const isHeard = (recorded, sentence) => partHeard(recorded, sentence) >= HEARD;

/**
 * How much of a sentence is there in one go, at its best place.
 * @param {Int16Array} recorded
 * @param {Int16Array} sentence
 * @returns {number} 0 to 1
 */
export function partHeard(recorded, sentence) {
  const heard = loudness(recorded);
  const sought = loudness(sentence);
  const last = Math.max(0, heard.length - sought.length);
  let best = 0;
  for (let start = 0; start <= last; start += HOP_STEPS) {
    const place = heard.slice(start, start + sought.length + SLACK_STEPS);
    const parts = DIVISIONS.map((from) => partFound(place, sought.slice(from)));
    best = Math.max(best, parts.reduce((sum, part) => sum + part) / parts.length);
  }
  return best;
}
