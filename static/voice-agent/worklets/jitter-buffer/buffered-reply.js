// One reply on its way to the speaker. Pure; runs on the audio thread.

import { Arrivals } from './arrivals.js';
import { Hold } from './start-gate.js';

/** What is known of a reply from its first chunk to its last sample heard. */
export class PlaybackReply {
  id;
  arrivals;
  hold;
  /** Place in its content, in samples: what is before it was heard, or left out to catch up. */
  place = 0;
  /** The furthest place so far: sound that is repeated leads back a little. */
  heard = 0;
  /** Complete. */
  ended = false;
  /** Must not sound any more. */
  cut = false;
  ducked = false;
  hasSounded = false;
  /** Nothing was there to go on with, though it was not complete. */
  ranDry = false;

  /**
   * @param {string} id
   * @param {number} rateHz
   */
  constructor(id, rateHz) {
    this.id = id;
    this.arrivals = new Arrivals(rateHz);
    this.hold = new Hold(rateHz);
  }

  /** @param {number} count samples of its content that are behind now; negative when they come again */
  pass(count) {
    this.place += count;
    this.heard = Math.max(this.heard, this.place);
  }
}
