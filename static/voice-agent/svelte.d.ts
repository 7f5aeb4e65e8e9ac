import type { VoiceAgentAttributes, VoiceAgentElement, VoiceAgentEventMap } from './element.js';

type Properties = Partial<Pick<VoiceAgentElement, 'accessToken' | 'session' | 'tools' | 'muted'>>;

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
