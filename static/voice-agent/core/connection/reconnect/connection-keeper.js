// Gets a session and keeps one: the socket that is used, the waits between attempts, token prefetch, the time limit,
// the successor. Carries out what the reducer decides about connections, and tells what came of it.

import { Deadline } from '../deadline.js';
import { newService } from '../liveness.js';
import { SessionSocket } from '../socket.js';
import { RetryTimer } from './backoff.js';
import { RollOver } from './roll-over.js';
import { TokenPrefetch } from '../token/token-prefetch.js';
import { VoiceAgentError } from '../../../errors.js';

/**
 * @typedef {import('../socket.js').ReadySession} ReadySession
 * @typedef {import('../token/token-prefetch.js').TokenSpec} TokenSpec
 * @typedef {import('../protocol.js').ClientMessage} ClientMessage
 *
 * @typedef {object} KeeperListener
 * @property {(session: ReadySession) => void} onReady a session is ready, the first one or after a loss
 * @property {(session: ReadySession) => void} onHandOver its successor has taken over from a session in a pause
 * @property {(message: import('../protocol.js').ServerMessage) => void} onMessage of the session that is used
 * @property {(error: VoiceAgentError) => void} onFailed an attempt came to nothing
 * @property {(closure: import('../socket.js').Closure, hasSuccessor: boolean) => void} onLost the session
 *   that was used is gone; `hasSuccessor`: `takeOver` can go on with one that is ready or on its way
 * @property {(replyId: string) => void} onForeignReply a successor began to speak before its time
 *
 * What the host is told. `access-token-wanted`: a token is to be fetched, and the host's access token with it.
 * `receipt`: the token of this session, used already or not, came with this receipt. `unused`: the token that came with
 * this one opens no session. `limit`: the call must end soon;
 * null, when that has been put off. `time-left`: until then, now and each time it changes; null: no limit is known.
 * @typedef {{type: 'access-token-wanted', id: number}
 *   | {type: 'receipt', sessionId: string, receipt: string}
 *   | {type: 'unused', receipt: string}
 *   | {type: 'limit', secondsLeft: number | null, refused?: boolean}
 *   | {type: 'time-left', leftMs: number | null}} KeeperEvent
 *
 * What the reducer is told.
 * @typedef {{type: 'retry'} | {type: 'extension-failed'} | {type: 'stop', reason: 'time-limit'}
 *   | {type: 'ended', reason: 'time-limit' | 'by-service'}} KeeperNews
 *
 * @typedef {object} KeeperOptions
 * @property {import('../../ports.js').Environment} environment
 * @property {(event: KeeperEvent) => void} emit
 * @property {(news: KeeperNews) => void} dispatch
 * @property {import('../../ports.js').Telemetry} stats
 * @property {{successorOpening: () => ClientMessage, successorChange: () => string | null}} successor what it is opened
 *   with, and what it has to be told when it takes over
 * @property {() => boolean} isPause whether nobody would notice a change of session now
 * @property {KeeperListener} listener
 */

export class ConnectionKeeper {
  #options;
  /** @type {TokenSpec} */
  #service = { tokenUrl: '', maxSessionDurationSeconds: null };
  #traits = newService();
  #prefetches = false;
  #hasSound = false;
  /** Of the token that opened the session which is used, and not of those that resumed it. @type {string | null} */
  #receipt = null;
  /** @type {string | null} */
  #sessionId = null;
  /** @type {SessionSocket | null} */
  #socket = null;
  #retiring = new Goodbyes();
  #deadline;
  /** Hands out tokens, and may fetch one in advance. */
  tokens;
  /** The wait before the next attempt. */
  retry;
  /** Goes on in a new session before the present one must end. */
  rollOver;

