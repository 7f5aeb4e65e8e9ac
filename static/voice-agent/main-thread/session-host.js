// Gives the session core a thread: a Worker of its own, or this thread where no Worker can be had
// (a policy forbids it). Main thread.

import { coreFiles, loadFirst, openWorker, workerFiles } from './audio/script-url.js';
import { isAtRest } from '../call-facts.js';
import { VoiceAgentError } from '../errors.js';

/** @typedef {import('../core/session-types.js').SessionCommand} SessionCommand */
/** @typedef {import('../core/session-types.js').SessionEvent} SessionEvent */

/** How long a Worker may take to say that it is there; then the call goes on on this thread. */
const HELLO_TIMEOUT_MS = 4_000;

/** How long a thread may take to end a call: it says goodbye and waits for nothing. */
const END_TIMEOUT_MS = 2_000;

/** Events that matter when a call is over. */
const ABOUT_TOKENS = new Set(['receipt', 'unused']);

export class SessionHost {
  #onEvent;
  /** @type {Worker | null} */
  #worker = null;
  /** The one that has not said its hello yet. @type {Worker | null} */
  #coming = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #helloTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #endTimer;
  /** @type {import('../core/session.js').Session | null} */
  #local = null;
  /** @type {{command: SessionCommand, transfer: MessagePort[]}[]} kept until one of them is there */
  #early = [];
  #isMissing = false; // neither could be had; the next call tries again
  #isInCall = false;

  /** @param {(event: SessionEvent) => void} onEvent */
  constructor(onEvent) {
    this.#onEvent = onEvent;
    if (globalThis.document && globalThis.Worker) this.#startWorker();
    else this.#isMissing = true; // pages are made or tested here: nothing to do before a call
  }

