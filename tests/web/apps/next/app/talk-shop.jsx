'use client';

import { VoiceAgent, useVoiceAgent } from 'voicegate-client/react';
import 'voicegate-client/element';

/** The element, and a button of the app's own around the client. */
export function Talk({ gate }) {
  const { agent, state, isActive, error, start, stop } = useVoiceAgent({ gate });
  return (
    <>
      <main>
        <h1>Shop</h1>
        <VoiceAgent gate={gate} session={{ greeting: 'Hello from the shop.' }} />
      </main>
      <button id="talk" onClick={() => (isActive ? stop() : start())}>
        Talk without the element
      </button>
      <output>{`${error?.message ?? state} (${agent?.thread})`}</output>
    </>
  );
}
