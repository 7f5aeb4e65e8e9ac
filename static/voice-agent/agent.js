// What a page holds: starts and stops calls and passes on what happens in them. Main thread.

import {
  discardPreparedContext,
  prepareContext,
  unlockContext,
} from './main-thread/audio/audio-context.js';
import { assertVolume, completeAudioOptions, LiveAudio } from './main-thread/audio/call-audio.js';
import { lacksMicrophone } from './main-thread/audio/devices.js';
import { isMicrophoneGranted } from './main-thread/audio/microphone.js';
import { fallBackTo, takeScriptsFrom } from './main-thread/audio/script-url.js';
import { mergedConfig, plainSession } from './core/conversation/session-config.js';
import { WIRE_RATE_HZ } from './worklets/dsp/pcm.js';
import { isAtRest, isConversation } from './call-facts.js';
import { CallLock } from './main-thread/call-lock.js';
import { VoiceAgentError } from './errors.js';
import { Emitter } from './emitter.js';
import { IdleGuard } from './main-thread/idle-guard.js';
import { NoAudio } from './main-thread/audio/no-audio.js';
import { CallRecord, forgetCall, leftCall } from './main-thread/reload-resume.js';
import { watchPage } from './main-thread/page-lifecycle.js';
import { SessionEnds } from './main-thread/session-ends.js';
import { SessionHost } from './main-thread/session-host.js';
import { missingNetwork, missingSupport, withoutNetwork } from './main-thread/browser-support.js';
import { TokenService } from './main-thread/token-service.js';
import { ToolRunner } from './main-thread/tools/tool-runner.js';

/** @typedef {import('./api-types.js').AgentEvents} AgentEvents */
/** @typedef {import('./core/session.js').SessionEvent} SessionEvent */
/** @typedef {import('./core/connection/protocol.js').SessionConfig} SessionConfig */
/** @typedef {import('./core/call-state.js').AgentState} AgentState */
/** @typedef {import('./core/call-state.js').EndReason} EndReason */
/** @typedef {import('./core/conversation/transcript.js').Turn} Turn */

/** What the page's calls have found out about it. @type {{rateHz?: number}} */
const BROWSER = { rateHz: WIRE_RATE_HZ };

/** What the agent is told to ask where nobody has said anything for long; for that one reply. */
const STILL_THERE =
  'Nobody has said anything for a while. Ask in one short sentence, in the language of this conversation, whether the person is still there.';

export class VoiceAgent {
  #options;
  /** @type {Emitter<AgentEvents>} */
  #events = new Emitter((type, count) => type === 'debug' && this.#watch(count > 0));
  #host;
  #lock;
  /** Of the call under way, or the last one. @type {ToolRunner} */
  #tools;
  /** Of the calls to come. @type {ToolRunner} */
  #nextTools;
  #service;
  #ends;
  #page = new AbortController();
  /** @type {LiveAudio | NoAudio | null} */
  #audio = null;
  /** Microphone, speaker and volume as last chosen. */
  #sound;
  /** @type {AgentState} */
  #state = 'idle';
  /** Whether the page wants the microphone muted. */
  #isMuted = false;
  /** Whether the call has a microphone, or opens one as it begins. */
  #hasMicrophone = true;
  /** What `mute` told last: whether it is muted, and whether there is a microphone. */
  #toldMuted = 'false true';
  #isOnHold = false;
  /** @type {Promise<void> | null} a microphone is being opened in the call under way, which began without one */
  #opening = null;
  /** Whether the session core has the call: before, and afterwards, there is nothing in it to end. */
  #isBegun = false;
  /** Whether the agent has listened in this call: one that came to nothing leaves the call to go on with as it was. */
  #wasLive = false;
  /** @type {Promise<void>} the start under way, or the last one */
  #starting = Promise.resolve();
  /** @type {Promise<void> | null} the end under way */
  #ending = null;
  /** @type {Promise<void> | null} */
  #disposed = null;
  #record = new CallRecord();
  /** @type {Map<number, {resolve: () => void, reject: (error: VoiceAgentError) => void}>} not answered yet */
  #updates = new Map();
  #lastUpdateId = 0;
  /** @type {import('./core/telemetry/stats.js').Stats | null} */
  #stats = null;
  /** When the call under way must end, monotonic; null while that is not known. @type {number | null} */
  #endsAtMs = null;
  /** @type {import('./main-thread/audio/call-audio.js').AudioFacts | null} of the call that is over */
  #lastAudioFacts = null;
  #isWatched = false;
  #idle = new IdleGuard(
    {
      ask: (secondsLeft) => {
        this.#events.emit('idle', { secondsLeft });
        if (!this.#isOnHold) this.#host.send({ type: 'reply', instructions: STILL_THERE });
      },
      answered: () => this.#events.emit('idle', { secondsLeft: null }),
      end: () => void this.#end('idle'),
    },
    this.#page.signal,
  );
  /** The call that was ended as nobody was there. @type {import('./main-thread/reload-resume.js').LeftCall | null} */
  #idled = null;