  /**
   * @param {SessionCommand} command
   * @param {MessagePort[]} [transfer]
   */
  send(command, transfer = []) {
    if (command.type === 'start') this.#isInCall = true;
    const isEnd = command.type === 'stop' || command.type === 'hang-up' || command.type === 'fail';
    if (isEnd && this.#isInCall && this.thread === 'starting') return this.#endUntold(command);
    if (command.type === 'stop' && this.#isInCall) this.#expectEnd(command.reason ?? 'by-user');
    if (this.#isMissing) {
      if (command.type !== 'start') return transfer.forEach((port) => port.close());
      this.#isMissing = false;
      this.#startWorker();
    }
    if (this.#worker) this.#worker.postMessage(command, transfer);
    else if (this.#local) this.#local.handle(command);
    else if (command.type !== 'access-token') this.#early.push({ command, transfer });
    // An access token answers a core that is gone by now: it is kept for nobody.
  }

  /** Where the core runs; for the details panel and for tests. */
  get thread() {
    if (this.#worker) return 'worker';
    return this.#local ? 'main' : 'starting';
  }

  /**
   * End the thread, once the session, which must be over, has heard its goodbye. What becomes of a token is heard until
   * then: a session that was stopped before it was ready is known by its answer alone.
   */
  close() {
    this.#dropComing();
    clearTimeout(this.#endTimer);
    const worker = this.#worker;
    this.#worker = null;
    if (!worker) return;
    worker.onerror = null;
    worker.onmessage = ({ data }) => ABOUT_TOKENS.has(data.type) && this.#onEvent(data);
    worker.postMessage({ type: 'close' });
  }

  /**
   * A call that no thread has been told of yet ends here, and none is told of it any more.
   * @param {Extract<SessionCommand, {type: 'stop' | 'hang-up' | 'fail'}>} command
   */
  #endUntold(command) {
    this.#dropEarly();
    this.#isInCall = false; // what ends it once more in this moment ends nothing
    const end =
      command.type === 'fail'
        ? { state: /** @type {const} */ ('failed'), reason: null, error: command.error }
        : {
            state: /** @type {const} */ ('ended'),
            reason: command.reason ?? 'by-user',
            error: null,
          };
    queueMicrotask(() => this.#tell({ type: 'state', recovery: null, ...end }));
  }

  /** Whatever the thread does, a call that was told to end ends. @param {import('../core/call-state.js').EndReason} reason */
  #expectEnd(reason) {
    clearTimeout(this.#endTimer);
    this.#endTimer = setTimeout(() => {
      if (this.#worker) this.#replace(this.#worker);
      this.#tell({ type: 'state', state: 'ended', recovery: null, reason, error: null });
    }, END_TIMEOUT_MS);
  }

  /** @param {string[]} [files] to try */
  #startWorker([file, ...others] = workerFiles()) {
    if (file === undefined) return this.#useThisThread();
    try {
      const worker = openWorker(file);
      worker.onerror = () => {
        this.#dropComing(); // it was refused, or could not be read
        this.#startWorker(others);
      };
      worker.onmessage = () => this.#useWorker(worker); // its hello
      this.#coming = worker;
      this.#helloTimer = setTimeout(() => this.#useThisThread(), HELLO_TIMEOUT_MS);
    } catch {
      this.#startWorker(others);
    }
  }

  /** @param {Worker} worker */
  #useWorker(worker) {
    clearTimeout(this.#helloTimer);
    this.#coming = null;
    worker.onerror = ({ message }) => this.#crashed(worker, message);
    worker.onmessageerror = () => this.#crashed(worker, 'a message could not be read');
    worker.onmessage = ({ data }) => this.#tell(data);
    this.#worker = worker;
    this.#sendEarly();
  }

  #dropComing() {
    clearTimeout(this.#helloTimer);
    if (this.#coming) this.#coming.onmessage = this.#coming.onerror = null;
    this.#coming?.terminate();
    this.#coming = null;
  }

  /** Loaded only here: a page that has a Worker never needs the core's files itself. */
  #useThisThread() {
    this.#dropComing();
    // Events come in a task of their own, as a Worker's do: no listener runs inside the caller's call.
    const emit = (/** @type {SessionEvent} */ event) => queueMicrotask(() => this.#tell(event));
    loadFirst(coreFiles(), importCore).then(
      ({ createSession }) => {
        this.#local = createSession(emit);
        this.#sendEarly();
      },
      (error) => {
        this.#isMissing = true;
        this.#dropEarly();
        this.#failCall(String(error), 'connection-failed'); // its file could not be fetched
      },
    );
  }

  /**
   * Nobody knows what still works in there. The call fails rather than hangs, and the next one gets a new Worker.
   * @param {Worker} worker
   * @param {string} cause
   */
  #crashed(worker, cause) {
    this.#replace(worker);
    this.#failCall(cause);
  }

  /** @param {Worker} worker */
  #replace(worker) {
    worker.onmessage = worker.onerror = worker.onmessageerror = null;
    worker.terminate();
    this.#worker = null;
    this.#startWorker();
  }

  /** @param {string} cause @param {import('../errors.js').ErrorCode} [code] */
  #failCall(cause, code = 'internal-error') {
    if (!this.#isInCall) return;
    const error = new VoiceAgentError(code, { cause }).toJSON();
    this.#tell({ type: 'state', state: 'failed', recovery: null, reason: null, error });
  }

  /** @param {SessionEvent} event */
  #tell(event) {
    if (event.type === 'state') this.#isInCall = !isAtRest(event.state);
    if (!this.#isInCall) clearTimeout(this.#endTimer);
    this.#onEvent(event);
  }

  #dropEarly() {
    for (const { transfer } of this.#early.splice(0)) transfer.forEach((port) => port.close());
  }

  #sendEarly() {
    for (const { command, transfer } of this.#early.splice(0)) this.send(command, transfer);
  }
}

/**
 * Bundlers are told to leave it alone: what is known at run time only is not theirs to find.
 * @param {string} file
 * @returns {Promise<typeof import('../core/worker.js')>}
 */
const importCore = (file) => import(/* webpackIgnore: true */ /* @vite-ignore */ file);
