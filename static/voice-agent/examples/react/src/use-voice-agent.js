import { useEffect, useRef, useState } from 'react';
import { createVoiceAgent } from 'voicegate-client';

const AT_REST = ['idle', 'ended', 'failed'];

/**
 * An agent for as long as the component is there, and what a component shows of its call.
 * @param {import('voicegate-client').VoiceAgentOptions} options those of the first time count
 */
export function useVoiceAgent(options) {
  const first = useRef(options);
  const [agent, setAgent] = useState(null);
  const [state, setState] = useState('idle');
  const [error, setError] = useState(null);
  const [turns, setTurns] = useState([]);

  useEffect(() => {
    const made = createVoiceAgent(first.current);
    made.on('state', (change) => {
      setState(change.state);
      setError(change.error);
    });
    made.on('transcript', () => setTurns([...made.turns]));
    setAgent(made);
    return () => void made.dispose(); // an open call is ended
  }, []);

  return {
    agent,
    state,
    error,
    turns,
    isAtRest: AT_REST.includes(state),
    start: () => agent?.start().catch(() => {}), // `error` has it
    stop: () => agent?.stop(),
  };
}
