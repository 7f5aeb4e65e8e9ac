// The conductor: lets the reducer decide, has it carried out, and takes what the service says to the parts that
// it concerns. Touches no DOM and no Web Audio: it runs in a Worker, or on the main thread where there is none.
// Talks to its host by plain objects only.

import { AudioLink } from './audio-link.js';
import { Conversation } from './conversation/conversation.js';
import { VoiceAgentError } from '../errors.js';
import { ConnectionKeeper } from './connection/reconnect/connection-keeper.js';
import { IDLE, reduce } from './call-state.js';
import { isAtRest, isConversation } from '../call-facts.js';
import { SessionStats } from './telemetry/stats.js';
import { SessionUpdates } from './conversation/updates.js';

/**
 * @typedef {import('./session-types.js').SessionCommand} SessionCommand
 * @typedef {import('./session-types.js').SessionEvent} SessionEvent
 * @typedef {import('./connection/protocol.js').ServerMessage} ServerMessage
 * @typedef {import('./connection/socket.js').ReadySession} ReadySession
 */

export class Session {
  #environment;
  #emit;
  /** @type {import('./call-state.js').Call} */
  #call = IDLE;
  #keepsEarlySpeech = false;
  /** Nothing is heard and nothing is sent, but the session stays. */
  #isOnHold = false;
  /** Whether the turn that was lost in its middle is said again. */
  #isTurnRepeated = false;
  #stats;
  #keeper;
  #audio;
  #conversation;
  #updates;