  /** @param {KeeperOptions} options */
  constructor(options) {
    this.#options = options;
    const { environment, emit, dispatch, stats, isPause, listener, successor } = options;
    this.tokens = new TokenPrefetch(environment, {
      fetched: () => {
        stats.connection.tokens += 1;
        stats.log.note('connection', 'token');
      },
      unused: (receipt) => emit({ type: 'unused', receipt }),
      accessWanted: (id) => emit({ type: 'access-token-wanted', id }),
    });
    this.retry = new RetryTimer(environment, () => dispatch({ type: 'retry' }));
    this.#deadline = new Deadline(environment, {
      reached: () => dispatch({ type: 'stop', reason: 'time-limit' }),
      warning: (secondsLeft) => {
        stats.log.note('connection', 'limit', { secondsLeft });
        emit({ type: 'limit', secondsLeft });
      },
      set: (leftMs) => emit({ type: 'time-left', leftMs }),
    });
    this.rollOver = new RollOver({
      environment,
      isPause,
      openSuccessor: (rollOver) =>
        this.#open(rollOver, this.#service, () => successor.successorOpening(), true),
      leftMs: () => this.#deadline.leftMs,
      onForeignReply: listener.onForeignReply,
      onHandOver: (socket, session) => this.#handOver(socket, session),
      onGivenUp: ({ code, upstreamCode }) => {
        stats.log.note('trouble', 'extension-failed', { code, upstreamCode });
        const secondsLeft = Math.round(this.#deadline.leftMs / 1000);
        if (secondsLeft < Infinity) emit({ type: 'limit', secondsLeft, refused: true });
        dispatch({ type: 'extension-failed' });
      },
    });
  }

  /** The session that is used, or the way to it. */
  get socket() {
    return this.#socket;
  }

  /**
   * A call begins.
   * @param {TokenSpec} service
   * @param {'intent' | 'always' | 'never'} prefetch when a token may be fetched before it is needed
   */
  begin(service, prefetch) {
    this.#service = service;
    this.#traits = newService();
    this.#hasSound = false;
    this.#receipt = this.#sessionId = null;
    this.#prefetches = prefetch === 'always';
    if (prefetch === 'never') this.tokens.discard();
  }

  /**
   * One attempt: a token, a new socket, the first message.
   * @param {() => ClientMessage} opening asked for when there is a token
   */
  connect(opening) {
    this.retry.cancel();
    this.#socket?.close();
    this.#socket = this.#open(this.#listener, this.#specForRest(), opening);
  }

  /** The microphone of this call gives sound: a session that nobody could talk to is not begun. */
  microphoneSounds() {
    this.#hasSound = true;
    this.#socket?.begin();
  }

  /** Go on with the successor, now that the session before it is gone. */
  takeOver() {
    const { successor, session } = this.rollOver.release();
    this.#use(successor);
    if (session) this.#ready(session, this.#options.listener.onReady);
  }

  /** The page or the network is back: what waits need not wait, what hangs starts over, what is live proves it. */
  wake() {
    if (this.#socket?.isStalled) this.#options.dispatch({ type: 'retry' });
    else this.#socket?.check();
    this.retry.hurry();
  }

  /** Let go of everything. A session that is only closed goes on costing money: the socket stays for its goodbye. */
  release() {
    this.retry.cancel();
    this.rollOver.cancel();
    this.#deadline.clear();
    this.tokens.discard();
    this.#socket?.retire();
    this.#socket = null;
  }

  /** The page goes away: no goodbye can be waited for. */
  leave() {
    this.#retiring.closeAll();
  }

  /** @param {() => void} task once every goodbye is answered, or had its time */
  afterGoodbyes(task) {
    this.#retiring.whenDone(task);
  }

  /** @type {import('../socket.js').SocketListener} */
  #listener = {
    onReady: (session) => this.#ready(session, this.#options.listener.onReady),
    onMessage: (message) => {
      if (message.type === 'ended') this.#ended();
      else this.#options.listener.onMessage(message);
    },
    onFailed: (error) => {
      this.#socket = null;
      if (error.code === 'resume-refused') this.tokens.putBack();
      if (error.code === 'unauthorized') this.tokens.handBackTaken();
      this.#options.listener.onFailed(error);
    },
    onLost: (closure) => this.#lost(closure),
  };

  /** @param {ReadySession} session @param {(session: ReadySession) => void} tell */
  #ready(session, tell) {
    const { sessionId, capSeconds, expiresAtEpochSeconds, receipt, isExtension } = session;
    if (sessionId === null || sessionId !== this.#sessionId) this.#receipt = receipt;
    this.#sessionId = sessionId;
    const change = isExtension ? this.#options.successor.successorChange() : null;
    if (change) this.#socket?.send(change); // before anything is said to it
    tell(session);
    if (isExtension) this.#deadline.renew(capSeconds, expiresAtEpochSeconds);
    else this.#deadline.limit(capSeconds, expiresAtEpochSeconds);
    if (this.#prefetches) this.tokens.keep(() => this.#specForRest());
  }

  /** @param {import('../socket.js').Closure} closure */
  #lost(closure) {
    const { hasSuccessor } = this.rollOver;
    if (!hasSuccessor) this.rollOver.cancel();
    this.#socket = null;
    this.#options.listener.onLost(closure, hasSuccessor);
  }

  /** The service has ended the session. */
  #ended() {
    if (!this.#socket?.isReady) return; // the close that follows says the rest
    this.#socket.close();
    if (this.rollOver.hasSuccessor) {
      const error = new VoiceAgentError('session-expired');
      return this.#lost({ error, cause: 'ended', unsentBytes: 0 });
    }
    const reason = this.#deadline.isNear ? 'time-limit' : 'by-service';
    this.#options.dispatch({ type: 'ended', reason });
  }

  /** @param {SessionSocket} successor @param {ReadySession} session */
  #handOver(successor, session) {
    const old = this.#socket;
    this.#use(successor);
    old?.retire();
    this.#options.stats.connection.rollovers += 1;
    this.#options.stats.log.note('connection', 'hand-over');
    this.#ready(session, this.#options.listener.onHandOver);
  }

  /** @param {SessionSocket} socket */
  #use(socket) {
    this.#socket = socket;
    socket.tell(this.#listener);
  }

  /** A token that asks only for what is left of the call, and goes on with it. */
  #specForRest() {
    const { secondsLeft: maxSessionDurationSeconds } = this.#deadline;
    return { ...this.#service, maxSessionDurationSeconds, receipt: this.#receipt };
  }

  /**
   * @param {import('../socket.js').SocketListener} listener
   * @param {TokenSpec} spec
   * @param {() => ClientMessage} opening
   * @param {boolean} [isExtension]
   */
  #open(listener, spec, opening, isExtension) {
    const { environment, emit, stats } = this.#options;
    const { tokens } = this;
    const mayBegin = () => this.#hasSound;
    const retiring = this.#retiring;
    const options = {
      environment,
      emit,
      stats,
      tokens,
      spec,
      opening,
      service: this.#traits,
      mayBegin,
      retiring,
      isExtension,
    };
    return new SessionSocket(options, listener);
  }
}

/** Sockets that are not used any more and wait for the answer to their goodbye, each no longer than it may take. */
class Goodbyes {
  /** @type {Set<SessionSocket>} */
  #sockets = new Set();
  #onDone = () => {};

  /** @param {SessionSocket} socket */
  add(socket) {
    this.#sockets.add(socket);
  }

  /** @param {SessionSocket} socket answered, or tired of waiting */
  delete(socket) {
    if (this.#sockets.delete(socket) && this.#sockets.size === 0) this.#onDone();
  }

  closeAll() {
    for (const socket of this.#sockets) socket.close();
  }

  /** @param {() => void} task done once nobody waits any more, now or later */
  whenDone(task) {
    if (this.#sockets.size === 0) return task();
    this.#onDone = task;
  }
}
