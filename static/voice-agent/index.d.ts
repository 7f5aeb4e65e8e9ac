// Made from the JSDoc of the modules beside it by `make types`; change it there.

/**
 * Microphones to choose from; names are known only once the user has allowed one.
 * @returns {Promise<{deviceId: string, label: string}[]>}
 */
declare function listMicrophones(): Promise<
  {
    deviceId: string;
    label: string;
  }[]
>;

/**
 * Speakers to choose from; empty where the browser does not let a page choose.
 * @returns {Promise<{deviceId: string, label: string}[]>}
 */
declare function listSpeakers(): Promise<
  {
    deviceId: string;
    label: string;
  }[]
>;

/**
 * Call `onState` with the state of the user's permission, now and at each change. Never called where the
 * browser cannot say.
 * @param {(state: PermissionState) => void} onState
 * @param {AbortSignal} [signal]   ends it
 */
declare function watchPermission(
  onState: (state: PermissionState) => void,
  signal?: AbortSignal,
): Promise<void>;

/** Everything that can go wrong in a call, as one class. */
declare class VoiceAgentError extends Error {
  code:
    | 'agent-failed'
    | 'agent-refused'
    | 'at-capacity'
    | 'audio-failed'
    | 'connection-failed'
    | 'connection-lost'
    | 'immutable-field'
    | 'insecure-context'
    | 'internal-error'
    | 'invalid-session'
    | 'microphone-blocked-by-policy'
    | 'microphone-busy'
    | 'microphone-denied'
    | 'microphone-not-found'
    | 'microphone-not-offered'
    | 'offline'
    | 'other-tab'
    | 'protocol-error'
    | 'resume-refused'
    | 'sandboxed-frame'
    | 'session-expired'
    | 'token-limited'
    | 'token-refused'
    | 'token-unavailable'
    | 'unauthorized'
    | 'unsupported-browser'
    | 'update-refused';
  retryable: boolean;
  retryAfterSeconds: number | null;
  problem: Problem | null;
  upstreamCode: string | null;
  param: string | null;
  voices: string[];
  /**
   * @param {ErrorCode} code stable, for programs
   * @param {ErrorDetails} [details]
   */
  constructor(code: ErrorCode, details?: ErrorDetails);
  /** A plain object that survives `postMessage`; the cause stays behind as text. */
  toJSON(): {
    retryable: boolean;
    retryAfterSeconds: number | null;
    problem: Problem | null;
    upstreamCode: string | null;
    param: string | null;
    code:
      | 'agent-failed'
      | 'agent-refused'
      | 'at-capacity'
      | 'audio-failed'
      | 'connection-failed'
      | 'connection-lost'
      | 'immutable-field'
      | 'insecure-context'
      | 'internal-error'
      | 'invalid-session'
      | 'microphone-blocked-by-policy'
      | 'microphone-busy'
      | 'microphone-denied'
      | 'microphone-not-found'
      | 'microphone-not-offered'
      | 'offline'
      | 'other-tab'
      | 'protocol-error'
      | 'resume-refused'
      | 'sandboxed-frame'
      | 'session-expired'
      | 'token-limited'
      | 'token-refused'
      | 'token-unavailable'
      | 'unauthorized'
      | 'unsupported-browser'
      | 'update-refused';
    message: string;
    voices: string[];
    cause: string | undefined;
  };
  /**
   * The error that `toJSON` described on the other side of a port.
   * @param {ReturnType<VoiceAgentError['toJSON']>} plain
   */
  static fromJSON(plain: ReturnType<VoiceAgentError['toJSON']>): VoiceAgentError;
  /**
   * Any thrown value as a VoiceAgentError; one that is already stays as it is.
   * @param {unknown} thrown
   * @param {ErrorCode} code for anything else
   */
  static from(thrown: unknown, code: ErrorCode): VoiceAgentError;
}

type ErrorCode = keyof typeof MESSAGES;

