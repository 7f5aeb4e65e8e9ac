import { useVoiceAgent } from 'voicegate-client/react';

const GATE = import.meta.env.VITE_GATE;

const OPTIONS = {
  tokenUrl: `${GATE}/api/voice-token`,
  session: { system_prompt: 'You are brief and friendly.', greeting: 'Hello! What is on?' },
};

export function Call() {
  const { agent, state, isActive, error, turns, start, stop } = useVoiceAgent(OPTIONS);
  return (
    <main>
      <h1>Talk to us</h1>
      <button onClick={() => (isActive ? stop() : start())} onPointerEnter={() => agent?.prepare()}>
        {isActive ? 'Hang up' : 'Start talking'}
      </button>
      <p role="status" data-thread={isActive ? agent?.thread : undefined}>
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