  /**
   * @param {import('./api-types.js').VoiceAgentOptions} [options]
   * @throws {TypeError | RangeError} an option or a tool is not what it must be
   */
  constructor(options = {}) {
    this.#options = options;
    this.#sound = completeAudioOptions(options);
    if (options.idleSeconds !== undefined) this.#idle.seconds = options.idleSeconds;
    if (options.workletsUrl !== undefined) takeScriptsFrom(options.workletsUrl);
    const service = new TokenService(options);
    this.#service = service;
    fallBackTo(() => service.clientFolder);
    this.#ends = new SessionEnds((end) => service.reportEnd(end));
    this.#tools = this.#nextTools = this.#newTools(options.tools ?? {});
    this.#host = new SessionHost((event) => this.#receive(event));
    this.#lock = new CallLock(() => this.#end('taken-over'));
    watchPage(
      { onLeave: () => this.#leave(), onReturn: () => void this.wake() },
      this.#page.signal,
    );
    leftCall(); // its words are removed in time, whether anybody asks for them or not
  }

  /** @returns {AgentState} */
  get state() {
    return this.#state;
  }

  /** Whether a call is under way, from the start on until it has ended. */
  get isActive() {
    return !isAtRest(this.#state);
  }

  /** Whether the agent gets silence instead of the microphone, or the call has none. */
  get muted() {
    return this.#isMuted || !this.hasMicrophone;
  }

  /** Whether the call is on hold. */
  get held() {
    return this.#isOnHold;
  }

  /** Whether the call under way has a microphone, or the next one opens one. */
  get hasMicrophone() {
    return this.#hasMicrophone || !this.isActive;
  }

  /** @returns {readonly Turn[]} of the call under way or the last one, oldest first */
  get turns() {
    return this.#record.turns;
  }

  /** The thread that the session runs on: 'worker', 'main', or 'starting' while that is being found out. */
  get thread() {
    return this.#host.thread;
  }

  /**
   * What the call under way, or the last one, was like; null before the first one. Its counts are at most a second
   * old.
   * @returns {import('./api-types.js').AgentStats | null}
   */
  get stats() {
    if (!this.#stats) return null;
    const audio = this.#audio?.facts ?? this.#lastAudioFacts;
    return { ...this.#stats, thread: this.thread, audio };
  }

  /**
   * The agent's voice in the call under way, for an avatar, a recorder or lip-sync; null before it can sound. Ask for it
   * when a call is live: each call has its own.
   * @returns {MediaStream | null}
   */
  get outputStream() {
    return this.#audio?.outputStream ?? null;
  }

  /**
   * The microphone of the call under way, as the agent hears it: silent while muted.
   * @returns {MediaStream | null}
   */
  get inputStream() {
    return this.#audio?.inputStream ?? null;
  }

  /** Time until the call must end, in seconds; null while no limit is known. */
  get secondsLeft() {
    if (this.#endsAtMs === null || !this.isActive) return null;
    return Math.max(0, (this.#endsAtMs - performance.now()) / 1000);
  }

  /**
   * Seconds in which neither the person nor the agent says anything, until the person is asked whether they are there
   * (`idle`); 30 s later the call ends. Half of it while the page is hidden; 0: never.
   */
  get idleSeconds() {
    return this.#idle.seconds;
  }

  /** @throws {RangeError} */
  set idleSeconds(value) {
    this.#idle.seconds = value;
  }

  /** The person is there, though they say nothing: they type, or have pressed a button of the page. */
  stillHere() {
    this.#idle.notice();
  }

  /**
   * The call that this tab left a moment ago, by a reload for example, or that was ended as nobody was there:
   * `start({resume: true})` goes on with it; null when there is none.
   * @returns {{turns: readonly Turn[]} | null}
   */
  get resumable() {
    const call = this.isActive ? null : this.#left;
    return call && { turns: call.turns };
  }

  get #left() {
    return this.#idled ?? leftCall();
  }

  #forgetLeft() {
    this.#idled = null;
    forgetCall();
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
   * The next event of that type.
   * @template {keyof AgentEvents} Type
   * @param {Type} type
   * @param {{signal?: AbortSignal}} [options]
   * @returns {Promise<AgentEvents[Type]>} rejects with the signal's reason
   */
  once(type, { signal } = {}) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const giveUp = () => reject(signal?.reason);
      const hear = (/** @type {AgentEvents[Type]} */ value) => {
        off();
        signal?.removeEventListener('abort', giveUp);
        resolve(value);
      };
      const off = this.on(type, hear, { signal });
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  /**
   * The user may be about to start a call: make its audio system now, and open the way to the token service. Call it on
   * hover or focus; it costs nothing and asks nothing of the user. Once a press has begun (`pointerdown`, Enter, Space),
   * call it with `isPressed`: that fetches the token where the microphone is allowed already, or none is wanted, and hands
   * it back where no call begins within 10 s.
   * @param {{isPressed?: boolean} & Pick<import('./api-types.js').StartOptions, 'microphone' | 'textOnly'>} [intent]
   */
  prepare({ isPressed = false, ...how } = {}) {
    const needs = needsOf(how);
    const { microphone } = needs;
    if (this.isActive || this.#disposed || missingSupport(needs)) return;
    if (needs.sound) prepareContext(BROWSER.rateHz, this);
    const lacking = microphone && lacksMicrophone(); // the first answer in a page takes Chromium 60 to 100 ms, the next 1 ms
    try {
      this.#service.preconnect();
    } catch {
      return; // an address is none: the start will say so
    }
    if (!isPressed || this.#options.tokenPrefetch === 'never') return;
    Promise.all([!microphone || isMicrophoneGranted(), lacking])
      .then(([isGranted, isLacking]) => {
        if (!isGranted || isLacking || this.isActive || this.#disposed) return;
        this.#host.send({ type: 'prepare', ...this.#service.description });
      })
      .catch(() => {}); // an address is none: the start will say so
  }

  /**
   * Start a call. Call it in a click or a key press: that is what lets the page make sound.
   * While one is being set up its own promise is returned, and one that is ending is waited for.
   * @param {import('./api-types.js').StartOptions} [options]
   * @returns {Promise<void>} once the agent listens, or the call was stopped before
   * @throws {VoiceAgentError} whatever kept the call from starting; the `error` event has the same one, but for
   *   `invalid-session`, which is thrown before anything begins
   * @throws {TypeError} an address that the agent was made with is none; before anything begins
   * @throws {DOMException} InvalidStateError: the agent was disposed of
   */
  async start(options = {}) {
    const { session } = options;
    if (session instanceof Promise) session.catch(() => {}); // told when the call begins, if it does
    if (this.#disposed) throw new DOMException('This agent was disposed of.', 'InvalidStateError');
    if (this.#ending) {
      const needs = needsOf(options);
      if (needs.sound && !missingSupport(needs)) unlockContext(BROWSER.rateHz, this);
      await this.#ending;
      return this.start(options);
    }
    if (this.#state === 'connecting') return this.#starting;
    if (this.isActive) return;
    this.#starting = this.#start(options);
    return this.#starting;
  }

  /** @param {import('./api-types.js').StartOptions} options */
  async #start({
    session = this.#options.session ?? {},
    resume = false,
    takeOver = false,
    ...how
  }) {
    const { tokenUrl } = this.#service.description; // throws where an address is none
    const config = session instanceof Promise ? session.then(plainSession) : plainSession(session);
    if (config instanceof Promise) config.catch(() => {}); // told when the call begins, if it does
    const needs = needsOf(how);
    const left = resume ? this.#left : null;
    if (!resume) this.#forgetLeft();
    this.#wasLive = false;
    this.#tools = this.#nextTools;
    this.#record.begin(left?.turns);
    this.#hasMicrophone = needs.microphone;
    this.#opening = null;
    this.#setState('connecting');
    const missing = missingSupport(needs) ?? missingNetwork(tokenUrl);
    if (missing) {
      this.#setState('failed', { error: missing });
      throw missing;
    }
    const outcome = this.#nextOutcome();
    this.#lastAudioFacts = null;
    if (this.#isWatched) this.#watch(true); // the thread may be another one by now
    const audio = (this.#audio = needs.sound ? this.#newAudio() : new NoAudio());
    audio.begin();
    const begun = this.#begin(audio, config, left);
    void this.#open(audio, begun, this.#lock.take({ takeOver }));
    return outcome;
  }

  /**
   * Give the call to the session core, once its settings are known.
   * @param {LiveAudio | NoAudio} audio of the call
   * @param {SessionConfig | Promise<SessionConfig>} config
   * @param {import('./main-thread/reload-resume.js').LeftCall | null} left
   */
  async #begin(audio, config, left) {
    try {
      const session = this.#service.gate ? await this.#laidOver(config) : await config;
      if (this.#audio !== audio) return; // stopped meanwhile
      const { tokenPrefetch, keepSpeechSeconds, keepEarlySpeech, tellHeard } = this.#options; // the session has their defaults
      const { definitions: tools, policies: toolPolicies } = this.#tools;
      const hasTools = tools.length > 0 && !('agent_id' in session);
      this.#isBegun = true;
      this.#host.send({
        type: 'start',
        ...this.#service.description,
        session: hasTools ? { ...session, tools } : session,
        toolPolicies,
        tokenPrefetch,
        keepSpeechSeconds,
        keepEarlySpeech,
        tellHeard,
        microphone: this.#hasMicrophone,
        textOnly: audio instanceof NoAudio,
        resume: left,
      });
    } catch (error) {
      if (this.#audio === audio) this.#fail(VoiceAgentError.from(error, 'internal-error'));
    }
  }

  /**
   * The page's settings over those of the gate's agent.
   * @param {SessionConfig | Promise<SessionConfig>} config
   * @returns {Promise<SessionConfig>}
   */
  async #laidOver(config) {
    const name = this.#options.agent ?? null;
    const [own, agent] = await Promise.all([config, this.#service.loadAgent(name)]);
    if (agent.idle_seconds !== undefined && this.#options.idleSeconds === undefined)
      this.idleSeconds = agent.idle_seconds;
    const [param] = Object.keys(own);
    if (param === undefined || !('agent_id' in agent.session))
      return mergedConfig(agent.session, own);
    const message = `"${agent.name}" is a stored agent: "${param}" cannot be set for it.`;
    throw new VoiceAgentError('invalid-session', { message, param });
  }

  /**
   * End the call in good order. The microphone is let go of at once.
   * @returns {Promise<void>} once it has ended; the service's own goodbye is waited for in the background
   */
  stop() {
    return this.#end('by-user');
  }

  mute() {
    this.#setMuted(true);
  }

  /**
   * Let the agent hear the microphone. A call that began without one opens it now, in the same session; call it in a
   * click or a key press, as the browser may ask for it. A `mute()` meanwhile holds.
   * @returns {Promise<void>} once it is heard, or was muted again
   * @throws {VoiceAgentError} microphone-*, audio-failed; the call goes on without
   */
  async unmute() {
    this.#isMuted = false;
    if (!this.hasMicrophone) await (this.#opening ??= this.#openMicrophone());
    this.#setMuted(this.#isMuted); // the wish of now: a person has had time to think again
  }

  async #openMicrophone() {
    const audio = this.#audio;
    try {
      if (!(audio instanceof LiveAudio))
        throw new VoiceAgentError('microphone-not-found', {
          message: 'This call is in writing: it has no microphone.',
        });
      const missing = missingSupport();
      if (missing) throw missing;
      await this.#whileAsking(await isMicrophoneGranted(), audio.openMicrophone());
      if (this.#audio === audio) this.#hasMicrophone = true;
    } finally {
      if (this.#audio === audio) this.#opening = null;
    }
  }

  /**
   * Put the call on hold: the agent falls silent in the middle of the word, the microphone captures nothing, and nothing
   * is sent, typed words included. The session stays, and costs; nobody coming back for five minutes (or `idleSeconds`,
   * where that is longer) is told by `idle`, and 30 s later the call ends.
   */
  hold() {
    if (this.#hasCall('hold')) this.#setOnHold(true);
  }

  /** Go on with a call that is on hold; the agent begins with the sentence that was cut. */
  unhold() {
    this.#setOnHold(false);
  }

  /** @param {boolean} isOnHold */
  #setOnHold(isOnHold) {
    if (isOnHold === this.#isOnHold) return;
    this.#isOnHold = isOnHold;
    this.#audio?.setOnHold(isOnHold);
    this.#host.send({ type: 'hold', held: isOnHold });
    this.#idle.hold(isOnHold);
    this.#events.emit('hold', { held: isOnHold });
  }

  /**
   * Say something in writing: the agent answers it as soon as it is not speaking itself.
   * @param {string} text
   */
  say(text) {
    this.stillHere();
    if (this.#hasCall('say') && text.trim() !== '')
      this.#host.send({ type: 'say', text: text.trim() });
  }

  /**
   * Make the agent speak of its own accord, as soon as it is not speaking already.
   * @param {string} [instructions] for this one reply; what the prompt makes of it when left out
   */
  reply(instructions) {
    if (this.#hasCall('reply'))
      this.#host.send({ type: 'reply', instructions: instructions ?? null });
  }

  /**
   * Change what may change during a call: prompt, tools, turn detection, key terms, volume. Nested objects are
   * merged, lists replaced. In a call that is being recovered it is done as soon as the call is back.
   * @param {SessionConfig} session
   * @returns {Promise<void>} once the agent has accepted it
   * @throws {VoiceAgentError} invalid-session: it cannot be sent; immutable-field: it must be set before the call;
   *   update-refused: the agent said no, or the call ended before it answered
   */
  async update(session) {
    if (!isConversation(this.#state)) {
      throw new VoiceAgentError('update-refused', { message: 'There is no call to change.' });
    }
    const plain = plainSession(session);
    const id = (this.#lastUpdateId += 1);
    return new Promise((resolve, reject) => {
      this.#updates.set(id, { resolve, reject });
      this.#host.send({ type: 'update', id, session: plain });
    });
  }

  /**
   * Go on beyond the time limit, in a new session that knows the conversation. Each session costs on its own:
   * ask the user first.
   */
  extend() {
    if (this.#hasCall('extend')) this.#host.send({ type: 'extend' });
  }

  /**
   * Use another microphone, now and in later calls.
   * @param {string} deviceId one that `listMicrophones` names, or '' for the browser's default
   * @returns {Promise<void>}
   * @throws {VoiceAgentError} microphone-*; the call then goes on with the one before
   */
  async setMicrophone(deviceId) {
    await this.#audio?.setMicrophone(deviceId);
    this.#sound.microphone = { ...this.#sound.microphone, deviceId };
  }

  /**
   * Let the agent be heard somewhere else, now and in later calls.
   * @param {string} deviceId one that `listSpeakers` names, or '' for the browser's default
   * @returns {Promise<void>}
   * @throws {VoiceAgentError} unsupported-browser, audio-failed; the sound then stays where it was
   */
  async setSpeaker(deviceId) {
    await this.#audio?.setSpeaker(deviceId);
    this.#sound.speaker = { deviceId };
  }

  /**
   * @param {number} volume of the agent, 0 to 1, now and in later calls
   * @throws {TypeError | RangeError}
   */
  setVolume(volume) {
    assertVolume(volume);
    this.#audio?.setVolume(volume);
    this.#sound.volume = volume;
  }

  /**
   * Change what the agent may call, from the next call on.
   * @param {NonNullable<import('./api-types.js').VoiceAgentOptions['tools']>} tools by name
   * @throws {TypeError | RangeError} a tool is not what it must be
   */
  setTools(tools) {
    this.#nextTools = this.#newTools(tools);
  }

  /**
   * Look after the call now: let it sound again, and check the connection. The client calls it by itself when
   * the user comes back to the page; call it in a click after a `sound` event said that sound is blocked.
   * @returns {Promise<void>}
   */
  async wake() {
    if (!this.isActive) return;
    if (this.#isBegun) this.#host.send({ type: 'wake' });
    await this.#audio?.wake();
  }

  /**
   * End the call and let go of everything; the object is of no use afterwards.
   * @returns {Promise<void>} the same one each time
   */
  dispose() {
    if (this.#disposed) return this.#disposed;
    this.#page.abort();
    discardPreparedContext(this);
    this.#disposed = this.stop().then(() => this.#host.close());
    return this.#disposed;
  }

  /** @param {string} method that has nobody to do it outside a call */
  #hasCall(method) {
    const hasCall = isConversation(this.#state);
    if (!hasCall) console.warn(`agent.${method}() does nothing outside a call (${this.#state}).`);
    return hasCall;
  }

  /** @param {NonNullable<import('./api-types.js').VoiceAgentOptions['tools']>} tools */
  #newTools(tools) {
    return new ToolRunner(tools, {
      send: (command) => this.#host.send(command),
      onTool: (event) => this.#events.emit('tool', event),
    });
  }

  #newAudio() {
    /** @type {import('./main-thread/audio/call-audio.js').LiveAudioCalls} */
    const calls = {
      onLost: (error) => this.#fail(error),
      onPorts: (ports) => this.#connectAudio(ports),
      onMicrophone: (event) => this.#events.emit('device', event),
      onInterrupted: (blocked) => this.#events.emit('sound', { blocked }),
    };
    const audio = new LiveAudio(this.#sound, calls, BROWSER);
    audio.setMuted(this.muted);
    return audio;
  }

  /**
   * Microphone, audio system and connection at the same time; but where the user is still to be asked for
   * the microphone, the connection waits, and nothing is asked for where there is none to open. The session begins
   * with the microphone's first sound: none is paid for before the answer, beside another one, or that nobody hears.
   * Without a microphone nothing of that is waited for.
   * @param {LiveAudio | NoAudio} audio
   * @param {Promise<void>} begun the session core has the call
   * @param {Promise<boolean>} lock
   */
  async #open(audio, begun, lock) {
    const isWanted = () => this.#audio === audio; // not stopped meanwhile
    const proceed = () => isWanted() && this.#host.send({ type: 'proceed' });
    const microphone = this.#hasMicrophone;
    try {
      const lacking = microphone && lacksMicrophone();
      // Both are asked before the audio graph keeps this thread busy: their answers waited 20 to 40 ms for it.
      const granted = !microphone || isMicrophoneGranted();
      const [isMine, isGranted] = await Promise.all([lock, granted]);
      if (!isWanted()) return;
      if (!isMine) throw new VoiceAgentError('other-tab');
      if (isGranted && (await lacking)) throw new VoiceAgentError('microphone-not-found');
      if (!isWanted()) return;
      if (isGranted) void begun.then(proceed);
      const ports = await this.#whileAsking(isGranted, audio.open({ microphone }));
      await begun;
      if (!isWanted()) return Object.values(ports ?? {}).forEach((port) => port.close());
      if (ports) this.#connectAudio(ports);
      if (!isGranted) proceed();
    } catch (error) {
      if (isWanted()) this.#fail(VoiceAgentError.from(error, 'audio-failed'));
    }
  }

  /**
   * @template Result
   * @param {boolean} isGranted then the browser asks nothing
   * @param {Promise<Result>} opening a microphone
   * @returns {Promise<Result>}
   */
  async #whileAsking(isGranted, opening) {
    if (!isGranted) this.#events.emit('permission', { asking: true });
    try {
      return await opening;
    } finally {
      if (!isGranted) this.#events.emit('permission', { asking: false });
    }
  }

  /** @param {{capture: MessagePort, playback: MessagePort}} ports */
  #connectAudio({ capture, playback }) {
    this.#host.send({ type: 'mute', muted: this.muted });
    this.#host.send({ type: 'audio', capture, playback }, [capture, playback]);
  }

  /** @param {boolean} muted */
  #setMuted(muted) {
    this.#isMuted = muted;
    this.#showMuted();
    this.#audio?.setMuted(this.muted);
    this.#host.send({ type: 'mute', muted: this.muted });
  }

  /** A microphone that opens muted is news, too. */
  #showMuted() {
    const { muted, hasMicrophone } = this;
    const told = `${muted} ${hasMicrophone}`;
    if (told === this.#toldMuted) return;
    this.#toldMuted = told;
    this.#events.emit('mute', { muted });
  }

  /** @param {EndReason} reason */
  async #end(reason) {
    this.#release();
    if (!this.isActive) return;
    if (!this.#isBegun) return this.#setState('ended', { reason });
    if (!this.#ending) this.#host.send({ type: 'stop', reason });
    this.#ending ??= new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      const off = this.on('state', ({ state }) => isAtRest(state) && (off(), resolve()));
    }).finally(() => (this.#ending = null));
    await this.#ending;
  }

  /** The page goes away: no call outlives it, but a reload may go on with the conversation. */
  #leave() {
    if (!this.isActive) return;
    if (!this.#isBegun) return void this.#end('page-left');
    if (isConversation(this.#state)) this.#record.rememberEnded();
    this.#host.send({ type: 'hang-up', reason: 'page-left' });
    this.#ends.leave();
    this.#release();
  }

  /** Let go of microphone, sound and lock; what the session holds it lets go of itself. */
  #release() {
    this.#lastAudioFacts = this.#audio?.facts ?? this.#lastAudioFacts;
    this.#audio?.close();
    this.#audio = null;
    this.#lock.release();
    this.#tools.cancelAll();
    this.#idle.pause();
  }

  /** @param {boolean} isOn whether anybody listens to `debug`: else the core sends nothing of its log */
  #watch(isOn) {
    this.#isWatched = isOn;
    this.#host.send({ type: 'watch', on: isOn });
  }

  /** @param {VoiceAgentError} error */
  #fail(error) {
    if (!this.#isBegun) return this.#setState('failed', { error: withoutNetwork(error) });
    this.#host.send({ type: 'fail', error: error.toJSON() });
  }

  /**
   * Settles with the call: resolves once it is live or has ended, rejects when it failed.
   * @returns {Promise<void>}
   */
  #nextOutcome() {
    const settled = new AbortController();
    return new Promise((resolve, reject) => {
      const watch = (/** @type {AgentEvents['state']} */ { state, error }) => {
        if (state !== 'live' && !isAtRest(state)) return;
        settled.abort();
        if (state === 'failed') reject(error);
        else resolve();
      };
      this.on('state', watch, { signal: settled.signal });
    });
  }

  /** @param {SessionEvent} event */
  #receive(event) {
    this.#ends.observe(event);
    if (event.type === 'speaking') this.#idle.showSpeaking(event);
    if (event.type === 'transcript' && event.turn.role === 'user' && event.turn.text)
      this.stillHere();
    switch (event.type) {
      case 'state': {
        const error = event.error && withoutNetwork(VoiceAgentError.fromJSON(event.error));
        return this.#setState(event.state, { ...event, error });
      }
      case 'session':
        this.#record.sessionId = event.sessionId;
        return this.#remember();
      case 'receipt':
      case 'unused':
        return; // heard already
      case 'access-token-wanted':
        return void this.#service
          .answerAccess(event.id)
          .then((answer) => this.#host.send({ type: 'access-token', ...answer }));
      case 'transcript':
        this.#record.write(event.turn);
        if (event.turn.final) this.#remember();
        return this.#events.emit('transcript', event.turn);
      case 'level': {
        const { microphone, agent, playback } = event;
        this.#events.emit('level', { microphone, agent });
        if (playback) this.#events.emit('playback', playback);
        return;
      }
      case 'tool-call':
        return void this.#tools.run(event);
      case 'tool-cancel':
        return this.#tools.cancel(event.callId);
      case 'update-done': {
        const { resolve, reject } = this.#updates.get(event.id) ?? {};
        this.#updates.delete(event.id);
        return event.error ? reject?.(VoiceAgentError.fromJSON(event.error)) : resolve?.();
      }
      case 'time-left':
        this.#endsAtMs = event.leftMs === null ? null : performance.now() + event.leftMs;
        return;
      case 'stats':
        this.#stats = event.stats;
        return;
      default: {
        const { type, ...value } = event;
        return this.#events.emit(type, /** @type {any} */ (value));
      }
    }
  }

  /** The call is over: nobody answers them any more, least of all a thread that broke. */
  #refuseUpdates() {
    const message = 'The call ended before the agent answered.';
    for (const { reject } of this.#updates.values())
      reject(new VoiceAgentError('update-refused', { message }));
    this.#updates.clear();
  }

  #remember() {
    if (isConversation(this.#state)) this.#record.remember();
  }

  /**
   * @param {AgentState} state
   * @param {Partial<AgentEvents['state']>} [details]
   */
  #setState(state, { error = null, recovery = null, reason = null } = {}) {
    const previous = this.#state;
    if (state === 'connecting' && previous === 'connecting') return; // said already, by start()
    this.#state = state;
    if (isAtRest(state)) {
      this.#isBegun = false;
      this.#release();
      this.#setOnHold(false);
      this.#refuseUpdates();
    }
    if (state === 'live') {
      this.#wasLive = true;
      this.#idled = null; // gone on with: a try that came to nothing leaves it for the next one
      this.#idle.begin();
    } else this.#idle.pause();
    if (isAtRest(state) && this.#wasLive) {
      // What the user did not end may be gone on with: after a reload, or where the service has closed.
      if (reason === 'by-service') this.#record.rememberEnded();
      else if (reason !== 'page-left') forgetCall();
      // With the page, however long: whoever went away may come back to it.
      if (reason === 'idle')
        this.#idled = { sessionId: null, leftAtMs: Date.now(), turns: this.turns };
    }
    this.#showMuted(); // a call without a microphone begins, or is over
    if (state === 'failed' && error) this.#events.emit('error', error);
    this.#events.emit('state', { state, previous, error, recovery, reason });
  }
}

/**
 * What a call takes of the browser.
 * @param {Pick<import('./api-types.js').StartOptions, 'microphone' | 'textOnly'>} how it is to begin
 */
function needsOf({ textOnly = false, microphone = true }) {
  return { microphone: microphone && !textOnly, sound: !textOnly };
}
