// The calls of one element, one at a time. Makes the client's object that the element asks for, and stays the same when
// that is made anew.

import { Emitter } from '../../emitter.js';
import { createVoiceAgent } from '../../index.js';
import { assertVolume } from '../../main-thread/audio/call-audio.js';
import { loadAgent, ofGate } from '../../main-thread/gate.js';
import { TokenService } from '../../main-thread/token-service.js';
import { leftCall } from '../../main-thread/reload-resume.js';
import { setUpHint, tellDeveloper } from './developer-hints.js';

/** @typedef {import('../../index.js').AgentEvents} AgentEvents */
/** @typedef {AgentEvents & {settings: null, title: string}} CallEvents */

export class Call {
  #settings;
  /** @type {Emitter<CallEvents>} */
  #events = new Emitter();
  /** @type {import('../../index.js').Agent | null} */
  #agent = null;
  /** @type {string | null} what that one was made of */
  #madeOf = null;
  /** @type {ReturnType<typeof ask> | null} the latest */
  #lookup = null;
  /** Whom the call under way, or the last one, is with. @type {import('../../main-thread/gate.js').PublicAgent | null} */
  #called = null;
  #title = '';
  #isMuted = false;
  /** As last chosen. @type {Sound} */
  #sound = {};
  /** Whether its element is gone. */
  #isClosed = false;

  /** @param {() => CallSettings} settings   looked up whenever a call begins */
  constructor(settings) {
    this.#settings = settings;
  }

  get state() {
    return this.#agent?.state ?? 'idle';
  }

  get isActive() {
    return this.#agent?.isActive ?? false;
  }

  /** Of the agent, as the gate names it; empty while that is not known. */
  get title() {
    return this.#title;
  }

  get muted() {
    return this.#agent?.muted ?? this.#isMuted;
  }

  /** Whether the call under way has a microphone, or the next one opens one. */
  get hasMicrophone() {
    return this.#agent?.hasMicrophone ?? true;
  }

  get held() {
    return this.#agent?.held ?? false;
  }

  /** Of the call under way or the last one. */
  get turns() {
    return this.#agent?.turns ?? [];
  }

  get secondsLeft() {
    return this.#agent?.secondsLeft ?? null;
  }

