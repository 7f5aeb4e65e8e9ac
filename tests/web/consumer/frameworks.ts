// Pages made with frameworks: the hook, the component, and the element in markup.

import type { JSX } from 'react';
import type { SvelteHTMLElements } from 'svelte/elements';
import { useVoiceAgent, VoiceAgent } from 'voicegate-client/react';
import type {} from 'voicegate-client/svelte';
import type {} from 'voicegate-client/vue';
import type { GlobalComponents } from 'vue';

export function call(): string {
  const { agent, state, isActive, turns, error, start, stop } = useVoiceAgent({
    gate: 'https://gate.example',
  });
  void (isActive ? stop() : start({ takeOver: true }));
  return `${state} ${turns.length} ${error?.code ?? ''} ${agent?.thread ?? ''}`;
}

export const component = VoiceAgent({
  gate: 'https://gate.example',
  agents: { default: 'reception', agents: [] },
  session: { greeting: 'Hello!' },
  onState: ({ state }) => console.log(state),
  onMute: ({ muted }) => console.log(muted),
});
export const react: JSX.IntrinsicElements['voice-agent'] = { variant: 'compact', muted: true };
export const vue: InstanceType<GlobalComponents['voice-agent']>['$props'] = { agents: null };
export const svelte: SvelteHTMLElements['voice-agent'] = {
  'floating': true,
  'agents': null,
  'onvoice-agent-transcript': ({ detail }) => console.log(detail.text),
};
// @ts-expect-error no such event of the element
export const noisy = VoiceAgent({ onDebug: () => {} });
// @ts-expect-error not one of its values
export const wrong: JSX.IntrinsicElements['voice-agent'] = { variant: 'tiny' };
