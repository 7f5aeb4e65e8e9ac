// Gets a session and keeps one: attempts and the waits between them, the spare token, the time limit, the
// successor. Carries out what the reducer decides about connections, and tells what came of it.
// Part of the session core: any thread.

import { Attempt } from '../attempt.js';
import { Deadline } from '../deadline.js';
import { VoiceAgentError } from '../../../errors.js';
import { RetryTimer } from './retry.js';
import { RollOver } from './roll-over.js';
import { SpareToken } from '../token-prefetch.js';

/** How long to wait for the goodbye to be answered. Source: the vendor's starters wait 3 s. */
const GOODBYE_TIMEOUT_MS = 3_000;

/** @typedef {import('../attempt.js').ReadySession} ReadySession */

/**
 * @typedef {object} LadderListener
 * @property {(session: ReadySession) => void} onReady a session is ready, the first one or after a loss
 * @property {(session: ReadySession) => void} onHandOver its successor has taken over from a session in a pause
 * @property {(message: import('../protocol.js').ServerMessage) => void} onMessage of the session that is used
 * @property {(error: VoiceAgentError) => void} onFailed an attempt came to nothing
 * @property {(closure: import('../socket.js').Closure, hasSuccessor: boolean) => void} onLost the session
 *   that was used is gone; `hasSuccessor`: `takeOver` can go on with one that is ready or on its way
 * @property {(replyId: string) => void} onForeignReply a successor began to speak before its time
 *
 * @typedef {object} LadderOptions
 * @property {import('../../ports.js').Environment} environment
 * @property {(event: import('../../session-types.js').SessionEvent) => void} emit
 * @property {(event: import('../../call-state.js').CallEvent) => void} dispatch
 * @property {import('../../telemetry/stats.js').SessionStats} stats
 * @property {import('../opening.js').Opening} opening what sockets are opened with
 * @property {() => boolean} isPause whether nobody would notice a change of session now
 * @property {LadderListener} listener
 */

export class Ladder {
  #options;
  /** @type {import('../token.js').TokenService} */
  #service = { tokenUrl: '' };
  #keepsSpare = false;
  /** @type {Attempt | null} the session that is used, or the way to it */
  #attempt = null;
  /** @type {unknown} */
  #goodbyeTimer;
  #tokens;
  #retry;
  #deadline;
  #rollOver;

