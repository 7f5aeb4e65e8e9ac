// What a page holds: starts and stops calls, passes events on, runs tools. Main thread.

import { LiveAudio } from './audio/live-audio.js';
import { isMicrophoneGranted } from './audio/microphone.js';
import { VoiceAgentError } from './errors.js';
import { EventSource } from './events.js';
import { watchPage } from './lifecycle.js';
import { SessionHost } from './session-host.js';
import { missingSupport } from './support.js';

/** @typedef {import('./session.js').SessionEvent} SessionEvent */
/** @typedef {import('./protocol.js').SessionConfig} SessionConfig */
/** @typedef {import('./state.js').AgentState} AgentState */
/** @typedef {import('./transcript.js').Turn} Turn */

/**
 * A function that the agent may call.
 * @typedef {object} Tool
 * @property {string} description for the agent: what it does and when to use it
 * @property {Record<string, unknown>} [parameters] JSON Schema of the arguments
 * @property {(args: any) => unknown} run its result, or its promise's, goes back as JSON; what it throws as an error
 */

/**
 * @typedef {object} VoiceAgentOptions
 * @property {string | URL} [tokenUrl] where tokens come from; relative to the page
 * @property {SessionConfig} [session] `session` of the first session.update, wire names kept
 * @property {Record<string, Tool>} [tools] by name
 * @property {import('./audio/microphone.js').MicrophoneOptions} [microphone]
 */

/**
 * @typedef {object} StateEvent
 * @property {AgentState} state
 * @property {AgentState} previous
 * @property {VoiceAgentError | null} error why it failed, or what it is recovering from
 * @property {null | 'resumed' | 'continued'} recovery how the call came back: the same session, or a new one that knows the conversation
 * @property {import('./state.js').EndReason | null} reason why it ended
 */

/**
 * @typedef {object} AgentEvents
 * @property {StateEvent} state
 * @property {Turn} transcript a turn that is new or has changed; the same `id` replaces
 * @property {{user: boolean, agent: boolean}} speaking `agent`: sound is really coming out
 * @property {{microphone: number, agent: number}} level 0 to 1 as a meter should show it, at most 15 a second
 * @property {VoiceAgentError} error whatever stopped a call
 * @property {{kind: string, [detail: string]: unknown}} debug for the curious; kinds may change
 */

/** States in which no call is under way. */
const AT_REST = new Set(['idle', 'ended', 'failed']);

export class VoiceAgent {
  #options;
  /** @type {EventSource<AgentEvents>} */
  #events = new EventSource();
  #host;
  #page = new AbortController();
  /** @type {LiveAudio | null} */
  #audio = null;
  /** @type {AgentState} */
  #state = 'idle';
  #muted = false;
  /** @type {Map<string, Turn>} */
  #turns = new Map();
  #deviceId;

