// Numbers from sound, and from lists of times. Pure.

/** What silence counts as: a logarithm knows no zero. */
export const SILENCE_DB = -100;

/** @param {number} power  1 = full scale */
export function decibels(power) {
  return power > 0 ? Math.max(SILENCE_DB, 10 * Math.log10(power)) : SILENCE_DB;
}

/** @param {ArrayLike<number>} samples */
export function powerOf(samples) {
  let sum = 0;
  for (let i = 0; i < samples.length; i += 1) sum += samples[i] * samples[i];
  return samples.length ? sum / samples.length : 0;
}

/** @param {ArrayLike<number>} samples */
export function peakOf(samples) {
  let peak = 0;
  for (let i = 0; i < samples.length; i += 1) peak = Math.max(peak, Math.abs(samples[i]));
  return peak;
}

/**
 * The power at one frequency, by Goertzel's algorithm; of a sine as much as `powerOf` finds in it.
 *
 * @param {ArrayLike<number>} samples
 * @param {number} frequencyHz
 * @param {number} rateHz
 */
export function powerAt(samples, frequencyHz, rateHz) {
  const step = 2 * Math.cos((2 * Math.PI * frequencyHz) / rateHz);
  let [last, before] = [0, 0];
  for (let i = 0; i < samples.length; i += 1) {
    [last, before] = [windowed(samples, i) + step * last - before, last];
  }
  const squared = last * last + before * before - step * last * before;
  // The window takes half of the amplitude away.
  return samples.length ? (8 * squared) / samples.length ** 2 : 0;
}

/** Hann's window: without it a tone shows at every other frequency too. @param {ArrayLike<number>} samples @param {number} at */
function windowed(samples, at) {
  return samples[at] * (0.5 - 0.5 * Math.cos((2 * Math.PI * at) / samples.length));
}

/**
 * @param {readonly number[]} values   at least one
 * @param {number} part   0 = the least, 0.5 = the median, 1 = the greatest
 */
export function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(part * (sorted.length - 1))];
}

// A short phrase of soft tones, made here: no file, and frequencies that can be looked for in the microphone.

/** A major chord, upward: C5, E5, G5, C6. */
export const NOTES_HZ = [523.25, 659.26, 783.99, 1046.5];

const NOTE_SECONDS = 0.26;
const RING_SECONDS = 0.5;
/** Loud enough to hear at a low volume, soft enough for headphones. */
const PEAK = 0.22;

/**
 * @param {AudioContext} context
 * @param {number} times   how often in a row
 * @returns {{seconds: number, stop: () => void}}
 */
export function playPhrase(context, times) {
  const master = new GainNode(context, { gain: 1 });
  master.connect(context.destination);
  const startSeconds = context.currentTime + 0.05;
  const count = NOTES_HZ.length * times;
  for (let i = 0; i < count; i += 1)
    playNote(master, NOTES_HZ[i % NOTES_HZ.length], startSeconds + i * NOTE_SECONDS);
  return {
    seconds: (count - 1) * NOTE_SECONDS + RING_SECONDS + 0.05,
    stop() {
      // Faded, not cut: a cut is a click.
      master.gain.setTargetAtTime(0, context.currentTime, 0.02);
      setTimeout(() => master.disconnect(), 200);
    },
  };
}

/** @param {GainNode} master @param {number} frequencyHz @param {number} atSeconds */
function playNote(master, frequencyHz, atSeconds) {
  const { context } = master;
  const note = new OscillatorNode(context, { type: 'sine', frequency: frequencyHz });
  const envelope = new GainNode(context, { gain: 0 });
  envelope.gain.setValueAtTime(0, atSeconds);
  envelope.gain.linearRampToValueAtTime(PEAK, atSeconds + 0.02);
  envelope.gain.setTargetAtTime(0, atSeconds + 0.06, 0.11);
  note.connect(envelope).connect(master);
  note.start(atSeconds);
  note.stop(atSeconds + RING_SECONDS);
  note.onended = () => envelope.disconnect();
}
