// Made from the JSDoc of the modules beside it by `make types`; change it there.

import type {
  SessionConfig,
  Tool,
  AgentState,
  Turn,
  Agent as VoiceAgent,
  StartOptions,
} from './index.js';
declare class VoiceAgentElement extends Base {
  #private;
  static observedAttributes: string[];
  constructor();
  connectedCallback(): void;
  /** Whoever moves an element takes it out first (`append`, Turbo, Astro): only one that stays out is gone. */
  disconnectedCallback(): void;
  /** Moved within the page without leaving it (`moveBefore`): the call goes on. */
  connectedMoveCallback(): void;
  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name: string, before: string | null, now: string | null): void;
  /** What the page's own login gave it, or a function that gives it; never an attribute. */
  get accessToken(): string | (() => string | Promise<string>) | undefined;
  set accessToken(value: string | (() => string | Promise<string>) | undefined);
  /** As Solid writes it. */
  get accesstoken(): string | (() => string | Promise<string>) | undefined;
  set accesstoken(value: string | (() => string | Promise<string>) | undefined);
  /** Voice, system prompt and greeting, as far as the gate lets a page set them; from the next call on. */
  get session(): Overrides;
  set session(value: Overrides);
  /** What the gate's `/api/agents` answers, where the page knows it already: it is then not asked. */
  get agents(): PublicAgents | null;
  set agents(value: PublicAgents | null);
  /** Functions that the agent may call, by name; from the next call on. */
  get tools(): Record<string, Tool<any>>;
  set tools(value: Record<string, Tool<any>>);
  get disabled(): boolean;
  set disabled(value: boolean);
  /** Whether the visitor is heard only while a button or the space bar is held. */
  get pushToTalk(): boolean;
  set pushToTalk(value: boolean);
  /** Whether calls are in writing: no microphone, no sound, and words as soon as they come. */
  get textOnly(): boolean;
  set textOnly(value: boolean);
  get floating(): boolean;
  set floating(value: boolean);
  get gate(): string;
  set gate(value: string);
  get agent(): string;
  set agent(value: string);
  get variant(): string;
  set variant(value: string);
  get theme(): string;
  set theme(value: string);
  get state(): AgentState;
  /** Whether a call is under way, from the start on until it has ended. */
  get isActive(): boolean;
  get turns(): readonly Turn[];
  get muted(): boolean;
  set muted(value: boolean);
  /** The client's object, for all else that it can do; another one after gate has changed, or an access token has come or gone. */
  get agentClient(): VoiceAgent;
  /**
   * @param {Omit<StartOptions, 'session'>} [how]
   * @returns {Promise<void>} as the client's `start`
   * @throws {TypeError | RangeError} one of `tools` is not what it must be
   */
  start(how?: Omit<StartOptions, 'session'>): Promise<void>;
  /** @returns {Promise<void>} */
  stop(): Promise<void>;
  mute(): void;
  /**
   * A refusal of the microphone, where the call began without one, is told in the element, too.
   * @returns {Promise<void>} as the client's `unmute`
   */
  unmute(): Promise<void>;
  /** Whether the call is on hold. */
  get held(): boolean;
  hold(): void;
  unhold(): void;
  /** @param {string} text   in writing, during a call */
  say(text: string): void;
  /**
   * Use another microphone, now and in later calls. A refusal is told in the element, too.
   * @param {string} deviceId   one that `listMicrophones` names, or '' for the browser's default
   * @returns {Promise<void>} rejects as the client's
   */
  setMicrophone(deviceId: string): Promise<void>;
  /**
   * Let the agent be heard somewhere else, now and in later calls. A refusal is told in the element, too.
   * @param {string} deviceId   one that `listSpeakers` names, or '' for the browser's default
   * @returns {Promise<void>} rejects as the client's
   */
  setSpeaker(deviceId: string): Promise<void>;
  /**
   * @param {number} volume   of the agent, 0 to 1, now and in later calls
   * @throws {TypeError | RangeError}
   */
  setVolume(volume: number): void;
}

type Overrides = {
  voice?: string;
  system_prompt?: string;
  greeting?: string;
};

type PublicAgents = {
  /**
   * by name
   */
  default: string;
  agents: PublicAgent[];
  /**
   * addresses of recordings, by voice
   */
  voice_samples?: Record<string, string>;
  /**
   * whether the gate takes what callers say of a call
   */
  feedback?: boolean;
  /**
   * what callers are told that an hour costs
   */
  price_per_hour_usd?: number | null;
};

type PublicAgent = {
  name: string;
  title: string;
  /**
   * null: not for whoever asked
   */
  session: SessionConfig | null;
  /**
   * quiet before the caller is asked whether anybody is there; 0: never
   */
  idle_seconds?: number;
  /**
   * whether the gate takes what callers say of a call
   */
  feedback?: boolean;
  /**
   * what callers are told that an hour costs
   */
  price_per_hour_usd?: number | null;
  /**
   * what of it a page may set: voice, system_prompt, greeting
   */
  editable: string[];
};

/** Where pages are made without a browser the module can be loaded, too. */
declare const Base: {
  new (): HTMLElement;
  prototype: HTMLElement;
};

export { VoiceAgentElement };
/** The event log is the client's alone. */
type AgentEvents = Omit<import('./index.js').AgentEvents, 'debug'>;

export type VoiceAgentEventMap = {
  [Type in keyof AgentEvents as `voice-agent-${Type}`]: CustomEvent<AgentEvents[Type]>;
} & {
  'voice-agent-settings': CustomEvent<null>;
};

/** What may stand in markup. */
export type VoiceAgentAttributes = {
  'gate'?: string;
  'agent'?: string;
  'variant'?: 'full' | 'page' | 'compact' | 'headless';
  'theme'?: 'light' | 'dark' | 'auto';
  'lang'?: string;
  'floating'?: boolean;
  'push-to-talk'?: boolean;
  'text-only'?: boolean;
  'disabled'?: boolean;
  'id'?: string;
  'class'?: string;
};

declare global {
  interface HTMLElementTagNameMap {
    'voice-agent': VoiceAgentElement;
  }
  interface GlobalEventHandlersEventMap extends VoiceAgentEventMap {}
}
