// Opens the microphone, asks the visitor to speak, and says how loud that arrives.

import { perceivedLevel } from '../../../voice-agent/worklets/dsp/level.js';
import { isVoiceHeard, judgeLevel } from '../judge-sound.js';
import { powerOf } from '../measure.js';
import { blockOf } from '../check-sound.js';

/** Long enough to read the words and say something. */
const LISTEN_MS = 9_000;

/** @type {import('../diagnostics-types.js').Check} */
export const microphone = {
  id: 'microphone',
  needs: ['secureContext', 'features', 'permission'],
  limitMs: 75_000, // the browser's own question waits for the visitor
  async run({ sound, stage, texts, signal }) {
    const { steps } = texts.checks.microphone;
    stage.say(steps.allow);
    const track = await sound.microphone();
    stage.say(steps.speak);
    /** @type {import('../judge-sound.js').Block[]} */
    const blocks = [];
    await sound.listen(LISTEN_MS, signal, (samples) => {
      blocks.push(blockOf(samples));
      stage.showLevel(perceivedLevel(Math.sqrt(powerOf(samples))));
      return isVoiceHeard(blocks);
    });
    stage.showLevel(null);
    const verdict = judgeLevel(blocks);
    return { ...verdict, values: { deviceLabel: track.label || null, ...verdict.values } };
  },
};
