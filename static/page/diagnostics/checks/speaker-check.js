// Plays a phrase and asks whether it was heard: no browser can know.

import { playPhrase } from '../tone.js';

/** @type {import('../diagnostics-types.js').Check} */
export const speaker = {
  id: 'speaker',
  needs: ['features'],
  limitMs: 120_000,
  async run({ sound, stage, texts, signal }) {
    const { steps, answers } = texts.checks.speaker;
    const context = await sound.context(signal);
    if (context.state !== 'running') return { status: 'attention', reason: 'heldBack' };
    const question = {
      text: steps.ask,
      answers: [
        { id: 'heard', label: answers.heard },
        { id: 'unheard', label: answers.unheard },
        { id: 'again', label: answers.again },
      ],
    };
    for (;;) {
      const phrase = playPhrase(context, 1);
      const answer = await stage.ask(question, signal).finally(phrase.stop);
      if (answer === 'heard') return { status: 'passed', reason: 'heard' };
      if (answer === 'unheard') return { status: 'failed', reason: 'unheard' };
    }
  },
};
