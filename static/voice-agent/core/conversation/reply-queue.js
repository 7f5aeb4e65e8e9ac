// Replies that the page asks for: to what the user typed, or for reasons of its own. They are asked for one at a
// time. Pure.

/** Asked for and not begun; older ones go, for nobody waits that long. */
const MAX_WAITING = 50;

/**
 * @typedef {{kind: 'typed', text: string} | {kind: 'raw', instructions: string | null}} ReplyRequest
 * @typedef {{type: 'reply.create', instructions?: string}} ReplyCreate
 */

export class ReplyQueue {
  /** @type {ReplyRequest[]} oldest first */
  #waiting = [];
  /** @type {ReplyRequest[]} asked for; the reply has not begun */
  #asked = [];

  /** @param {ReplyRequest} request */
  add(request) {
    this.#waiting.push(request);
    this.#waiting = this.#waiting.slice(-MAX_WAITING);
  }

  clear() {
    this.#waiting = [];
    this.#asked = [];
  }

  /** Whether a reply is to be asked for; while a tool holds the conversation, typed words wait with it. */
  hasNext(isHolding = false) {
    return this.#waiting.length > 0 && !(isHolding && this.#waiting[0].kind === 'typed');
  }

  /**
   * What to ask for next: all that was typed in a row makes one reply.
   * @param {(message: ReplyCreate) => boolean} send
   * @returns {boolean} whether it was sent; what was not is next again
   */
  askNext(send) {
    const typed = this.#waiting.findIndex(({ kind }) => kind !== 'typed');
    const count = typed === -1 ? this.#waiting.length : Math.max(1, typed);
    const isSent = send(creation(this.#waiting.slice(0, count)));
    if (isSent) this.#asked = this.#waiting.splice(0, count);
    return isSent;
  }

  /** A reply has begun: what was asked for has arrived. */
  begun() {
    this.#asked = [];
  }

  /** The socket is gone, perhaps before it took what was asked for: that is next again. */
  lost() {
    this.#waiting.unshift(...this.#asked);
    this.#asked = [];
  }
}

/**
 * Typed words go as instructions: the managed model was seen to ignore `conversation.message`.
 * @param {ReplyRequest[]} requests one of the page's own, or any number that were typed
 * @returns {ReplyCreate}
 */
function creation(requests) {
  const [first] = requests;
  if (first.kind === 'raw')
    return {
      type: 'reply.create',
      ...(first.instructions !== null && { instructions: first.instructions }),
    };
  const quoted = requests.map((request) => 'text' in request && JSON.stringify(request.text));
  const typed = quoted.join(' and then ');
  const instructions = `The user typed ${typed} instead of speaking. Answer it as if it had been said.`;
  return { type: 'reply.create', instructions };
}
