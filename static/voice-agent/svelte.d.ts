import type { VoiceAgentAttributes, VoiceAgentElement, VoiceAgentEventMap } from './element.js';

type Properties = Partial<
  Pick<VoiceAgentElement, 'accessToken' | 'agents' | 'session' | 'tools' | 'muted'>
>;

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'voice-agent': VoiceAgentAttributes &
      Properties & {
        [Type in keyof VoiceAgentEventMap as `on${Type}`]?: (
          event: VoiceAgentEventMap[Type],
        ) => void;
      };
  }
}