/** Sentences a person can read, by code. A page may show its own words instead. */
declare const MESSAGES: {
  'insecure-context': string;
  'unsupported-browser': string;
  'microphone-denied': string;
  'microphone-blocked-by-policy': string;
  'microphone-not-offered': string;
  'sandboxed-frame': string;
  'microphone-not-found': string;
  'microphone-busy': string;
  'audio-failed': string;
  'offline': string;
  'other-tab': string;
  'invalid-session': string;
  'immutable-field': string;
  'update-refused': string;
  'token-refused': string;
  'token-limited': string;
  'token-unavailable': string;
  'connection-failed': string;
  'agent-failed': string;
  'connection-lost': string;
  'unauthorized': string;
  'agent-refused': string;
  'at-capacity': string;
  'resume-refused': string;
  'session-expired': string;
  'internal-error': string;
  'protocol-error': string;
};

type Problem = {
  status?: number;
  code?: string;
  title?: string;
  detail?: string;
  request_id?: string;
};

type ErrorDetails = {
  /**
   * a sentence that says more than the code's own
   */
  message?: string;
  /**
   * whether trying again can help, where it differs from the code's rule
   */
  retryable?: boolean;
  cause?: unknown;
  /**
   * how long the service asked to wait
   */
  retryAfterSeconds?: number | null;
  /**
   * what the token service said
   */
  problem?: Problem | null;
  /**
   * the agent's own error code
   */
  upstreamCode?: string | null;
  /**
   * the setting that the error is about, such as `output.voice`
   */
  param?: string | null;
  /**
   * voices the agent offers, when it refused the one asked for
   */
  voices?: string[];
};

