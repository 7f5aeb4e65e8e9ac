// Silence on the wire in a call without any audio system, by the clock: turn detection hears on, and a connection that
// is dead shows by what piles up. The vendor documents no idle limit; other services were seen to speak only while sound
// comes in (GPT-Live, September 2026).

import { toBase64 } from '../connection/base64.js';
import { encodeAudio } from '../connection/protocol.js';
import { WIRE_BYTES_PER_MS } from '../../worklets/dsp/pcm.js';

const FRAME_MS = 100;

/** After a freeze of the page no more than this is made up for: the service takes about a second at once. */
const LONGEST_GAP_MS = 500;

const FRAME = encodeAudio(toBase64(new Uint8Array(FRAME_MS * WIRE_BYTES_PER_MS)));

export class SilenceTimer {
  #environment;
  #line;
  #onSent;
  #sentUntilMs = 0;
  /** @type {unknown} */
  #timer;

  /**
   * @param {object} options
   * @param {import('../ports.js').Environment} options.environment
   * @param {import('../ports.js').AudioLine} options.line
   * @param {() => void} options.onSent
   */
  constructor({ environment, line, onSent }) {
    this.#environment = environment;
    this.#line = line;
    this.#onSent = onSent;
  }

  start() {
    this.stop();
    this.#sentUntilMs = this.#environment.nowMs();
    this.#wait();
  }

  stop() {
    this.#environment.cancel(this.#timer);
  }

  #wait() {
    this.#timer = this.#environment.schedule(() => {
      this.#send();
      this.#wait();
    }, FRAME_MS);
  }

  #send() {
    const nowMs = this.#environment.nowMs();
    this.#sentUntilMs = Math.max(this.#sentUntilMs, nowMs - LONGEST_GAP_MS);
    for (; this.#sentUntilMs + FRAME_MS <= nowMs; this.#sentUntilMs += FRAME_MS)
      if (this.#line.hasBackpressure() || !this.#line.send(FRAME)) break;
    this.#onSent();
  }
}
