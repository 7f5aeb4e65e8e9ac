'use client';

// React's way to a call, and to the element. Safe in StrictMode and where pages are made on a server.

import { createElement, useEffect, useRef, useState } from 'react';
import { createVoiceAgent, VoiceAgentError } from './index.js';

const AT_REST = { state: 'idle', isActive: false, turns: [], error: null };

/**
 * An agent for as long as the component is there, and what a component shows of its call.
 * @param {import('./index.js').VoiceAgentOptions} [options] those of the first time count; another `key` begins anew
 */
export function useVoiceAgent(options) {
  const first = useRef(options);
  const [agent, setAgent] = useState(/** @type {import('./index.js').Agent | null} */ (null));
  const [call, setCall] = useState(AT_REST);

  useEffect(() => {
    const made = createVoiceAgent(first.current);
    let error = null;
    const show = () => {
      const { state, isActive, turns } = made;
      setCall({ state, isActive, turns, error });
    };
    made.on('state', (change) => {
      error = change.error;
      show();
    });
    made.on('transcript', show);
    setAgent(made);
    show();
    return () => void made.dispose(); // an open call is ended
  }, []);

  return {
    agent,
    ...call,
    /** @param {import('./index.js').StartOptions} [how] */
    start: (how) =>
      agent?.start(how).catch((thrown) => {
        // What is thrown before anything begins, no event tells.
        const error = VoiceAgentError.from(thrown, 'internal-error');
        setCall((latest) => ({ ...latest, error }));
      }),
    stop: () => agent?.stop(),
  };
}

/** What is no attribute: React leaves it out of a page that was made on a server. */
const PROPERTIES = ['accessToken', 'agents', 'session', 'tools', 'muted'];

/**
 * `<voice-agent>` with properties and listeners (`onState`, `onTranscript`, …) that are there from the start, also when
 * the page was made on a server. The element itself comes from `voicegate-client/element`.
 */
export function VoiceAgent({ children, ...props }) {
  const element = useRef(null);
  const latest = useRef(props);
  latest.current = props;
  const set = useRef({});
  const listeners = Object.keys(props).filter((name) => /^on[A-Z]/.test(name));

  useEffect(() => {
    for (const name of PROPERTIES)
      if (name in props && props[name] !== set.current[name]) element.current[name] = props[name];
    set.current = props; // what the visitor has changed since stays: muted
  });

  useEffect(() => {
    const life = new AbortController();
    for (const name of listeners) {
      const type = `voice-agent-${name.slice(2).toLowerCase()}`;
      element.current.addEventListener(type, ({ detail }) => latest.current[name]?.(detail), life);
    }
    return () => life.abort();
  }, [listeners.join()]);

  const attributes = Object.entries(props).filter(
    ([name]) => !PROPERTIES.includes(name) && !listeners.includes(name),
  );
  return createElement(
    'voice-agent',
    { ref: element, ...Object.fromEntries(attributes) },
    children,
  );
}