declare class VoiceAgent {
  #private;
  /**
   * @param {VoiceAgentOptions} [options]
   * @throws {TypeError | RangeError} an option or a tool is not what it must be
   */
  constructor(options?: VoiceAgentOptions);
  /** @returns {AgentState} */
  get state(): AgentState;
  /** Whether a call is under way, from the start on until it has ended. */
  get isActive(): boolean;
  /** Whether the agent gets silence instead of the microphone, or the call has none. */
  get muted(): boolean;
  /** Whether the call is on hold. */
  get held(): boolean;
  /** Whether the call under way has a microphone, or the next one opens one. */
  get hasMicrophone(): boolean;
  /** @returns {readonly Turn[]} of the call under way or the last one, oldest first */
  get turns(): readonly Turn[];
  /** The thread that the session runs on: 'worker', 'main', or 'starting' while that is being found out. */
  get thread(): 'main' | 'starting' | 'worker';
  /**
   * What the call under way, or the last one, was like; null before the first one. Its counts are at most a second
   * old.
   * @returns {AgentStats | null}
   */
  get stats(): AgentStats | null;
  /**
   * The agent's voice in the call under way, for an avatar, a recorder or lip-sync; null before it can sound. Ask for it
   * when a call is live: each call has its own.
   * @returns {MediaStream | null}
   */
  get outputStream(): MediaStream | null;
  /**
   * The microphone of the call under way, as the agent hears it: silent while muted.
   * @returns {MediaStream | null}
   */
  get inputStream(): MediaStream | null;
  /** Time until the call must end, in seconds; null while no limit is known. */
  get secondsLeft(): number | null;
  /**
   * Seconds in which neither the person nor the agent says anything, until the person is asked whether they are there
   * (`idle`); 30 s later the call ends. Half of it while the page is hidden; 0: never.
   */
  get idleSeconds(): number;
  /** @throws {RangeError} */
  set idleSeconds(value: number);
  /** The person is there, though they say nothing: they type, or have pressed a button of the page. */
  stillHere(): void;
  /**
   * The call that this tab left a moment ago, by a reload for example, or that was ended as nobody was there:
   * `start({resume: true})` goes on with it; null when there is none.
   * @returns {{turns: readonly Turn[]} | null}
   */
  get resumable(): {
    turns: readonly Turn[];
  } | null;
  /**
   * Call `listener` for each event of that type until `signal` aborts or the returned function runs.
   * @template {keyof AgentEvents} Type
   * @param {Type} type
   * @param {(value: AgentEvents[Type]) => void} listener
   * @param {{signal?: AbortSignal}} [options]
   * @returns {() => void}
   */
  on<Type extends keyof AgentEvents>(
    type: Type,
    listener: (value: AgentEvents[Type]) => void,
    options?: {
      signal?: AbortSignal;
    },
  ): () => void;
  /**
   * The next event of that type.
   * @template {keyof AgentEvents} Type
   * @param {Type} type
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<AgentEvents[Type]>} rejects with the signal's reason
   */
  once<Type extends keyof AgentEvents>(
    type: Type,
    {
      signal,
    }?: {
      signal?: AbortSignal;
    },
  ): Promise<AgentEvents[Type]>;
  /**
   * The user may be about to start a call: make its audio system now, and open the way to the token service. Call it on
   * hover or focus; it costs nothing and asks nothing of the user. Once a press has begun (`pointerdown`, Enter, Space),
   * call it with `isPressed`: that fetches the token where the microphone is allowed already, or none is wanted, and hands
   * it back where no call begins within 10 s.
   * @param {{isPressed?: boolean} & Pick<StartOptions, 'microphone' | 'textOnly'>} [intent]
   */
  prepare({
    isPressed,
    ...how
  }?: {
    isPressed?: boolean;
  } & Pick<StartOptions, 'microphone' | 'textOnly'>): void;
  /**
   * Start a call. Call it in a click or a key press: that is what lets the page make sound.
   * While one is being set up its own promise is returned, and one that is ending is waited for.
   * @param {StartOptions} [options]
   * @returns {Promise<void>} once the agent listens, or the call was stopped before
   * @throws {VoiceAgentError} whatever kept the call from starting; the `error` event has the same one, but for
   *   `invalid-session`, which is thrown before anything begins
   * @throws {TypeError} an address that the agent was made with is none; before anything begins
   * @throws {DOMException} InvalidStateError: the agent was disposed of
   */
  start(options?: StartOptions): Promise<void>;
  /**
   * End the call in good order. The microphone is let go of at once.
   * @returns {Promise<void>} once it has ended; the service's own goodbye is waited for in the background
   */
  stop(): Promise<void>;
  mute(): void;
  /**
   * Let the agent hear the microphone. A call that began without one opens it now, in the same session; call it in a
   * click or a key press, as the browser may ask for it. A `mute()` meanwhile holds.
   * @returns {Promise<void>} once it is heard, or was muted again
   * @throws {VoiceAgentError} microphone-*, audio-failed; the call goes on without
   */
  unmute(): Promise<void>;
  /**
   * Put the call on hold: the agent falls silent in the middle of the word, the microphone captures nothing, and nothing
   * is sent, typed words included. The session stays, and costs; nobody coming back for five minutes (or `idleSeconds`,
   * where that is longer) is told by `idle`, and 30 s later the call ends.
   */
  hold(): void;
  /** Go on with a call that is on hold; the agent begins with the sentence that was cut. */
  unhold(): void;
  /**
   * Say something in writing: the agent answers it as soon as it is not speaking itself.
   * @param {string} text
   */
  say(text: string): void;
  /**
   * Make the agent speak of its own accord, as soon as it is not speaking already.
   * @param {string} [instructions] for this one reply; what the prompt makes of it when left out
   */
  reply(instructions?: string): void;
  /**
   * Change what may change during a call: prompt, tools, turn detection, key terms, volume. Nested objects are
   * merged, lists replaced. In a call that is being recovered it is done as soon as the call is back.
   * @param {SessionConfig} session
   * @returns {Promise<void>} once the agent has accepted it
   * @throws {VoiceAgentError} invalid-session: it cannot be sent; immutable-field: it must be set before the call;
   *   update-refused: the agent said no, or the call ended before it answered
   */
  update(session: SessionConfig): Promise<void>;
  /**
   * Go on beyond the time limit, in a new session that knows the conversation. Each session costs on its own:
   * ask the user first.
   */
  extend(): void;
  /**
   * Use another microphone, now and in later calls.
   * @param {string} deviceId one that `listMicrophones` names, or '' for the browser's default
   * @returns {Promise<void>}
   * @throws {VoiceAgentError} microphone-*; the call then goes on with the one before
   */
  setMicrophone(deviceId: string): Promise<void>;
  /**
   * Let the agent be heard somewhere else, now and in later calls.
   * @param {string} deviceId one that `listSpeakers` names, or '' for the browser's default
   * @returns {Promise<void>}
   * @throws {VoiceAgentError} unsupported-browser, audio-failed; the sound then stays where it was
   */
  setSpeaker(deviceId: string): Promise<void>;
  /**
   * @param {number} volume of the agent, 0 to 1, now and in later calls
   * @throws {TypeError | RangeError}
   */
  setVolume(volume: number): void;
  /**
   * Change what the agent may call, from the next call on.
   * @param {NonNullable<VoiceAgentOptions['tools']>} tools by name
   * @throws {TypeError | RangeError} a tool is not what it must be
   */
  setTools(tools: NonNullable<VoiceAgentOptions['tools']>): void;
  /**
   * Look after the call now: let it sound again, and check the connection. The client calls it by itself when
   * the user comes back to the page; call it in a click after a `sound` event said that sound is blocked.
   * @returns {Promise<void>}
   */
  wake(): Promise<void>;
  /**
   * End the call and let go of everything; the object is of no use afterwards.
   * @returns {Promise<void>} the same one each time
   */
  dispose(): Promise<void>;
}

