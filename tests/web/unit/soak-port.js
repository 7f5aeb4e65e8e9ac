// A message port whose other end is a function; it tells a message that comes too late.

export class Port {
  /** @type {((event: {data: any}) => void) | null} */
  onmessage = null;
  isClosed = false;
  #onMessage;

  /** @param {(message: any) => void} onMessage */
  constructor(onMessage) {
    this.#onMessage = onMessage;
  }

  /** @param {any} message */
  postMessage(message) {
    if (this.isClosed) throw new Error('a message for a port that was closed');
    this.#onMessage(message);
  }

  close() {
    this.isClosed = true;
  }
}
