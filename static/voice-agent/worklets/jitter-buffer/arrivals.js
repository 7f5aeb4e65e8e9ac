// How the chunks of one reply come in: how regularly, and whether there is enough to start. Pure; runs on the audio
// thread.
//
// A chunk's offset is the frame at which it came less the place of its first sample in the reply. Chunks
// in real time have one offset; a late one has a greater offset, and a reply sent faster than real time has
// smaller and smaller ones. A player that began `offset` frames after frame 0 needs the chunk just now.

/** How long a late chunk is remembered while the reply goes on. */
const RECENT_SECONDS = 8;

/** So late that it is the service that paused, for a tool perhaps: nothing to be ready for the next time. */
const PAUSE_SECONDS = 1;

/** A reply that came in at least this much faster than real time needs nothing in reserve. */
const AHEAD = 0.1;

/** With so much at hand sound may begin, whatever the playout delay. */
const ENOUGH_MS = 40;

export class Arrivals {
  #rateHz;
  /** The greatest offset of each second, by the second modulo their number. */
  #worst = new Float64Array(RECENT_SECONDS).fill(-Infinity);
  #bucket = 0;
  #first = -1;
  #earliest = Infinity;
  #latestFrame = 0;
  #latestPlace = 0;
  /** Samples of the chunk that waits; later ones are not counted. */
  #waitingChunk = 0;
  #isWaitingChunk = false;

  /** Samples that came. */
  received = 0;

  /** By how much a chunk was later than an earlier one promised, at worst, in frames. */
  worstJitter = 0;

  /** Frame at which the chunk came that waits to be heard; -1 before it came. */
  waitingSince = -1;

  /** @param {number} rateHz */
  constructor(rateHz) {
    this.#rateHz = rateHz;
  }

  /** @param {number} frame frames rendered when a chunk comes */
  chunk(frame) {
    const offset = frame - this.received;
    const hasPaused = offset - this.#earliest > PAUSE_SECONDS * this.#rateHz;
    this.#earliest = hasPaused ? offset : Math.min(this.#earliest, offset);
    this.worstJitter = Math.max(this.worstJitter, offset - this.#earliest);
    this.#latestFrame = frame;
    this.#latestPlace = this.received;
    if (this.#first < 0) {
      this.#first = frame;
      this.#bucket = this.#bucketOf(frame);
    } else {
      const at = this.#bucket % RECENT_SECONDS; // the first is left out: nothing could sound before it
      this.#worst[at] = Math.max(this.#worst[at], offset);
    }
    this.#isWaitingChunk = this.waitingSince < 0;
    if (!this.#isWaitingChunk) return;
    this.waitingSince = frame;
    this.#waitingChunk = 0;
  }

  /** @param {number} count samples of the chunk that came last */
  add(count) {
    this.received += count;
    if (this.#isWaitingChunk) this.#waitingChunk += count;
  }

  /** There is nothing to go on with: the next chunk waits. */
  runDry() {
    this.waitingSince = -1;
  }

  /**
   * Whether there is enough to go on without a gap. Chunks may come `delay` late once the first one waited so long, if
   * what should have come meanwhile did; a sender that has sent so much more than the first one already is ahead of the
   * sound by as much.
   * @param {number} frame now
   * @param {number} ready samples waiting
   * @param {number} delay in frames
   */
  mayStart(frame, ready, delay) {
    if (this.waitingSince < 0) return false;
    const enough = (this.#rateHz * ENOUGH_MS) / 1000;
    const hasWaited = frame - this.waitingSince >= delay && ready >= Math.min(delay, enough);
    return hasWaited || ready >= this.#waitingChunk + delay;
  }

  /** Whether the reply came in faster than it can be heard. */
  get isAhead() {
    return this.#latestPlace * (1 - AHEAD) > this.#latestFrame - this.#first;
  }

  /**
   * The greatest offset of the last seconds.
   * @param {number} frame now
   * @returns {number} -Infinity when nothing came
   */
  recentWorst(frame) {
    const present = this.#bucketOf(frame);
    const passed = Math.min(present - this.#bucket, RECENT_SECONDS);
    for (let i = 0; i < passed; i += 1) this.#worst[(present - i) % RECENT_SECONDS] = -Infinity;
    this.#bucket = present;
    let worst = -Infinity;
    for (let i = 0; i < RECENT_SECONDS; i += 1) worst = Math.max(worst, this.#worst[i]);
    return worst;
  }

  /** @param {number} frame */
  #bucketOf(frame) {
    return Math.floor(frame / this.#rateHz);
  }
}