type VoiceAgentOptions = TokenServiceOptions & AgentOptions & AudioOptions & CallOptions;

type TokenServiceOptions = {
  /**
   * address of a Voicegate: tokens and agents come from there; relative to the page
   */
  gate?: string | URL;
  /**
   * one of the gate's agents, by name: its prompt, greeting and voice are set there, and
   * `session` is laid over them; the gate's own choice by default. Without `gate`: of where the client is from
   */
  agent?: string;
  /**
   * where tokens come from, if not from the gate; relative to the page
   */
  tokenUrl?: string | URL;
  /**
   * address of the agent's socket where the token's answer has no `ws_url` (`{token}` is
   * enough); `wss://agents.assemblyai.com/v1/ws` by default
   */
  wsUrl?: string | URL;
  /**
   * what the page's own login gave it: goes to the
   * token service as `Authorization: Bearer …`. A function is called anew for each request and has 10 s; if it throws,
   * or gives nothing usable, the error is `token-refused`. Neither stored nor logged
   */
  accessToken?: string | (() => string | Promise<string>);
  /**
   * whether cookies go to the token service, as for
   * `fetch`: `include` where the login is a cookie of another origin; `same-origin` by default
   */
  credentials?: 'same-origin' | 'include' | 'omit';
};

type AudioOptions = {
  microphone?: MicrophoneOptions;
  /**
   * the browser's default where it is left out or gone
   */
  speaker?: {
    deviceId?: string;
  };
  /**
   * of the agent, 0 to 1; 1 by default
   */
  volume?: number;
  /**
   * length of a microphone frame on the wire, 10 to 100; 20 by default
   */
  frameMs?: number;
};

type MicrophoneOptions = {
  /**
   * the browser's default where it is left out or gone
   */
  deviceId?: string;
  /**
   * on: or the agent hears itself
   */
  echoCancellation?: boolean;
  /**
   * off: the service cleans the sound itself, and better
   */
  noiseSuppression?: boolean;
  /**
   * off
   */
  autoGainControl?: boolean;
};

type CallOptions = {
  /**
   * whether a token may be fetched before it is needed:
   * on `prepare({isPressed: true})` (default); all through a call as well, so that a lost one is back sooner; or never
   */
  tokenPrefetch?: 'intent' | 'always' | 'never';
  /**
   * how much speech is kept while there is no connection; 20 by default
   */
  keepSpeechSeconds?: number;
  /**
   * send what was said before a greeting begins; it may interrupt the greeting
   */
  keepEarlySpeech?: boolean;
  /**
   * after an interruption tell the agent, in a note at the end of its prompt, how far it was
   * heard; by default true. A stored agent's prompt is not known here, and is left as it is
   */
  tellHeard?: boolean;
};