  /** The call that this tab left a moment ago, if it did; without a client, which costs a thread. */
  get resumable() {
    return this.isActive ? null : (this.#agent?.resumable ?? leftCall());
  }

  /** Whether the page is known to be one on which anybody may call: what its agents are told stands in it. */
  get isOpenToAll() {
    return this.#settings().agents?.agents.every(({ session }) => session !== null) ?? false;
  }

  /** The client's object: another one once the gate has changed, or whether there is an access token. */
  get agent() {
    if (this.#agent && this.#isClosed) return this.#agent; // another one would have nobody to let go of it
    const { gate, accessToken } = this.#settings();
    const key = `${gate.href} ${Boolean(accessToken)}`;
    if (this.#agent && this.#madeOf && (this.isActive || this.#madeOf === key)) return this.#agent;
    const former = this.#agent;
    const agent = createVoiceAgent({
      tokenUrl: new URL('api/voice-token', gate),
      ...this.#sound,
      ...(accessToken && this.#access),
    });
    for (const type of AGENT_EVENTS)
      agent.on(/** @type {any} */ (type), (value) => {
        if (agent === this.#agent) this.#tell(type, value);
      });
    if (this.#isMuted) agent.mute(); // told already
    this.#agent = agent;
    this.#madeOf = key;
    void former?.dispose();
    return agent;
  }

  /** As an option: whoever asks for it gets the latest. */
  get #access() {
    return {
      accessToken: async () => {
        const { accessToken = '' } = this.#settings();
        return typeof accessToken === 'function' ? accessToken() : accessToken;
      },
    };
  }

  /** @param {(typeof AGENT_EVENTS)[number]} type @param {any} value */
  #tell(type, value) {
    if (type === 'state' && value.error) this.#hint(value.error);
    this.#events.emit(type, value);
    const isOver = type === 'state' && !this.isActive;
    if (isOver && this.#lookup && !this.#present) this.lookUp().catch(() => {}); // changed in the call
  }

  /**
   * @template {keyof CallEvents} Type
   * @param {Type} type
   * @param {(value: CallEvents[Type]) => void} listener
   * @param {{signal?: AbortSignal}} [options]
   */
  on(type, listener, options) {
    return this.#events.on(type, listener, options);
  }

  /** Asks the gate for the agent, ahead of a call; the answer counts for those of the same name. */
  async lookUp() {
    const { gate, agent, agents } = this.#settings();
    const lookup = (this.#lookup = this.#present ?? ask(gate, agent, agents));
    try {
      const found = await lookup.answer;
      if (lookup === this.#lookup) this.#events.emit('title', (this.#title = found.title));
      return found;
    } catch (error) {
      if (lookup === this.#lookup) {
        this.#lookup = null; // asked for again by the next
        this.#hint(/** @type {import('../../index.js').VoiceAgentError} */ (error));
      }
      throw error;
    }
  }

  /** The latest look-up, where it is of what is wanted now. */
  get #present() {
    const { gate, agent, agents } = this.#settings();
    const of = this.#lookup?.of;
    const isSame = of?.gate.href === gate.href && of.agent === agent && of.agents === agents;
    return isSame ? this.#lookup : null;
  }

  /**
   * What is told and asked after a call, as the gate wants it.
   * @param {number} seconds   how long it was
   */
  afterwards(seconds) {
    const called = this.#called;
    const service = this.#service;
    /** @param {import('../after-call.js').Feedback} feedback */
    const send = (feedback) =>
      service.sendFeedback({
        ...feedback,
        agent: called?.name ?? '',
        duration_seconds: Math.min(Math.round(seconds), 86_400),
      });
    return {
      pricePerHourUsd: called?.price_per_hour_usd ?? null,
      send: called?.feedback ? send : null,
    };
  }

  /** Somebody is there, though they say nothing. */
  stillHere() {
    this.#agent?.stillHere();
  }

  /** A press seems to be coming, or has begun. @param {Parameters<import('../../index.js').Agent['prepare']>[0]} intent */
  prepare(intent) {
    if (!this.isActive) this.agent.prepare(intent);
  }

  /**
   * @param {Omit<import('../../index.js').StartOptions, 'session'>} [how]
   * @throws {import('../../index.js').VoiceAgentError | TypeError | RangeError} as the client's own `start`; a tool is
   *   not what it must be
   */
  async start(how = {}) {
    this.agent.setTools(this.#settings().tools);
    const session = this.#session();
    session.catch(() => {}); // the call tells it, where one begins
    await this.agent.start({ ...how, session });
  }

  /** The gate, for those who may have a token. */
  get #service() {
    const { gate, accessToken } = this.#settings();
    return new TokenService({ gate, ...(accessToken && this.#access) });
  }

  async #session() {
    const found = (this.#called = await this.lookUp());
    const { session: overrides } = this.#settings();
    const configured = found.session ?? (await this.#service.loadAgent(found.name)).session;
    if (found.idle_seconds !== undefined) this.agent.idleSeconds = found.idle_seconds;
    const { session, refused } = sessionFor({ ...found, session: configured }, overrides);
    if (refused.length > 0)
      tellDeveloper(`the gate does not let a page set ${refused.join(', ')} of "${found.name}".`);
    return session;
  }

  async stop() {
    await this.#agent?.stop();
  }

  /**
   * @param {boolean} muted
   * @throws {import('../../index.js').VoiceAgentError} as the client's `unmute`
   */
  async setMuted(muted) {
    const hasChanged = muted !== this.muted;
    this.#isMuted = muted; // also of a call without a microphone, which may be opening one
    if (!this.#agent && hasChanged) this.#events.emit('mute', { muted });
    if (muted) this.#agent?.mute();
    else await this.#agent?.unmute();
  }

  /** @param {string} deviceId */
  async setMicrophone(deviceId) {
    await this.#agent?.setMicrophone(deviceId);
    this.#sound.microphone = { deviceId };
  }

  /** @param {string} deviceId */
  async setSpeaker(deviceId) {
    await this.#agent?.setSpeaker(deviceId);
    this.#sound.speaker = { deviceId };
  }

  /** @param {number} volume @throws {TypeError | RangeError} */
  setVolume(volume) {
    assertVolume(volume);
    this.#agent?.setVolume(volume);
    this.#sound.volume = volume;
  }

  /** The visitor wants to change what the call is with. */
  openSettings() {
    this.#events.emit('settings', null);
  }

  /** Its element is there, for the first time or again. */
  open() {
    this.#isClosed = false;
  }

  /** Ends the call and lets go of everything; the next one begins anew. */
  close() {
    this.#isClosed = true;
    void this.#agent?.dispose();
    this.#madeOf = null;
  }

  /** @param {import('../../index.js').VoiceAgentError} error */
  #hint(error) {
    if (navigator.onLine === false) return; // it is the network then
    const hint = setUpHint(error, { gate: this.#settings().gate.origin, origin: location.origin });
    if (hint) tellDeveloper(hint);
  }
}

/**
 * What an element wants.
 *
 * @typedef {object} CallSettings
 * @property {URL} gate
 * @property {string | null} agent   by name; the gate's own choice when it is null
 * @property {import('../../main-thread/gate.js').PublicAgents | null} agents   what the gate says of them, where the
 *   page knows
 * @property {Overrides} session
 * @property {Record<string, import('../../index.js').Tool>} tools
 * @property {string | (() => string | Promise<string>) | undefined} accessToken
 */

/**
 * @param {URL} gate
 * @param {string | null} agent
 * @param {CallSettings['agents']} agents
 */
function ask(gate, agent, agents) {
  const known = agents?.agents.find(({ name }) => name === (agent || agents.default));
  const answer = known ? Promise.resolve(ofGate(known, agents)) : loadAgent(gate, agent);
  return { of: { gate, agent, agents }, answer };
}

/** @typedef {Pick<import('../../index.js').VoiceAgentOptions, 'microphone' | 'speaker' | 'volume'>} Sound */

/** All that is told of a call but what is for the curious. */
export const AGENT_EVENTS = /** @type {const} */ ([
  ...['state', 'reconnect', 'transcript', 'speaking', 'level', 'playback', 'microphone', 'echo'],
  ...['mute', 'hold', 'unheard', 'permission', 'device', 'sound', 'limit', 'idle'],
  ...['voice', 'tool', 'error'],
]);

// What a page sets of an agent, laid over what its gate says.

/** @typedef {{voice?: string, system_prompt?: string, greeting?: string}} Overrides */

/**
 * Only what the gate makes editable counts; the gate's own object stays as it was.
 *
 * @param {Pick<import('../../main-thread/gate.js').WholeAgent, 'session' | 'editable'>} agent
 * @param {Overrides} overrides   an empty text leaves the agent without it
 * @returns {{session: import('../../index.js').SessionConfig, refused: string[]}} `refused`: names that did not count
 */
export function sessionFor({ session: configured, editable }, overrides) {
  /** @type {Record<string, any>} */
  const session = { ...configured };
  const refused = [];
  for (const [name, value] of Object.entries(overrides)) {
    if (!editable.includes(name)) refused.push(name);
    else if (name === 'voice')
      session.output = { .../** @type {any} */ (session.output), voice: value };
    else if (value) session[name] = value;
    else delete session[name];
  }
  return { session, refused };
}
