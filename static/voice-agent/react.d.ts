import type { ReactElement } from 'react';
import type {
  Agent,
  AgentEvents,
  AgentState,
  StartOptions,
  Turn,
  VoiceAgentError,
  VoiceAgentOptions,
} from './index.js';
import type { VoiceAgentAttributes, VoiceAgentElement } from './element.js';

/** An agent for as long as the component is there. The options of the first time count; another `key` begins anew. */
export declare function useVoiceAgent(options?: VoiceAgentOptions): {
  /** null until the component is in the page */
  agent: Agent | null;
  state: AgentState;
  isActive: boolean;
  turns: readonly Turn[];
  /** why the last call failed, or did not begin; null once another one begins */
  error: VoiceAgentError | null;
  /** never rejects: `error` has it; undefined, and of no effect, while `agent` is null */
  start: (how?: StartOptions) => Promise<void> | undefined;
  stop: () => Promise<void> | undefined;
};

export type VoiceAgentProps = VoiceAgentAttributes &
  Partial<Pick<VoiceAgentElement, 'accessToken' | 'agents' | 'session' | 'tools' | 'muted'>> & {
    [Type in keyof Omit<AgentEvents, 'debug'> as `on${Capitalize<Type>}`]?: (
      value: AgentEvents[Type],
    ) => void;
  };

/** `<voice-agent>` with properties and listeners that are there from the start, also after hydration. */
export declare function VoiceAgent(props: VoiceAgentProps): ReactElement;

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'voice-agent': VoiceAgentAttributes &
        Partial<
          Pick<VoiceAgentElement, 'accessToken' | 'agents' | 'session' | 'tools' | 'muted'>
        > & {
          ref?: unknown;
          key?: string | number;
        };
    }
  }
}
