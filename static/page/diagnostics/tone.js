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
