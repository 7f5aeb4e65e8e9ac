// Gives the session core a thread: a Worker of its own, or this thread where no Worker can be had
// (a page on another origin, or a policy without worker-src). Main thread.

import { platformEnvironment } from './environment.js';
import { Session } from './session.js';

/** @typedef {import('./session.js').SessionCommand} SessionCommand */
/** @typedef {import('./session.js').SessionEvent} SessionEvent */

export class SessionHost {
  #onEvent;
  /** @type {Worker | null} */
  #worker = null;
  /** @type {Session | null} */
  #local = null;
  /** @type {{command: SessionCommand, transfer: Transferable[]}[]} kept until one of them is there */
  #early = [];

  /** @param {(event: SessionEvent) => void} onEvent */
  constructor(onEvent) {
    this.#onEvent = onEvent;
    try {
      const worker = new Worker(new URL('./worker.js', import.meta.url), {
        type: 'module',
      });
      worker.onerror = () => this.#useThisThread(worker); // its file was refused or could not be read
      worker.onmessage = () => this.#useWorker(worker); // its hello
    } catch {
      this.#useThisThread(); // another origin: a Worker's file must be the page's own
    }
  }

  /**
   * @param {SessionCommand} command
   * @param {Transferable[]} [transfer]
   */
  send(command, transfer = []) {
    if (this.#worker) this.#worker.postMessage(command, transfer);
    else if (this.#local) this.#local.handle(command);
    else this.#early.push({ command, transfer });
  }

  /** Where the core runs; for the details panel and for tests. */
  get thread() {
    if (this.#worker) return 'worker';
    return this.#local ? 'main' : 'starting';
  }

  /** End the thread. The session must be over by then. */
  close() {
    this.#worker?.terminate();
    this.#worker = null;
  }

  /** @param {Worker} worker */
  #useWorker(worker) {
    worker.onerror = null;
    worker.onmessage = ({ data }) => this.#onEvent(data);
    this.#worker = worker;
    this.#sendEarly();
  }

  /** @param {Worker} [refused] */
  #useThisThread(refused) {
    refused?.terminate();
    // Events come in a task of their own, as a Worker's do: no listener runs inside the caller's call.
    const emit = (/** @type {SessionEvent} */ event) => queueMicrotask(() => this.#onEvent(event));
    this.#local = new Session(platformEnvironment(), emit);
    this.#sendEarly();
  }

  #sendEarly() {
    for (const { command, transfer } of this.#early.splice(0)) this.send(command, transfer);
  }
}
