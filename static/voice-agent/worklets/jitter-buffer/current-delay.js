// How late the sound of a reply is. Pure; runs on the audio thread.
//
// The delay of a reply's sound is the frame that is rendered less the place in the reply that it shows. It
// is constant while the sound goes on, grows with every gap, and shrinks when content is left out.
// The earliest the sound could be is a player that began when this one did and never stopped, not even
// while the device stood still, but that keeps as much ready as the chunks of the last seconds call for.
// Late is what the delay is above that one's. A reply that arrives faster than real time is thus never late
// just because much of it is there: that player, too, goes at the natural pace.

import { GUARD_MS } from './playout-delay.js';

export class Lateness {
  #guard;
  #startDelay = 0;
  #lostAtStart = 0;

  /** @param {number} rateHz */
  constructor(rateHz) {
    this.#guard = (rateHz * GUARD_MS) / 1000;
  }

  /**
   * The first sound of a reply.
   * @param {number} delay in frames
   * @param {number} lost frames that the device has lost until now
   */
  start(delay, lost) {
    this.#startDelay = delay;
    this.#lostAtStart = lost;
  }

  /**
   * @param {number} delay in frames
   * @param {number} recentWorst offset of the latest chunk of late; -Infinity when all has come
   * @param {number} lost frames that the device has lost until now
   * @returns {number} frames; negative when less is kept ready than the chunks of late call for
   */
  measure(delay, recentWorst, lost) {
    const natural = this.#startDelay - Math.max(0, lost - this.#lostAtStart);
    return delay - Math.max(natural, recentWorst + this.#guard);
  }
}