type AgentOptions = {
  /**
   * `session` of the first session.update, wire names kept
   */
  session?: SessionConfig;
  /**
   * by name
   */
  tools?: Record<string, Tool>;
  /**
   * of quiet, until the person is asked whether they are there; 30 s later the call ends.
   * By default the gate's for its agent, else 180; 0: never; at most 86400
   */
  idleSeconds?: number;
  /**
   * folder with copies of the package's `worker.js` and `audio.worklet.js`, for an app
   * whose policy lets no blob in; relative to the page, and for the whole page. By default the gate's
   */
  workletsUrl?: string | URL;
};

type SessionConfig = {
  /**
   * a stored agent, and then nothing else; before the call only
   */
  agent_id?: string;
  system_prompt?: string;
  /**
   * spoken as it is; without one the agent listens first; before the call only
   */
  greeting?: string;
  /**
   * a list replaces the one before
   */
  tools?: ToolDefinition[];
  input?: SessionInput;
  output?: SessionOutput;
};

type SessionInput = {
  type?: 'audio';
  /**
   * before the call only
   */
  format?: AudioFormat;
  /**
   * at most 100 words to expect
   */
  keyterms?: string[];
  /**
   * `balanced` by default
   */
  transcription_mode?: 'min_latency' | 'balanced' | 'max_accuracy';
  /**
   * context for the transcription, at most 1,750 characters
   */
  transcription_prompt?: string;
  /**
   * such as `en`; recognised by itself by default
   */
  language_codes?: string[];
  /**
   * `far-field`: laptop or speakerphone
   */
  voice_focus?: 'near-field' | 'far-field';
  /**
   * 0 to 1; 0.85 by default
   */
  voice_focus_threshold?: number;
  turn_detection?: TurnDetection;
};

type AudioFormat = {
  encoding: 'audio/pcm' | 'audio/pcmu' | 'audio/pcma';
  sample_rate?: number;
};

type TurnDetection = {
  /**
   * 0 to 1; lower hears more; 0.5 by default
   */
  vad_threshold?: number;
  /**
   * 50 to 10,000 ms; adaptive by default
   */
  min_silence?: number;
  /**
   * 50 to 10,000 ms, more than `min_silence`; adaptive by default
   */
  max_silence?: number;
  /**
   * false: the agent finishes what it says
   */
  interrupt_response?: boolean;
  /**
   * 0 to 1,000 ms
   */
  interruption_delay?: number;
};

type SessionOutput = {
  type?: 'audio';
  /**
   * by name; before the call only
   */
  voice?: string;
  /**
   * before the call only
   */
  format?: AudioFormat;
  /**
   * 0 to 100
   */
  volume?: number;
};

type ToolDefinition = {
  type: 'function';
  name: string;
  description?: string;
  /**
   * JSON Schema
   */
  parameters?: Record<string, unknown>;
  execution_mode?: 'interactive' | 'hold';
  /**
   * 1 to 300
   */
  timeout_seconds?: number;
  response_instructions?: {
    success?: string;
    error?: string;
  };
};

type Tool<Schema = any> = {
  /**
   * for the agent: what it does and when to use it
   */
  description: string;
  /**
   * JSON Schema of the arguments, an object, or a validator that can tell it (Standard
   * Schema with `jsonSchema`); none by default. Arguments that do not agree go back to the agent as an error
   */
  parameters?: Schema;
  /**
   * its result, or its promise's, goes back as JSON (64,000
   * characters at most); what it throws, as an error that the agent reads. An identical call within a turn is
   * answered by the same run
   */
  run: (args: ToolArguments<Schema>, context: ToolContext) => unknown;
  /**
   * whether it may
   * run: the place to ask a person. On false the agent is told that the person did not allow it
   */
  approve?: (
    args: ToolArguments<Schema>,
    context: ToolContext & {
      name: string;
    },
  ) => boolean | Promise<boolean>;
  /**
   * for approval and run together, 1 to 300; 120 by default
   */
  timeout_seconds?: number;
  /**
   * `hold`: the agent keeps silent until the result is there
   */
  execution_mode?: 'interactive' | 'hold';
  /**
   * how the agent is to answer, at most 500
   * characters each
   */
  response_instructions?: {
    success?: string;
    error?: string;
  };
  /**
   * when the user interrupts: `drop` (default) aborts the run and its
   * result goes nowhere; `keep` lets it go on and answers later
   */
  onInterruption?: 'drop' | 'keep';
  /**
   * when the result goes out: by the documented rule (default), or as
   * soon as it is there, which was seen to save a second and is not documented
   */
  answer?: 'after-reply' | 'immediately';
};