  /**
   * @param {import('./ports.js').Environment} environment
   * @param {(event: SessionEvent) => void} emit
   */
  constructor(environment, emit) {
    this.#environment = environment;
    this.#emit = emit;
    /** @type {import('./ports.js').AudioLine} */
    const line = {
      isOpen: () =>
        this.#call.state === 'live' && !this.#isOnHold && this.#keeper.socket?.isReady === true,
      hasBackpressure: () => this.#keeper.socket?.hasBackpressure === true,
      listen: (speechMs) => this.#keeper.socket?.listen(speechMs),
      send: (text) => line.isOpen() && this.#keeper.socket?.send(text) === true,
    };
    this.#stats = new SessionStats(environment, emit);
    this.#conversation = new Conversation({
      environment,
      emit,
      line,
      onNote: () => this.#updates.tellPrompt(),
    });
    this.#updates = new SessionUpdates({
      environment,
      emit,
      line,
      retell: (update) => this.#conversation.retell(update),
      continued: (config) => this.#conversation.continuation(config),
    });
    this.#audio = new AudioLink({
      environment,
      emit,
      line,
      stats: this.#stats,
      onMicrophone: () => this.#keeper.microphoneSounds(),
      onHeard: ({ positionMs: ms, ...heard }, onsetMs) =>
        this.#conversation.heard({ ms, onsetMs, ...heard }),
      sentenceAt: (...place) => this.#conversation.sentenceAt(...place),
    });
    this.#keeper = new ConnectionKeeper({
      environment,
      emit,
      dispatch: (event) => this.#dispatch(event),
      stats: this.#stats,
      successor: this.#updates,
      isPause: () => this.#audio.isPause && !this.#conversation.hasCalls,
      listener: {
        onReady: (session) => this.#ready(session),
        onHandOver: (session) => {
          this.#silence();
          this.#dispatch({ type: 'handed-over', sessionId: session.sessionId });
          this.#use(session);
        },
        onMessage: (message) => this.#receive(message),
        onFailed: (error) => {
          const { code, upstreamCode } = error;
          this.#stats.log.note('trouble', 'attempt-failed', { code, upstreamCode });
          this.#dispatch({ type: 'attempt-failed', error, nowMs: environment.nowMs() });
        },
        onLost: (closure, hasSuccessor) => this.#lost(closure, hasSuccessor),
        onForeignReply: (replyId) => this.#audio.refuseReply(replyId),
      },
    });
  }

  /** @param {SessionCommand} command */
  handle(command) {
    switch (command.type) {
      case 'start':
        return this.#start(command);
      case 'proceed':
        return this.#dispatch({ type: 'proceed' });
      case 'prepare':
        return void this.#keeper.tokens.prepare(specOf(command));
      case 'access-token':
        return this.#keeper.tokens.answerAccess(command);
      case 'audio': {
        const { capture, playback } = command;
        if (!isAtRest(this.#call.state)) return this.#audio.attach(capture, playback);
        capture.close(); // the call was over before its sound was there
        return playback.close();
      }
      case 'stop':
        return this.#dispatch({ type: 'stop', reason: command.reason ?? 'by-user' });
      case 'hang-up': {
        // The page goes away now: there is no time to wait for answers.
        this.#dispatch({ type: 'stop', reason: command.reason ?? 'page-left' });
        return this.#keeper.leave();
      }
      case 'wake':
        return this.#keeper.wake();
      case 'extend':
        return this.#dispatch({ type: 'extend' });
      case 'mute': {
        const { muted } = command;
        const { microphone } = this.#audio;
        if (muted !== microphone.isMuted) this.#stats.log.note('conversation', 'mute', { muted });
        return microphone.mute(muted);
      }
      case 'hold':
        return this.#hold(command.held);
      case 'say':
        if (!this.#isGoingOn) return;
        this.#stats.firstSounds.asked('typed');
        return this.#conversation.say(command.text);
      case 'reply':
        if (this.#isGoingOn) this.#conversation.reply(command.instructions);
        return;
      case 'update':
        return this.#updates.request(command);
      case 'tool-result':
        this.#audio.expectAnswer();
        return this.#conversation.finishTool(command);
      case 'fail':
        return this.#dispatch({ type: 'fail', error: VoiceAgentError.fromJSON(command.error) });
      case 'watch':
        return this.#stats.log.watch(command.on);
    }
  }

  /** @param {boolean} isOnHold */
  #hold(isOnHold) {
    if (isOnHold === this.#isOnHold || !this.#isGoingOn) return;
    this.#isOnHold = isOnHold;
    this.#stats.log.note('conversation', 'hold', { held: isOnHold });
    this.#audio.hold(isOnHold);
    if (isOnHold) return;
    this.#keeper.wake(); // a line that went dead meanwhile was not noticed
    this.#updates.goOn();
    this.#conversation.goOn();
    this.#audio.microphone.sendWaiting();
  }

  /** @param {() => void} task once nothing of earlier calls is left */
  afterGoodbyes(task) {
    this.#keeper.afterGoodbyes(task);
  }

  /** Whether there is a conversation, connected or not. */
  get #isGoingOn() {
    return isConversation(this.#call.state);
  }

  /** @param {import('./call-state.js').CallEvent} event */
  #dispatch(event) {
    const before = this.#call;
    const { call, effects } = reduce(before, event);
    this.#call = call;
    const { state, recovery, reason, sessionId } = call;
    const isNews =
      state !== before.state || recovery !== before.recovery || sessionId !== before.sessionId;
    if (isNews) {
      const error = call.error?.toJSON() ?? null;
      const group = state === 'failed' ? 'trouble' : 'connection';
      this.#stats.log.note(group, 'state', { state, recovery, reason, code: error?.code });
      this.#emit({ type: 'state', state, recovery, reason, error });
    }
    for (const effect of effects) this.#carryOut(effect);
  }

  /** @param {import('./call-state.js').Effect} effect */
  #carryOut(effect) {
    switch (effect.type) {
      case 'connect': {
        const { state, attempt } = this.#call;
        const isAgain = state === 'reconnecting' || attempt > 0;
        if (isAgain) this.#emit({ type: 'reconnect', secondsLeft: null });
        return this.#keeper.connect(() => this.#updates.opening(this.#call));
      }
      case 'retry-later': {
        const waitMs = this.#keeper.retry.wait({ attempt: this.#call.attempt, ...effect });
        return this.#emit({ type: 'reconnect', secondsLeft: waitMs / 1000 });
      }
      case 'replace-voice':
        return this.#updates.replaceVoice(effect.offered);
      case 'open-successor':
        return this.#keeper.rollOver.begin();
      case 'take-over':
        return this.#keeper.takeOver();
      case 'silence':
        return this.#silence();
      case 'release':
        return this.#release();
    }
  }

  /** @param {import('./session-types.js').StartCommand} command */
  #start({
    session,
    toolPolicies,
    resume = null,
    microphone = true,
    textOnly = false,
    ...options
  }) {
    if (!isAtRest(this.#call.state)) return;
    this.#keepsEarlySpeech = options.keepEarlySpeech ?? false;
    this.#isOnHold = false;
    this.#stats.reset();
    this.#keeper.begin(specOf(options), options.tokenPrefetch ?? 'intent');
    if (!microphone) this.#keeper.microphoneSounds(); // nothing to wait for
    this.#audio.reset({ textOnly, keepSpeechSeconds: options.keepSpeechSeconds });
    this.#conversation.reset(toolPolicies, resume?.turns, options.tellHeard);
    this.#updates.begin(session);
    this.#dispatch({ type: 'start', resume });
  }

  /** @param {ReadySession} session */
  #ready(session) {
    const { mode } = this.#call;
    const isGreeted = mode === 'fresh' && Boolean(this.#updates.config.greeting);
    // Words spoken before the greeting would interrupt it; after a loss they are what the user wants heard.
    if (isGreeted && !this.#keepsEarlySpeech) this.#audio.microphone.uplink.clear();
    if (mode === 'resume') this.#stats.connection.resumes += 1;
    if (mode === 'continue') this.#stats.connection.continues += 1;
    const { sessionId, isExtension } = session;
    this.#dispatch({ type: 'ready', sessionId, isExtension, nowMs: this.#environment.nowMs() });
    this.#use(session);
  }

  /** @param {ReadySession} session that everything goes to from now on */
  #use({ sessionId, httpTools }) {
    this.#stats.sessionId = sessionId;
    this.#emit({ type: 'session', sessionId });
    this.#conversation.ready({ httpTools, recovery: this.#call.recovery });
    this.#updates.ready();
    this.#audio.microphone.uplink.forgetSent();
    this.#audio.microphone.sendWaiting();
  }

  /** @param {ServerMessage} message */
  #receive(message) {
    if (this.#call.state !== 'live') return; // not ready yet, or the user has ended it
    switch (message.type) {
      case 'error':
        return void this.#updates.apply(message);
      case 'updated':
        this.#updates.apply(message);
        return this.#conversation.apply(message);
      case 'reply-audio':
        return void this.#audio.apply(message);
      case 'tool-call':
        return this.#conversation.callTool(message);
      default:
        return this.#conversation.apply(message, this.#audio.apply(message));
    }
  }

  /** @param {import('./connection/socket.js').Closure} closure @param {boolean} hasSuccessor */
  #lost({ error, cause, unsentBytes, isHung }, hasSuccessor) {
    if (this.#call.state === 'live') {
      this.#stats.countLoss(cause);
      this.#isTurnRepeated = this.#audio.microphone.uplink.putBack(unsentBytes);
    }
    const nowMs = this.#environment.nowMs();
    this.#dispatch({ type: 'lost', error, nowMs, hasSuccessor, isHung });
  }

  #silence() {
    this.#audio.silence();
    this.#conversation.lost({ isTurnRepeated: this.#isTurnRepeated });
    this.#isTurnRepeated = false;
  }

  #release() {
    this.#keeper.release();
    this.#audio.release();
    this.#conversation.settle();
    this.#updates.settle();
    this.#stats.firstSounds.forget();
    this.#stats.show();
  }
}

/**
 * @param {import('./connection/token/token.js').TokenService} command
 * @returns {import('./connection/token/token-prefetch.js').TokenSpec}
 */
function specOf({ tokenUrl, wsUrl, credentials, asksAccess }) {
  return { tokenUrl, wsUrl, credentials, asksAccess, maxSessionDurationSeconds: null };
}
