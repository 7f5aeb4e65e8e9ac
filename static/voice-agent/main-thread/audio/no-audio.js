// The sound of a call in writing: there is none, and nothing of the browser's audio system is touched. Main thread.

/** In the place of `LiveAudio`. What is chosen in such a call counts for the next one. */
export class NoAudio {
  facts = null;
  inputStream = null;
  outputStream = null;

  begin() {}
  setMuted() {}
  setOnHold() {}
  setVolume() {}
  wake() {}
  close() {}
  async setMicrophone() {}
  async setSpeaker() {}

  async open() {
    return null;
  }
}