  /** @param {LadderOptions} options */
  constructor(options) {
    this.#options = options;
    const { environment, emit, dispatch, stats, isPause, listener } = options;
    this.#tokens = new SpareToken(environment, {
      fetched: () => this.#fetched(),
      accessWanted: (id) => emit({ type: 'access-token-wanted', id }),
    });
    this.#retry = new RetryTimer(environment, () => dispatch({ type: 'retry' }));
    this.#deadline = new Deadline(environment, {
      onReached: () => dispatch({ type: 'stop', reason: 'time-limit' }),
      onWarning: (secondsLeft) => {
        stats.log.note('connection', 'limit', { secondsLeft });
        emit({ type: 'limit', secondsLeft });
      },
      onSet: (leftMs) => emit({ type: 'time-left', leftMs }),
    });
    this.#rollOver = new RollOver({
      environment,
      isPause,
      openSuccessor: (rollOver) => this.#openSuccessor(rollOver),
      leftMs: () => this.#deadline.leftMs,
      onForeignReply: listener.onForeignReply,
      onHandOver: (successor, session) => this.#handOver(successor, session),
      onGivenUp: (error) => this.#giveUpExtension(error),
    });
  }

  get isReady() {
    return this.#attempt?.isReady === true;
  }

  /** Whether the microphone should wait: more is in the socket than the network takes. */
  get isCongested() {
    return this.#attempt?.isCongested === true;
  }

  /**
   * @param {string} text an encoded message
   * @returns {boolean} false when it could not be sent
   */
  send(text) {
    return this.#attempt?.send(text) === true;
  }

  /**
   * The microphone goes on.
   * @param {number} speechMs how much of what it gave sounds like speech
   */
  listen(speechMs) {
    this.#attempt?.listen(speechMs);
  }

  /**
   * A call is likely: have a token ready.
   * @param {import('../token.js').TokenService} service
   */
  prepare(service) {
    void this.#tokens.prepare({ ...service, maxSessionDurationSeconds: null });
  }

  /** @param {import('../access-tokens.js').AccessAnswer} answer */
  answerAccess(answer) {
    this.#tokens.answerAccess(answer);
  }

  /**
   * A call begins.
   * @param {import('../token.js').TokenService} service
   * @param {'intent' | 'always' | 'never'} spareToken
   */
  begin(service, spareToken) {
    this.#service = service;
    this.#keepsSpare = spareToken === 'always';
    if (spareToken === 'never') this.#tokens.discard();
  }

  /**
   * One attempt: a token, a new socket, the first message.
   * @param {() => import('../../call-state.js').Call} call as it will be when there is a token
   */
  connect(call) {
    this.#retry.cancel();
    this.#attempt?.close();
    const opening = () => this.#options.opening.message(call());
    this.#attempt = this.#open({ wish: this.#wishForRest(), opening }, this.#listener);
  }

  /** @param {{attempt: number, slow: boolean, atLeastMs: number}} wait */
  retryLater(wait) {
    this.#retry.wait(wait);
  }

  /** Go on in a new session before this one must end. */
  openSuccessor() {
    this.#rollOver.begin();
  }

  /** Go on with the successor, now that the session before it is gone. */
  takeOver() {
    const { successor, session } = this.#rollOver.release();
    this.#use(successor);
    if (session) this.#ready(session, this.#options.listener.onReady);
  }

  /** The page or the network is back: what waits need not wait, what hangs starts over, what is live proves it. */
  wake() {
    if (this.#attempt?.isStalled) this.#options.dispatch({ type: 'retry' });
    else this.#attempt?.check();
    this.#retry.hurry();
  }

  /**
   * Say goodbye and wait for the answer: an open or a dropped session goes on costing money.
   * @param {() => void} onNoAnswer there is none to wait for, or it did not come
   */
  end(onNoAnswer) {
    this.#retry.cancel();
    this.#rollOver.cancel();
    if (!this.#attempt?.end()) return onNoAnswer();
    this.#goodbyeTimer = this.#options.environment.schedule(onNoAnswer, GOODBYE_TIMEOUT_MS);
  }

  /** Let go of everything, with a goodbye if none was said. */
  release() {
    this.#options.environment.cancel(this.#goodbyeTimer);
    this.#retry.cancel();
    this.#rollOver.cancel();
    this.#deadline.clear();
    this.#tokens.discard();
    this.#attempt?.end(); // a session that is only closed goes on costing money
    this.#attempt?.close();
    this.#attempt = null;
  }

  /** @type {import('../attempt.js').AttemptListener} */
  #listener = {
    onReady: (session) => this.#ready(session, this.#options.listener.onReady),
    onMessage: (message) => {
      if (message.type === 'ended') this.#ended();
      else this.#options.listener.onMessage(message);
    },
    onFailed: (error) => {
      this.#attempt = null;
      this.#options.listener.onFailed(error);
    },
    onLost: (closure) => this.#lost(closure),
  };

  /**
   * @param {ReadySession} session
   * @param {(session: ReadySession) => void} tell
   */
  #ready(session, tell) {
    const { capSeconds, expiresAtEpochSeconds, isExtension } = session;
    const change = isExtension ? this.#options.opening.successorChange() : null;
    if (change) this.send(change); // before anything is said to it
    tell(session);
    if (isExtension) this.#deadline.renew(capSeconds, expiresAtEpochSeconds);
    else this.#deadline.limit(capSeconds, expiresAtEpochSeconds);
    if (this.#keepsSpare) this.#tokens.keep(() => this.#wishForRest());
  }

  /** @param {import('../socket.js').Closure} closure */
  #lost(closure) {
    const { hasSuccessor } = this.#rollOver;
    if (!hasSuccessor) this.#rollOver.cancel();
    this.#attempt = null;
    this.#options.listener.onLost(closure, hasSuccessor);
  }

  /** The service has ended the session. */
  #ended() {
    if (!this.isReady) return; // the close that follows says the rest
    this.#attempt?.close();
    if (this.#rollOver.hasSuccessor) {
      const error = new VoiceAgentError('session-expired');
      return this.#lost({ error, wasReady: true, cause: 'ended', unsentBytes: 0 });
    }
    const reason = this.#deadline.isNear ? 'time-limit' : 'by-service';
    this.#options.dispatch({ type: 'ended', reason });
  }

  /** @param {import('../attempt.js').AttemptListener} listener */
  #openSuccessor(listener) {
    const wish = { ...this.#service, maxSessionDurationSeconds: null };
    const opening = () => this.#options.opening.successor();
    return this.#open({ wish, opening, isExtension: true }, listener);
  }

  /**
   * @param {Attempt} successor
   * @param {ReadySession} session
   */
  #handOver(successor, session) {
    const old = this.#attempt;
    this.#use(successor);
    old?.retire();
    this.#options.stats.connection.rollovers += 1;
    this.#options.stats.log.note('connection', 'hand-over');
    this.#ready(session, this.#options.listener.onHandOver);
  }

  /** @param {VoiceAgentError} error */
  #giveUpExtension({ code, upstreamCode }) {
    this.#options.stats.log.note('trouble', 'extension-failed', { code, upstreamCode });
    this.#options.emit({ type: 'debug', kind: 'extension-failed', code, upstreamCode });
    const secondsLeft = Math.round(this.#deadline.leftMs / 1000);
    if (secondsLeft < Infinity) {
      this.#options.emit({ type: 'limit', secondsLeft, refused: true });
    }
    this.#options.dispatch({ type: 'extension-failed' });
  }

  #fetched() {
    const { connection, log } = this.#options.stats;
    connection.tokens += 1;
    log.note('connection', 'token');
  }

  /** @param {Attempt} attempt */
  #use(attempt) {
    this.#attempt = attempt;
    attempt.tell(this.#listener);
  }

  /** A token that asks only for what is left of the call. */
  #wishForRest() {
    return { ...this.#service, maxSessionDurationSeconds: this.#deadline.secondsLeft };
  }

  /**
   * @param {Pick<import('../attempt.js').AttemptOptions, 'wish' | 'opening' | 'isExtension'>} options
   * @param {import('../attempt.js').AttemptListener} listener
   */
  #open(options, listener) {
    const { environment, emit, stats } = this.#options;
    return new Attempt({ environment, emit, stats, tokens: this.#tokens, ...options }, listener);
  }
}
