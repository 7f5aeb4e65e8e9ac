import type { VoiceAgentAttributes, VoiceAgentElement } from './element.js';

type Properties = Partial<
  Pick<VoiceAgentElement, 'accessToken' | 'agents' | 'session' | 'tools' | 'muted'>
>;

declare module 'vue' {
  interface GlobalComponents {
    'voice-agent': new () => { $props: VoiceAgentAttributes & Properties };
  }
}
