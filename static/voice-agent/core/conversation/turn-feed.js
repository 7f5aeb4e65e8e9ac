// Passes turns on to the page: the words of a reply come in a burst, the page gets them in a few pieces.

/** All words of a reply were seen to arrive within 31 ms; a page that draws them needs no more than this. */
const INTERVAL_MS = 30;

/** @typedef {import('./transcript.js').Turn} Turn */

export class TurnFeed {
  #environment;
  #show;
  /** @type {Map<string, Turn>} the latest state of those that were not shown yet */
  #waiting = new Map();
  /** @type {unknown} */
  #timer;

  /** @param {import('../ports.js').Environment} environment @param {(turn: Turn) => void} show */
  constructor(environment, show) {
    this.#environment = environment;
    this.#show = show;
  }

  /** @param {readonly Turn[]} turns */
  show(turns) {
    for (const turn of turns) {
      this.#waiting.delete(turn.id);
      this.#show(turn);
    }
  }

  /**
   * Show the first at once and those that follow closely together.
   * @param {readonly Turn[]} turns
   */
  showSoon(turns) {
    if (this.#timer === undefined) {
      this.show(turns);
      this.#pause();
    } else for (const turn of turns) this.#waiting.set(turn.id, turn);
  }

  /** Show all that waits now. */
  flush() {
    this.#environment.cancel(this.#timer);
    this.#timer = undefined;
    this.show([...this.#waiting.values()]);
  }

  #pause() {
    const endPause = () => {
      const hasMore = this.#waiting.size > 0;
      this.flush();
      if (hasMore) this.#pause();
    };
    this.#timer = this.#environment.schedule(endPause, INTERVAL_MS);
  }
}