  /** @param {VoiceAgentOptions} [options] */
  constructor(options = {}) {
    this.#options = options;
    this.#deviceId = options.microphone?.deviceId;
    this.#host = new SessionHost((event) => this.#receive(event));
    const onLeave = () => this.#leave();
    const onOnline = () => this.#host.send({ type: 'online' });
    const onVisible = () => void this.#audio?.wake();
    watchPage({ onLeave, onOnline, onVisible }, this.#page.signal);
  }

  /** @returns {AgentState} */
  get state() {
    return this.#state;
  }

  /** Whether the agent gets silence instead of the microphone. */
  get muted() {
    return this.#muted;
  }

  /** @returns {readonly Turn[]} of the call under way or the last one, oldest first */
  get turns() {
    return [...this.#turns.values()];
  }

  /** The thread that the session runs on: 'worker', 'main', or 'starting' while that is being found out. */
  get thread() {
    return this.#host.thread;
  }

  /**
   * Call `listener` for each event of that type until `signal` aborts or the returned function runs.
   * @template {keyof AgentEvents} Type
   * @param {Type} type
   * @param {(value: AgentEvents[Type]) => void} listener
   * @param {{signal?: AbortSignal}} [options]
   * @returns {() => void}
   */
  on(type, listener, options) {
    return this.#events.on(type, listener, options);
  }

  /**
   * Start a call. Call it in a click or a key press: that is what lets the page make sound.
   * @param {{session?: SessionConfig}} [overrides] in place of the session given at creation
   * @returns {Promise<void>} once the agent listens, or the call was stopped before
   * @throws {VoiceAgentError} whatever kept the call from starting; the `error` event has the same one
   */
  async start({ session = this.#options.session ?? {} } = {}) {
    if (!AT_REST.has(this.#state)) return;
    const tokenUrl = new URL(this.#options.tokenUrl ?? '/api/voice-token', document.baseURI).href;
    this.#turns.clear();
    this.#setState('connecting');
    const unsupported = missingSupport();
    if (unsupported) {
      this.#setState('failed', { error: unsupported });
      throw unsupported;
    }
    const outcome = this.#nextOutcome();
    this.#host.send({
      type: 'start',
      tokenUrl,
      session: { ...session, ...this.#toolConfig(session) },
    });
    const audio = new LiveAudio(
      { ...this.#options.microphone, deviceId: this.#deviceId },
      (error) => this.#fail(error),
    );
    this.#audio = audio;
    this.#openTogether(audio);
    return outcome;
  }

  /**
   * End the call in good order. The microphone is let go of at once.
   * @returns {Promise<void>} once the service has said goodbye, or was given its time to
   */
  async stop() {
    this.#closeAudio();
    if (AT_REST.has(this.#state)) return;
    const outcome = this.#nextOutcome();
    this.#host.send({ type: 'stop' });
    await outcome.catch(() => {});
  }

  mute() {
    this.#setMuted(true);
  }

  unmute() {
    this.#setMuted(false);
  }

  /**
   * Say something in writing: the agent answers it as soon as it is not speaking itself.
   * @param {string} text
   */
  say(text) {
    if (text.trim() !== '') this.#host.send({ type: 'say', text: text.trim() });
  }

  /**
   * Use another microphone, now and in later calls.
   * @param {string} deviceId one that `listMicrophones` names, or '' for the browser's default
   * @returns {Promise<void>}
   * @throws {VoiceAgentError} microphone-*; the call then goes on with the one before
   */
  async setMicrophone(deviceId) {
    await this.#audio?.setMicrophone(deviceId);
    this.#deviceId = deviceId;
  }

  /** End the call and let go of everything; the object is of no use afterwards. */
  async dispose() {
    await this.stop();
    this.#page.abort();
    this.#host.close();
  }

  /**
   * Microphone, audio system and connection at the same time; but where the user is still to be asked for
   * the microphone, the connection waits for the answer.
   * @param {LiveAudio} audio
   */
  async #openTogether(audio) {
    const opening = audio.open();
    opening.catch(() => {}); // looked at below, after another wait
    try {
      const isGranted = await isMicrophoneGranted();
      if (isGranted && this.#audio === audio) this.#host.send({ type: 'proceed' });
      const ports = await opening;
      if (this.#audio !== audio) return; // stopped meanwhile
      this.#host.send({ type: 'mute', muted: this.#muted });
      this.#host.send({ type: 'audio', ...ports }, [ports.capture, ports.playback]);
      if (!isGranted) this.#host.send({ type: 'proceed' });
    } catch (error) {
      if (this.#audio === audio) this.#fail(VoiceAgentError.from(error, 'audio-failed'));
    }
  }

  /** @param {boolean} muted */
  #setMuted(muted) {
    this.#muted = muted;
    this.#host.send({ type: 'mute', muted });
  }

  #closeAudio() {
    this.#audio?.close();
    this.#audio = null;
  }

  /** The page goes away, or into the back/forward cache: no call outlives it. */
  #leave() {
    if (AT_REST.has(this.#state)) return;
    this.#host.send({ type: 'hang-up' });
    this.#closeAudio();
  }

  /** @param {VoiceAgentError} error */
  #fail(error) {
    this.#host.send({ type: 'fail', error: error.toJSON() });
  }

  /**
   * Settles with the call: resolves once it is live or has ended, rejects when it failed.
   * @returns {Promise<void>}
   */
  #nextOutcome() {
    const settled = new AbortController();
    return new Promise((resolve, reject) => {
      const watch = (/** @type {StateEvent} */ { state, error }) => {
        if (!['live', 'ended', 'failed'].includes(state)) return;
        settled.abort();
        if (state === 'failed') reject(error);
        else resolve();
      };
      this.on('state', watch, { signal: settled.signal });
    });
  }

  /** @param {SessionEvent} event */
  #receive(event) {
    switch (event.type) {
      case 'state': {
        const error = event.error && VoiceAgentError.fromJSON(event.error);
        return this.#setState(event.state, { ...event, error });
      }
      case 'transcript':
        this.#turns.set(event.turn.id, event.turn);
        return this.#events.emit('transcript', event.turn);
      case 'speaking':
        return this.#events.emit('speaking', {
          user: event.user,
          agent: event.agent,
        });
      case 'level':
        return this.#events.emit('level', {
          microphone: event.microphone,
          agent: event.agent,
        });
      case 'tool-call':
        return void this.#runTool(event);
      case 'debug':
        return this.#events.emit('debug', event);
    }
  }

  /**
   * @param {AgentState} state
   * @param {Partial<StateEvent>} [details]
   */
  #setState(state, { error = null, recovery = null, reason = null } = {}) {
    const previous = this.#state;
    if (state === 'connecting' && previous === 'connecting') return; // said already, by start()
    this.#state = state;
    if (state === 'ended' || state === 'failed') this.#closeAudio();
    if (state === 'failed' && error) this.#events.emit('error', error);
    this.#events.emit('state', { state, previous, error, recovery, reason });
  }

  /** @param {SessionConfig} session */
  #toolConfig(session) {
    const tools = Object.entries(this.#options.tools ?? {});
    if (tools.length === 0 || 'agent_id' in session) return {};
    return {
      tools: tools.map(
        ([name, { description, parameters = { type: 'object', properties: {} } }]) => ({
          type: 'function',
          name,
          description,
          parameters,
        }),
      ),
    };
  }

  /** @param {Extract<SessionEvent, {type: 'tool-call'}>} call */
  async #runTool({ callId, name, args }) {
    let value;
    let isError = false;
    try {
      const tool = this.#options.tools?.[name];
      if (!tool) throw new Error(`There is no tool named ${name}.`);
      value = await tool.run(args);
    } catch (error) {
      isError = true;
      value = { error: error instanceof Error ? error.message : String(error) };
    }
    this.#host.send({ type: 'tool-result', callId, value, isError });
  }
}
