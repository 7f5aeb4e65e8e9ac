// What the stub's agent "says": 16-bit samples at 24 kHz that a recording can be checked against. Pure.

export const RATE_HZ = 24_000;

/** @typedef {'level' | 'tone' | 'other-tone' | 'speech'} SignalName */

/** Of the two tones, a whole number of periods in 10 ms each: a window of that length tells them apart. */
export const TONE_HZ = 400;
export const OTHER_TONE_HZ = 1_200;
export const TONE_AMPLITUDE = 0.3;
/** High enough to click when it is cut, and without any slope of its own. */
export const LEVEL = 0.6;

/**
 * @param {SignalName} name
 * @param {number} seconds
 * @returns {Int16Array}
 */
export function signal(name, seconds) {
  const samples = new Int16Array(Math.round(seconds * RATE_HZ));
  if (name === 'speech') return speak(samples);
  if (name === 'level') return samples.fill(LEVEL * 32_767);
  return sing(samples, name === 'tone' ? TONE_HZ : OTHER_TONE_HZ);
}

/**
 * A sine that starts at its crest: its first sample is heard as well as any other.
 * @param {Int16Array} samples
 * @param {number} hz
 */
function sing(samples, hz) {
  return samples.map((_, i) =>
    Math.round(TONE_AMPLITUDE * 32_767 * Math.cos((2 * Math.PI * hz * i) / RATE_HZ)),
  );
}

/**
 * Syllables of 120 to 300 ms, short rests between words, longer ones between sentences, and a hiss as low
 * as a good synthesiser's that never is exact silence. Begins and ends with a syllable.
 * @param {Int16Array} samples
 */
function speak(samples) {
  const random = seeded(7);
  samples.forEach((_, i) => (samples[i] = i % 2 === 0 ? 3 : -3));
  for (let at = 0, syllables = 1; at < samples.length; syllables += 1) {
    const length = Math.round((0.12 + 0.18 * random()) * RATE_HZ);
    const end = Math.min(samples.length, at + length);
    addSyllable(samples.subarray(at, end), 110 + 60 * random());
    at = end + Math.round(RATE_HZ * restSeconds(syllables, random()));
  }
  addSyllable(samples.subarray(samples.length - RATE_HZ / 5), 120);
  return samples;
}

/**
 * @param {number} syllables so far
 * @param {number} chance 0 to 1
 */
function restSeconds(syllables, chance) {
  if (syllables % 20 === 0) return 0.4 + 0.3 * chance;
  return syllables % 2 === 0 ? 0.04 + 0.08 * chance : 0;
}

/**
 * A hum with harmonics that swells and fades.
 * @param {Int16Array} samples
 * @param {number} hz
 */
function addSyllable(samples, hz) {
  samples.forEach((hiss, i) => {
    const swell = Math.sin((Math.PI * (i + 0.5)) / samples.length);
    let sum = 0;
    for (let harmonic = 1; harmonic <= 6; harmonic += 1) {
      sum += Math.sin((2 * Math.PI * hz * harmonic * i) / RATE_HZ) / harmonic;
    }
    samples[i] = hiss + Math.round(5_000 * swell * sum);
  });
}

/**
 * Random numbers that are the same in each run. Source: mulberry32, a public-domain generator.
 * @param {number} seed
 * @returns {() => number} 0 to 1
 */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
