// How much later the sound of a reply is than it could be. Pure; runs on the audio thread.
//
// The delay of a reply's sound is the frame that is rendered less the place in the reply that it shows. It
// is constant while the sound goes on, grows with every gap, and shrinks when content is left out.
// The earliest the sound could be is a player that began when this one did and never stopped, not even
// while the device stood still, but that keeps as much ready as the chunks of the last seconds call for.
// What the delay is above that one's is in excess. A reply that arrives faster than real time has no excess
// just because much of it is there: that player, too, goes at the natural pace.
//
// The device stands still where wall clock goes by while it renders nothing. Frames come in bursts, so the wall clock
// runs ahead of them by a varying amount. Its smallest lead over half a second is steady, and grows for good only when
// frames were left out. Measured in a model of a 10 ms device that loses 20 ms every 2 s, at the end of a reply of 30 s:
// 121 ms of delay; 315 ms where stalls are not counted.

import { GUARD_MS } from './playout-delay.js';

/** How long the wall clock's smallest lead is looked for. */
const WINDOW_MS = 500;

/** More than this at once is a page that was frozen or a clock that was set, not a stall. */
const PLAUSIBLE_MS = 1_000;

export class ExcessDelay {
  #perMs;
  #nowMs;
  #windowEnd = 0;
  #smallest = Infinity;
  #origin = NaN;
  /** Frames that the device has left out since the beginning; drifts with the device's clock. */
  #stalled = 0;
  #startDelay = 0;
  #stalledAtStart = 0;

  /**
   * @param {number} rateHz
   * @param {() => number} [nowMs] wall clock; without one the device is taken to lose no time
   */
  constructor(rateHz, nowMs) {
    this.#perMs = rateHz / 1000;
    this.#nowMs = nowMs;
  }

  /** @param {number} rendered frames so far; call it before each quantum */
  tick(rendered) {
    if (!this.#nowMs) return;
    this.#smallest = Math.min(this.#smallest, this.#nowMs() * this.#perMs - rendered);
    if (rendered < this.#windowEnd) return;
    if (Number.isNaN(this.#origin)) this.#origin = this.#smallest;
    const jump = this.#smallest - this.#origin - this.#stalled;
    if (Math.abs(jump) > PLAUSIBLE_MS * this.#perMs) this.#origin += jump;
    else this.#stalled += jump;
    this.#smallest = Infinity;
    this.#windowEnd = rendered + WINDOW_MS * this.#perMs;
  }

  /** @param {number} delay in frames, of the first sound of a reply */
  start(delay) {
    this.#startDelay = delay;
    this.#stalledAtStart = this.#stalled;
  }

  /**
   * @param {number} delay in frames
   * @param {number} recentWorst offset of the latest chunk of late; -Infinity when all has come
   * @returns {number} frames; negative when less is kept ready than the chunks of late call for
   */
  measure(delay, recentWorst) {
    const natural = this.#startDelay - Math.max(0, this.#stalled - this.#stalledAtStart);
    return delay - Math.max(natural, recentWorst + GUARD_MS * this.#perMs);
  }
}