type ToolArguments<Schema> = Schema extends {
  '~standard': {
    types?: infer Types;
  };
}
  ? NonNullable<Types> extends {
      output: infer Output;
    }
    ? Output
    : any
  : JsonValue<Schema>;

type JsonValue<Schema> = Schema extends {
  enum: readonly (infer Value)[];
}
  ? Value
  : Schema extends {
        type: 'string';
      }
    ? string
    : Schema extends {
          type: 'number' | 'integer';
        }
      ? number
      : Schema extends {
            type: 'boolean';
          }
        ? boolean
        : Schema extends {
              type: 'array';
              items: infer Item;
            }
          ? JsonValue<Item>[]
          : Schema extends {
                properties: infer Fields;
                required: readonly (infer Needed)[];
              }
            ? {
                [Name in keyof Fields as Name extends Needed ? Name : never]: JsonValue<
                  Fields[Name]
                >;
              } & {
                [Name in keyof Fields as Name extends Needed ? never : Name]?: JsonValue<
                  Fields[Name]
                >;
              }
            : Schema extends {
                  properties: infer Fields;
                }
              ? {
                  [Name in keyof Fields]?: JsonValue<Fields[Name]>;
                }
              : any;

type ToolContext = {
  /**
   * aborted once nobody waits for the result: the user has moved on, the time is
   * up, or the call is over
   */
  signal: AbortSignal;
  call_id: string;
};

type AgentStats = Stats & {
  thread: 'worker' | 'main' | 'starting';
  audio: AudioFacts | null;
};

type Stats = {
  /**
   * when this copy was made, since the call began
   */
  atMs: number;
  /**
   * of the session that is used, or was last
   */
  sessionId: string | null;
  playback: PlaybackStats;
  uplink: UplinkStats;
  connection: ConnectionStats;
  /**
   * messages and bytes, both ways
   */
  traffic: TrafficStats;
  /**
   * how long the last answers took to be heard
   */
  firstSounds: FirstSound[];
};

type TrafficStats = {
  sent: Flow;
  received: Flow;
};

type Flow = {
  messages: number;
  /**
   * of wire text
   */
  bytes: number;
  /**
   * messages of each name
   */
  byName: Record<string, number>;
};

type FirstSound = {
  /**
   * what was answered: the start of the call, words, a message
   */
  after: 'greeting' | 'speech' | 'typed';
  /**
   * since then; after words, since the service told that they were over
   */
  waitMs: number;
  /**
   * since the microphone itself gave nothing but quiet; only after words
   */
  sinceVoiceMs: number | null;
};

type PlaybackStats = {
  /**
   * how much is buffered before a reply starts to sound, at present
   */
  playoutDelayMs: number;
  /**
   * how long the latest reply waited before its first sound
   */
  waitMs: number;
  bufferedMs: number;
  /**
   * how far the sound is behind the earliest it could have been
   */
  excessDelayMs: number;
  /**
   * delay that was given back so far
   */
  savedMs: number;
  underruns: number;
  overflowMs: number;
};

type UplinkStats = {
  /**
   * waiting to be sent
   */
  queuedMs: number;
  /**
   * lost to the bound of the queue
   */
  droppedMs: number;
  sentFrames: number;
  /**
   * sent again, because a dead connection may have swallowed it
   */
  replayedMs: number;
};

type ConnectionStats = {
  /**
   * opened
   */
  sockets: number;
  /**
   * fetched
   */
  tokens: number;
  /**
   * recoveries in the same session
   */
  resumes: number;
  /**
   * recoveries in a new session
   */
  continues: number;
  /**
   * changes to a new session without a loss
   */
  rollovers: number;
  /**
   * losses that only the client itself has noticed
   */
  livenessFailures: number;
  /**
   * `close-1006`, `half-open`, …
   */
  lossesByCause: Record<string, number>;
};

