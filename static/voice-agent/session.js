// The conductor: wires token, connection, microphone, speaker, transcript and tools together and carries
// out what the reducer decides. Touches no DOM and no Web Audio: it runs in a Worker, or on the main
// thread where there is none. Talks to its host by plain objects only.

import { AudioLink } from './audio-link.js';
import { retryDelayMs } from './backoff.js';
import { Connection } from './connection.js';
import { Conversation } from './conversation.js';
import { Deadline } from './deadline.js';
import { VoiceAgentError } from './errors.js';
import { continuedSession } from './history.js';
import { IDLE, reduce } from './state.js';
import { fetchToken } from './token.js';

/** How long to wait for the goodbye to be answered. Source: the vendor's starters wait 3 s. */
const GOODBYE_TIMEOUT_MS = 3_000;

/**
 * What the host asks for.
 * @typedef {{type: 'start', tokenUrl: string, session: import('./protocol.js').SessionConfig}
 *   | {type: 'proceed'}
 *   | {type: 'audio', capture: MessagePort, playback: MessagePort}
 *   | {type: 'stop'} | {type: 'hang-up'} | {type: 'online'}
 *   | {type: 'mute', muted: boolean}
 *   | {type: 'say', text: string}
 *   | {type: 'tool-result', callId: string, value: unknown, isError: boolean}
 *   | {type: 'fail', error: ReturnType<VoiceAgentError['toJSON']>}} SessionCommand
 *
 * What the host is told.
 * @typedef {{type: 'state', state: import('./state.js').AgentState, recovery: null | 'resumed' | 'continued',
 *     reason: import('./state.js').EndReason | null, error: ReturnType<VoiceAgentError['toJSON']> | null}
 *   | {type: 'transcript', turn: import('./transcript.js').Turn}
 *   | {type: 'speaking', user: boolean, agent: boolean}
 *   | {type: 'level', microphone: number, agent: number}
 *   | {type: 'tool-call', callId: string, name: string, args: Record<string, unknown>}
 *   | {type: 'debug', kind: string, [detail: string]: unknown}} SessionEvent
 */

/**
 * The way to the agent, as the parts of the session see it: open while a session is ready.
 * @typedef {object} Line
 * @property {() => boolean} isOpen
 * @property {(text: string) => boolean} send an encoded message; false when it could not be sent
 */

/** @typedef {import('./protocol.js').ServerMessage} ServerMessage */

export class Session {
  #environment;
  #emit;
  /** @type {import('./state.js').Call} */
  #call = IDLE;

  #tokenUrl = '';
  /** @type {import('./protocol.js').SessionConfig} */
  #config = {};
  /** @type {Connection | null} */
  #connection = null;
  /** Ends the attempt under way: an answer to an older one is not listened to. */
  #attempt = new AbortController();
  /** @type {unknown} */
  #retryTimer;
  /** @type {unknown} */
  #goodbyeTimer;

  #deadline;
  #audio;
  #conversation;

  /**
   * @param {import('./environment.js').Environment} environment
   * @param {(event: SessionEvent) => void} emit
   */
  constructor(environment, emit) {
    this.#environment = environment;
    this.#emit = emit;
    const onTimeLimit = () => this.#dispatch({ type: 'stop', reason: 'time-limit' });
    this.#deadline = new Deadline(environment, onTimeLimit);
    /** @type {Line} */
    const line = {
      isOpen: () => this.#call.state === 'live' && this.#connection?.isReady === true,
      send: (text) => line.isOpen() && this.#connection?.send(text) === true,
    };
    this.#audio = new AudioLink({ environment, emit, line });
    this.#conversation = new Conversation({ environment, emit, line });
  }

