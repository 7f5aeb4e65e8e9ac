// Follows the short call: what was understood, when the answer began to sound, and when it was over.

/** A level above this is a voice, not a room. */
const VOICE_LEVEL = 0.2;

/**
 * @param {ReturnType<import('./platform.js').Platform['createAgent']>} agent
 * @param {{platform: import('./platform.js').Platform, stage: import('./diagnostics-types.js').Stage,
 *   steps: {you: string, agent: string}}} context
 */
export function createTrial(agent, { platform, stage, steps }) {
  const reached = { understood: false, answered: false, finished: false };
  let lastVoiceMs = platform.nowMs();
  let answerMs = 0;
  let isAgentSpeaking = false;
  /** @type {import('../page-types.js').CallError | null} */
  let error = null;
  let look = () => {};

  agent.on('transcript', (turn) => {
    stage.showWords(turn.role === 'user' ? steps.you : steps.agent, turn.text);
    if (turn.role === 'user' && turn.final && turn.text.trim()) reached.understood = true;
    look();
  });
  agent.on('level', ({ microphone }) => {
    stage.showLevel(microphone);
    if (!reached.answered && microphone > VOICE_LEVEL) lastVoiceMs = platform.nowMs();
  });
  agent.on('speaking', ({ agent: isSpeaking }) => {
    isAgentSpeaking = isSpeaking;
    if (reached.answered && !isSpeaking) reached.finished = true;
    begin();
    look();
  });
  agent.on('state', (change) => {
    if (change.state === 'failed') error = change.error;
    if (change.state === 'failed' || change.state === 'ended') look();
  });

  /** The agent's voice counts as the answer once there is something to answer. */
  function begin() {
    if (!isAgentSpeaking || !reached.understood || reached.answered) return;
    reached.answered = true;
    answerMs = platform.nowMs() - lastVoiceMs;
  }

  return {
    /** From the last sound of the visitor's voice to the first of the agent's. */
    get answerMs() {
      return answerMs;
    },
    get error() {
      return error;
    },
    /**
     * @param {keyof typeof reached} step
     * @param {number} limitMs
     * @param {AbortSignal} signal
     * @returns {Promise<boolean>} false when the time was over, or the call
     */
    async until(step, limitMs, signal) {
      const isOver = () => reached[step] || agent.state === 'failed' || agent.state === 'ended';
      const waiting = new AbortController();
      const arrived = new Promise((resolve) => {
        look = () => {
          begin();
          if (isOver()) resolve(undefined);
        };
        look();
      });
      const late = platform.wait(limitMs, AbortSignal.any([signal, waiting.signal]));
      await Promise.race([arrived, late]).finally(() => {
        late.catch(() => {});
        waiting.abort();
      });
      return reached[step];
    },
  };
}