type AudioFacts = {
  /**
   * the audio system runs at
   */
  contextRateHz: number | null;
  wireRateHz: number;
  /**
   * from the audio thread to the loudspeaker
   */
  outputLatencyMs: number | null;
  /**
   * how often the audio thread was late for the loudspeaker, whatever was in the
   * agent's buffers
   */
  outputUnderruns: number | null;
  /**
   * null while there is none
   */
  microphone: MicrophoneFacts | null;
};

type MicrophoneFacts = {
  label: string;
  rateHz: number | null;
  echoCancellation: boolean | null;
  noiseSuppression: boolean | null;
  autoGainControl: boolean | null;
};

type StartOptions = {
  /**
   * in place of the one given at creation; what is to be
   * fetched first may come while the microphone opens
   */
  session?: SessionConfig | Promise<SessionConfig>;
  /**
   * go on with the call that this tab left less than 30 s ago (see `resumable`)
   */
  resume?: boolean;
  /**
   * end the call of another tab rather than fail with `other-tab`
   */
  takeOver?: boolean;
  /**
   * false: begin without one, to type; `unmute()` opens it in the same call
   */
  microphone?: boolean;
  /**
   * a call in writing: no microphone and no sound, and words are told as soon as they come
   */
  textOnly?: boolean;
};

type AgentEvents = {
  state: StateEvent;
  /**
   * a connection that was lost, or could not be made, is tried again in
   * so many seconds; null: it is being tried
   */
  reconnect: {
    secondsLeft: number | null;
  };
  /**
   * a turn that is new or has changed; the same `id` replaces
   */
  transcript: Turn;
  /**
   * `agent`: sound is really coming out
   */
  speaking: {
    user: boolean;
    agent: boolean;
  };
  /**
   * 0 to 1 as a meter should show it, at most 15 a second
   */
  level: {
    microphone: number;
    agent: number;
  };
  /**
   * how much of a reply
   * has been heard; `flushed`: the rest of it never will be
   */
  playback: {
    replyId: string;
    positionMs: number;
    done: boolean;
    flushed: boolean;
  };
  /**
   * nothing was heard from the microphone for three seconds, or something is again
   */
  microphone: {
    silent: boolean;
  };
  /**
   * the agent hears the microphone no more, or again; also as a call begins without one,
   * and when that is over
   */
  mute: {
    muted: boolean;
  };
  /**
   * the call was put on hold, or goes on
   */
  hold: {
    held: boolean;
  };
  /**
   * the user speaks although the microphone is muted, or does so no more
   */
  unheard: {
    speaking: boolean;
  };
  /**
   * the agent was stopped by its own echo in the microphone, which gives nothing
   * while the agent speaks from now on; or the echo is gone, and the microphone is always open again
   */
  echo: {
    halfDuplex: boolean;
  };
  /**
   * the browser is asking the user for the microphone, or has its answer
   */
  permission: {
    asking: boolean;
  };
  /**
   * another microphone is in use, or the system muted it
   */
  device: DeviceEvent;
  /**
   * the browser or the system holds the sound back, until `wake()` is called in a click
   */
  sound: {
    blocked: boolean;
  };
  /**
   * the call will reach its time limit; null: `extend()`
   * has put it off; `refused`: it could not
   */
  limit: {
    secondsLeft: number | null;
    refused?: boolean;
  };
  /**
   * nobody has said anything for `idleSeconds`: the call ends in so many
   * seconds unless somebody does, or `stillHere()` is called; null: somebody did
   */
  idle: {
    secondsLeft: number | null;
  };
  /**
   * the service has not the voice that was asked
   * for, and the call begins with the nearest that it has; `language` of both, null where they have none in common
   */
  voice: {
    asked: string;
    used: string;
    language: string | null;
  };
  /**
   * a tool is asked for, runs, or is done
   */
  tool: ToolEvent;
  /**
   * whatever stopped a call
   */
  error: VoiceAgentError;
  /**
   * what happened, for the curious: at most twice a
   * second; each new listener is given the whole log of the call first
   */
  debug: LogNews;
};

