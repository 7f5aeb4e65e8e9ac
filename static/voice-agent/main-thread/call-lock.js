// One call at a time among all tabs and agents of an origin: two would hear and answer each other.
// Main thread.

/** Its holder has the call; the browser lets go of it when a tab closes or crashes. */
const NAME = 'voicegate-call';

/** Settles once the locks that this page has let go of are free, which is a moment later. @type {Promise<unknown>} */
let freed = Promise.resolve();

export class CallLock {
  #onTaken;
  /** @type {(() => void) | null} */
  #letGo = null;
  /** Tells a request under way that it is no longer wanted. */
  #attempt = 0;
  /** Settles when what was asked for is free again. @type {Promise<unknown>} */
  #request = Promise.resolve();

  /** @param {() => void} onTaken another tab or agent took the call over */
  constructor(onTaken) {
    this.#onTaken = onTaken;
  }

  /**
   * Be the one who talks.
   * @param {{takeOver: boolean}} options `takeOver` takes the call from whoever has it
   * @returns {Promise<boolean>} false when another one talks; always true in a browser without locks
   */
  async take({ takeOver }) {
    this.release();
    if (!navigator.locks) return true;
    const attempt = this.#attempt;
    await freed;
    if (attempt !== this.#attempt) return false;
    return new Promise((resolve) => {
      let isMine = false;
      const hold = (/** @type {Lock | null} */ lock) => {
        isMine = lock !== null && attempt === this.#attempt;
        resolve(isMine);
        if (!isMine) return null;
        return new Promise((letGo) => (this.#letGo = () => letGo(undefined)));
      };
      const onRefused = () => {
        if (!isMine) return resolve(true); // a page without locks of its own: it shares no calls either
        this.#letGo = null;
        this.#onTaken();
      };
      const options = takeOver ? { steal: true } : { ifAvailable: true };
      this.#request = navigator.locks.request(NAME, options, hold).catch(onRefused);
    });
  }

  release() {
    this.#attempt += 1;
    this.#letGo?.();
    this.#letGo = null;
    const request = this.#request;
    freed = freed.then(() => request); // not Promise.all, whose result would hold all results before it
  }
}
