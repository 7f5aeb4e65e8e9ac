// The playout delay: how much sound to keep ready before a reply starts, learned from how the replies before came in.
// Pure; runs on the audio thread.

/** Before anything is known. More would be heard as slowness, less as gaps on an ordinary network. */
const UNKNOWN_MS = 40;

/** More than this and a gap is the lesser evil. */
const MAX_MS = 320;

/** Replies that are remembered: one bad moment is forgotten after so many. */
const REMEMBERED = 6;

/** Beyond the worst that was seen; as long as the device takes sound in one go. */
export const GUARD_MS = 10;

/** Shorter replies say nothing about the network. */
const TELLING_MS = 1_000;

export class PlayoutDelay {
  #perMs;
  #needed = new Float64Array(REMEMBERED).fill(-1);
  #next = 0;

  /** The present delay, in frames. */
  frames;

  /** @param {number} rateHz @param {number} [unknownMs] the delay before anything is known */
  constructor(rateHz, unknownMs = UNKNOWN_MS) {
    this.#perMs = rateHz / 1000;
    this.frames = Math.round(unknownMs * this.#perMs);
  }

  /**
   * The delay after a gap: there will be others as late as the chunk that ended it. A little less, so that
   * sound goes on at once when all that was held up comes together.
   * @param {import('./arrivals.js').Arrivals} arrivals
   */
  framesAfterGap(arrivals) {
    return Math.max(0, this.#neededBy(arrivals) - 2 * GUARD_MS * this.#perMs);
  }

  /**
   * A reply ran dry: the next one waits for what this one would have needed.
   * @param {import('./arrivals.js').Arrivals} arrivals
   */
  grow(arrivals) {
    this.frames = Math.max(this.frames, this.#neededBy(arrivals));
  }

  /** @param {import('./arrivals.js').Arrivals} arrivals of a reply that is over */
  learn(arrivals) {
    if (arrivals.received < TELLING_MS * this.#perMs) return;
    this.#needed[this.#next % REMEMBERED] = this.#neededBy(arrivals);
    this.#next += 1;
    this.frames = 0;
    for (let i = 0; i < REMEMBERED; i += 1) this.frames = Math.max(this.frames, this.#needed[i]);
  }

  /** @param {import('./arrivals.js').Arrivals} arrivals */
  #neededBy(arrivals) {
    const guard = arrivals.isAhead ? 0 : GUARD_MS * this.#perMs;
    return Math.min(Math.round(arrivals.worstJitter + guard), Math.round(MAX_MS * this.#perMs));
  }
}