type DeviceEvent = {
  label: string;
  deviceId: string;
  reason:
    | 'opened'
    | 'replaced'
    | 'default-changed'
    | 'lost'
    | 'permission-lost'
    | 'muted-by-system'
    | 'unmuted-by-system';
};

type ToolEvent = {
  callId: string;
  name: string;
  args: Record<string, unknown>;
  /**
   * `waiting`: for
   * approval. `elsewhere`: the service runs it itself; that is all that is ever told of it
   */
  status: 'waiting' | 'running' | 'done' | 'failed' | 'refused' | 'cancelled' | 'elsewhere';
  /**
   * of one that is done
   */
  result?: unknown;
  /**
   * of one that failed
   */
  error?: string;
};

type LogNews = {
  firstId: number;
  entries: LogEntry[];
};

type LogEntry = {
  /**
   * ascending
   */
  id: number;
  /**
   * since the call began
   */
  atMs: number;
  /**
   * from the service, to it, or neither
   */
  direction: 'in' | 'out' | 'here';
  /**
   * of a message on the wire, or of what happened here
   */
  name: string;
  group: Group;
  /**
   * how many it stands for
   */
  count: number;
  /**
   * of wire text
   */
  bytes: number;
  soundMs: number;
  /**
   * codes, ids and numbers
   */
  detail: Record<string, string | number | boolean>;
};

type Group = 'conversation' | 'connection' | 'tools' | 'trouble';

type Turn = {
  id: string;
  role: 'user' | 'agent';
  /**
   * what was really said, as far as that is known. A final turn without text was none
   * after all: a reply that was never spoken
   */
  text: string;
  /**
   * the service has said its last word on it; only the flush of a reply that still sounds
   * can shorten it then
   */
  final: boolean;
  /**
   * the user interrupted it
   */
  interrupted: boolean;
  /**
   * epoch milliseconds
   */
  startedAt: number;
  /**
   * of the agent, for captions that appear as they are heard: each
   * with the place in the reply's sound where it begins, in milliseconds, as the `playback` event counts them.
   * Joined with spaces they are the text, but for what the service spells otherwise in the end. Empty where it
   * tells no words; at most 5,000
   */
  words: Word[];
};

type Word = [startMs: number, word: string];

type StateEvent = {
  state: AgentState;
  previous: AgentState;
  /**
   * why it failed, or what it is recovering from
   */
  error: VoiceAgentError | null;
  /**
   * how the call came back: the same session, or a new one that knows the conversation
   */
  recovery: null | 'resumed' | 'continued';
  /**
   * why it ended
   */
  reason: EndReason | null;
};

type AgentState = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'ended' | 'failed';

type EndReason = 'by-user' | 'time-limit' | 'by-service' | 'taken-over' | 'page-left' | 'idle';

/**
 * Make an agent. Nothing is asked of the user and nothing costs until `start()`.
 * @template {Record<string, unknown>} const Schemas
 * @param {Omit<VoiceAgentOptions, 'tools'> & {tools?: {[Name in keyof Schemas]: Tool<Schemas[Name]>}}} [options]
 * @returns {VoiceAgent}
 * @throws {TypeError | RangeError} an option or a tool is not what it must be
 */
declare function createVoiceAgent<const Schemas extends Record<string, unknown>>(
  options?: Omit<VoiceAgentOptions, 'tools'> & {
    tools?: { [Name in keyof Schemas]: Tool<Schemas[Name]> };
  },
): VoiceAgent;

export {
  listMicrophones,
  listSpeakers,
  watchPermission as watchMicrophonePermission,
  VoiceAgentError,
  createVoiceAgent,
};
export type {
  VoiceAgent as Agent,
  VoiceAgentOptions,
  StartOptions,
  AgentEvents,
  StateEvent,
  ErrorCode,
  SessionConfig,
  AgentState,
  Stats,
  LogEntry,
  AgentStats,
  Tool,
  ToolEvent,
  Turn,
};
