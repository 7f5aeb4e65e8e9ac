// A short real call: the visitor says a sentence, sees what was understood, and hears the answer. Only after a press,
// because it costs a session; always ended.

import { judgeCall } from '../judge-line.js';
import { SESSION_SECONDS } from '../passes.js';
import { silentSession } from '../check-session.js';
import { createTrial } from '../trial.js';

const UNDERSTAND_MS = 25_000;
const ANSWER_MS = 15_000;
/** The answer may be long; enough of it was heard by then. */
const FINISH_MS = 8_000;

/** @type {import('../diagnostics-types.js').Check} */
export const call = {
  id: 'call',
  needs: ['secureContext', 'features', 'permission', 'microphone', 'token', 'socket'],
  limitMs: 180_000,
  async run({ platform, sound, stage, texts, signal }) {
    const { steps, answers } = texts.checks.call;
    const question = {
      text: steps.ask,
      answers: [
        { id: 'start', label: answers.start },
        { id: 'skip', label: answers.skip },
      ],
    };
    if ((await stage.ask(question, signal)) === 'skip')
      return { status: 'skipped', reason: 'notWanted' };
    sound.release(); // the call opens its own
    const agent = platform.createAgent(
      { max_session_duration_seconds: SESSION_SECONDS },
      silentSession(platform.session),
    );
    const stop = () => void agent.stop();
    signal.addEventListener('abort', stop);
    try {
      const trial = createTrial(agent, { platform, stage, steps });
      const startedMs = platform.nowMs();
      stage.say(steps.connecting);
      await agent.start();
      signal.throwIfAborted();
      const connectMs = platform.nowMs() - startedMs;
      stage.say(steps.speak);
      const isUnderstood = await trial.until('understood', UNDERSTAND_MS, signal);
      if (isUnderstood) stage.say(steps.waiting);
      const isAnswered = isUnderstood && (await trial.until('answered', ANSWER_MS, signal));
      if (isAnswered) await trial.until('finished', FINISH_MS, signal);
      if (trial.error) throw trial.error;
      const verdict = judgeCall({ isUnderstood, answerMs: isAnswered ? trial.answerMs : null });
      return { ...verdict, values: { connectMs, ...verdict.values } };
    } finally {
      signal.removeEventListener('abort', stop);
      await agent.dispose();
    }
  },
};
