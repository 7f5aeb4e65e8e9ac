// The user's word on the microphone, in the course of one call. Main thread.

import { isMicrophoneGranted, watchPermission } from './microphone.js';

export class MicrophonePermission {
  #onGranted;
  #signal;
  /** Whether the browser had the user's yes written down, so that its absence means that it was taken back. */
  #wasGranted = false;
  #wasRefused = false;

  /**
   * @param {() => void} onGranted the user has said yes
   * @param {AbortSignal} signal the call's end
   */
  constructor(onGranted, signal) {
    this.#onGranted = onGranted;
    this.#signal = signal;
  }

  /** Begin to watch; a microphone was opened, so the user has said yes in one way or another. */
  watch() {
    return watchPermission((state) => {
      this.#wasGranted ||= state === 'granted';
      if (state === 'granted') this.#onGranted();
    }, this.#signal);
  }

  /** The user said no when the browser asked. */
  refuse() {
    this.#wasRefused = true;
  }

  /**
   * Whether a microphone may be opened uninvited: not after a no, and not after a yes that was taken back.
   * @returns {Promise<boolean>}
   */
  async mayAsk() {
    if (await isMicrophoneGranted()) return true;
    return !this.#wasGranted && !this.#wasRefused;
  }
}
