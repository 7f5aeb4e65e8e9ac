// Sound whose samples count: each pair of samples says which pair it is and which microphone it comes from.
// Read back on the wire, it tells when a sample was captured, and which are missing or came twice. Pure; on
// the audio thread it writes, in the stub it is read.
//
// The first sample of a pair is positive and holds the lower digits, the second is negative and holds the
// higher digits and the number of the microphone. Steps of three keep the digits apart whichever way a page
// rounds and scales to 16 bits. It does not survive a change of rate, so the probe gives pages 24 kHz.

const BASE = 10_000;
const STEP = 3;
const LOWEST = 2;
const FULL_SCALE = 32_768;
/** Of the higher digit; a microphone can count for 13 minutes. */
const MICROPHONE_UNIT = 1_000;

/**
 * Samples of one microphone that follow each other without a hole.
 * @typedef {object} Range
 * @property {number} microphone 0 to 8
 * @property {number} from number of the first sample
 * @property {number} count
 */

/**
 * @param {Float32Array} target its length is even
 * @param {number} from number of its first sample, even
 * @param {number} microphone 0 to 8
 */
export function writeNumbers(target, from, microphone) {
  for (let i = 0; i < target.length; i += 2) {
    const pair = (from + i) / 2;
    const high = microphone * MICROPHONE_UNIT + Math.floor(pair / BASE);
    target[i] = ((pair % BASE) * STEP + LOWEST) / FULL_SCALE;
    target[i + 1] = -(high * STEP + LOWEST) / FULL_SCALE;
  }
}

/**
 * Read the numbers back; samples that are not of this code (silence, half a pair at an edge) are left out.
 * @param {Int16Array} samples
 * @returns {Range[]}
 */
export function readNumbers(samples) {
  /** @type {Range[]} */
  const ranges = [];
  for (let i = 0; i + 1 < samples.length; i += 1) {
    if (!(samples[i] > 0 && samples[i + 1] < 0)) continue;
    const low = Math.round((samples[i] - LOWEST) / STEP);
    const high = Math.round((-samples[i + 1] - LOWEST) / STEP);
    const microphone = Math.floor(high / MICROPHONE_UNIT);
    const from = ((high % MICROPHONE_UNIT) * BASE + low) * 2;
    const last = ranges.at(-1);
    if (last && last.microphone === microphone && last.from + last.count === from) last.count += 2;
    else ranges.push({ microphone, from, count: 2 });
    i += 1;
  }
  return ranges;
}
