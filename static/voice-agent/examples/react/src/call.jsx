import { useVoiceAgent } from './use-voice-agent.js';

const GATE = import.meta.env.VITE_GATE;

const OPTIONS = {
  tokenUrl: `${GATE}/api/voice-token`,
  session: { system_prompt: 'You are brief and friendly.', greeting: 'Hello! What is on?' },
};

export function Call() {
  const { agent, state, error, turns, isAtRest, start, stop } = useVoiceAgent(OPTIONS);
  return (
    <main>
      <h1>Talk to us</h1>
      <button onClick={isAtRest ? start : stop} onPointerEnter={() => agent?.prepare()}>
        {isAtRest ? 'Start talking' : 'Hang up'}
      </button>
      <p role="status" data-thread={isAtRest ? undefined : agent?.thread}>
        {error ? error.message : state}
      </p>
      <ol aria-live="polite">
        {turns.map(({ id, role, text }) => (
          <li key={id} data-role={role}>
            {text}
          </li>
        ))}
      </ol>
    </main>
  );
}