  /** @param {SessionCommand} command */
  handle(command) {
    switch (command.type) {
      case 'start':
        return this.#start(command);
      case 'proceed':
        return this.#dispatch({ type: 'proceed' });
      case 'audio':
        return this.#audio.attach(command.capture, command.playback);
      case 'stop':
        return this.#dispatch({ type: 'stop', reason: 'by-user' });
      case 'hang-up':
        return this.#hangUp();
      case 'online':
        return this.#retryNow();
      case 'mute':
        return this.#audio.mute(command.muted);
      case 'say':
        return this.#say(command.text);
      case 'tool-result':
        return this.#conversation.finishTool(command);
      case 'fail':
        return this.#dispatch({
          type: 'fail',
          error: VoiceAgentError.fromJSON(command.error),
        });
    }
  }

  /** @param {import('./state.js').CallEvent} event */
  #dispatch(event) {
    const before = this.#call;
    const { call, effects } = reduce(before, event);
    this.#call = call;
    if (call.state !== before.state || call.recovery !== before.recovery) {
      const { state, recovery, reason } = call;
      this.#emit({
        type: 'state',
        state,
        recovery,
        reason,
        error: call.error?.toJSON() ?? null,
      });
    }
    for (const effect of effects) this.#carryOut(effect);
  }

  /** @param {import('./state.js').Effect} effect */
  #carryOut(effect) {
    switch (effect.type) {
      case 'connect':
        return void this.#connect();
      case 'retry-later':
        return this.#retryLater(effect);
      case 'use-voice':
        this.#config = withVoice(this.#config, effect.voice);
        return;
      case 'silence':
        return this.#silence();
      case 'end':
        return this.#end();
      case 'release':
        return this.#release();
    }
  }

  /** @param {Extract<SessionCommand, {type: 'start'}>} command */
  #start({ tokenUrl, session }) {
    this.#tokenUrl = tokenUrl;
    this.#config = session;
    this.#deadline.clear();
    this.#audio.forgetUnsent();
    this.#conversation.reset();
    this.#dispatch({ type: 'start' });
  }

  /** One attempt: a fresh token, a new socket, the first message; its outcome becomes an event. */
  async #connect() {
    this.#attempt.abort();
    this.#attempt = new AbortController();
    const { signal } = this.#attempt;
    this.#connection?.close();
    this.#connection = null;
    try {
      const granted = await fetchToken(this.#environment.fetch, {
        tokenUrl: this.#tokenUrl,
        maxSessionDurationSeconds: this.#deadline.secondsLeft(),
        signal,
      });
      if (signal.aborted) return;
      this.#openConnection(granted);
    } catch (error) {
      if (!signal.aborted) this.#attemptFailed(VoiceAgentError.from(error, 'connection-failed'));
    }
  }

  /** @param {import('./token.js').VoiceToken} granted */
  #openConnection({ token, wsUrl, maxSessionDurationSeconds }) {
    this.#connection = new Connection({
      environment: this.#environment,
      wsUrl,
      token,
      opening: this.#opening(),
      onMessage: (message) => this.#receive(message, maxSessionDurationSeconds),
      onClose: (error, afterReady) => this.#connectionClosed(error, afterReady),
    });
  }

  /** @returns {import('./protocol.js').ClientMessage} */
  #opening() {
    const { mode, sessionId } = this.#call;
    if (mode === 'resume' && sessionId !== null)
      return { type: 'session.resume', session_id: sessionId };
    const session =
      mode === 'continue' ? continuedSession(this.#config, this.#conversation.turns) : this.#config;
    return { type: 'session.update', session };
  }

  /**
   * @param {ServerMessage} message
   * @param {number | null} capSeconds what this socket's token allows
   */
  #receive(message, capSeconds) {
    switch (message.type) {
      case 'ready':
        return this.#ready(message, capSeconds);
      case 'reply-audio':
        return this.#audio.play(message);
      case 'ended':
        return this.#ended();
      case 'error':
        return this.#emit({
          type: 'debug',
          kind: 'agent-error',
          code: message.code,
          text: message.text,
        });
      case 'ignored':
        return this.#emit({
          type: 'debug',
          kind: 'ignored',
          name: message.name,
        });
      case 'reply-started':
        this.#audio.startReply(message.replyId);
        return this.#conversation.apply(message);
      case 'reply-done':
        this.#conversation.apply(message, this.#audio.finishReply(message));
        this.#conversation.sendResults();
        return this.#sendTyped();
      case 'speech-started':
      case 'speech-stopped':
        this.#audio.setUserSpeaking(message.type === 'speech-started');
        return this.#conversation.apply(message);
      case 'tool-call':
        return this.#conversation.callTool(message);
      default:
        return this.#conversation.apply(message);
    }
  }

  /**
   * @param {Extract<ServerMessage, {type: 'ready'}>} message
   * @param {number | null} capSeconds
   */
  #ready({ sessionId, expiresAtEpochSeconds, httpTools }, capSeconds) {
    // Words spoken before the greeting would cut it off; after a loss they are what the user wants heard.
    if (this.#call.mode === 'fresh' && this.#config.greeting) this.#audio.forgetUnsent();
    this.#conversation.ready(httpTools);
    this.#deadline.limit(capSeconds, expiresAtEpochSeconds);
    this.#dispatch({ type: 'ready', sessionId });
    this.#audio.sendWaiting();
    this.#sendTyped();
  }

  /** @param {string} text */
  #say(text) {
    if (this.#call.state !== 'live' && this.#call.state !== 'reconnecting') return;
    this.#conversation.say(text);
    this.#sendTyped();
  }

  #sendTyped() {
    if (!this.#audio.isReplying) this.#conversation.sendTyped();
  }

  /**
   * @param {VoiceAgentError} error
   * @param {boolean} afterReady
   */
  #connectionClosed(error, afterReady) {
    this.#connection = null;
    this.#silence();
    if (this.#call.state === 'ending') return this.#dispatch({ type: 'ended', reason: 'by-user' });
    if (!afterReady) return this.#attemptFailed(error);
    if (error.code === 'session-expired')
      return this.#dispatch({ type: 'ended', reason: 'time-limit' });
    this.#dispatch({ type: 'lost', error, nowMs: this.#environment.nowMs() });
  }

  /** @param {VoiceAgentError} error */
  #attemptFailed(error) {
    this.#emit({
      type: 'debug',
      kind: 'attempt-failed',
      code: error.code,
      upstreamCode: error.upstreamCode,
    });
    this.#dispatch({
      type: 'attempt-failed',
      error,
      nowMs: this.#environment.nowMs(),
    });
  }

  /** @param {{slow: boolean, atLeastMs: number}} effect */
  #retryLater({ slow, atLeastMs }) {
    const delayMs = retryDelayMs(this.#call.attempt, this.#environment.random(), { slow });
    this.#environment.cancel(this.#retryTimer);
    this.#retryTimer = this.#environment.schedule(
      () => this.#retryNow(),
      Math.max(delayMs, atLeastMs),
    );
  }

  /** The timer ran out, or the browser is online again. Without a timer nothing is waiting. */
  #retryNow() {
    if (this.#retryTimer === undefined) return;
    this.#environment.cancel(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#dispatch({ type: 'retry' });
  }

  /** Say goodbye and wait for the answer: an open or a dropped session goes on costing money. */
  #end() {
    this.#cancelRetry();
    this.#attempt.abort();
    const isSaid = this.#connection?.end() ?? false;
    if (!isSaid) return this.#dispatch({ type: 'ended', reason: 'by-user' });
    this.#goodbyeTimer = this.#environment.schedule(
      () => this.#dispatch({ type: 'ended', reason: 'by-user' }),
      GOODBYE_TIMEOUT_MS,
    );
  }

  /** The page goes away now: there is no time to wait for answers. */
  #hangUp() {
    this.#dispatch({ type: 'stop', reason: 'by-user' });
    this.#dispatch({ type: 'ended', reason: 'by-user' });
  }

  #ended() {
    if (!this.#connection?.isReady) return; // the close that follows says the rest
    this.#connection.close();
    this.#connection = null;
    this.#silence();
    this.#dispatch({
      type: 'ended',
      reason: this.#deadline.isNear() ? 'time-limit' : 'by-service',
    });
  }

  #silence() {
    this.#audio.silence();
    this.#conversation.settle();
  }

  #cancelRetry() {
    this.#environment.cancel(this.#retryTimer);
    this.#retryTimer = undefined;
  }

  #release() {
    this.#cancelRetry();
    this.#deadline.clear();
    this.#environment.cancel(this.#goodbyeTimer);
    this.#attempt.abort();
    this.#connection?.end(); // a session that is only closed goes on costing money
    this.#connection?.close();
    this.#connection = null;
    this.#audio.release();
    this.#conversation.settle();
  }
}

/**
 * @param {import('./protocol.js').SessionConfig} session
 * @param {string} voice
 * @returns {import('./protocol.js').SessionConfig}
 */
function withVoice(session, voice) {
  const output = /** @type {Record<string, unknown>} */ (session.output ?? {});
  return { ...session, output: { ...output, voice } };
}
