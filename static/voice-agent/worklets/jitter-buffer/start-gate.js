// Keeps a reply back until enough of it is there to go on without a gap. Pure; runs on the audio thread.

/** With so much at hand sound may begin, whatever the margin. */
const ENOUGH_MS = 40;

export class Hold {
  #enough;
  #since = -1;
  #firstChunk = 0;
  #isFirstChunk = false;

  /** @param {number} rateHz */
  constructor(rateHz) {
    this.#enough = (rateHz * ENOUGH_MS) / 1000;
  }

  /** Frame at which the chunk came that waits; -1 before it came. */
  get since() {
    return this.#since;
  }

  /** There is nothing to go on with: the next chunk waits. */
  begin() {
    this.#since = -1;
  }

  /** @param {number} frame at which a chunk comes */
  chunk(frame) {
    this.#isFirstChunk = this.#since < 0;
    if (!this.#isFirstChunk) return;
    this.#since = frame;
    this.#firstChunk = 0;
  }

  /** @param {number} count samples of the chunk that came last */
  add(count) {
    if (this.#isFirstChunk) this.#firstChunk += count;
  }

  /**
   * Chunks may come `margin` late once the first one waited so long, if what should have come meanwhile did; a
   * sender that has sent so much more than the first one already is ahead of the sound by as much.
   * @param {number} frame now
   * @param {number} ready samples waiting
   * @param {number} margin in frames
   */
  isOver(frame, ready, margin) {
    if (this.#since < 0) return false;
    const hasWaited = frame - this.#since >= margin && ready >= Math.min(margin, this.#enough);
    return hasWaited || ready >= this.#firstChunk + margin;
  }
}
