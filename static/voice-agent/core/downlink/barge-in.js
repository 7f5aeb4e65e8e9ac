// Barge-in: the user speaks while the agent does. The agent becomes quieter while the user may be about to interrupt
// (ducking), and once the service says that a reply was interrupted nothing of it sounds any more: what waits of it
// is flushed, and what comes of it later is not let through.

/** Without a word from the service the sound comes back. Source: an interruption follows within 2 s, live. */
const LONGEST_MS = 2_000;

/** Finished replies to remember; audio this late has never been seen, but it must not sound. */
const REMEMBERED = 64;

/** Not every sound is an interruption, and the service takes a second or two to tell. */
export class Ducking {
  #environment;
  #setDucked;
  #isOn = false;
  /** @type {unknown} */
  #timer;

  /**
   * @param {import('../ports.js').Environment} environment
   * @param {(on: boolean) => void} setDucked
   */
  constructor(environment, setDucked) {
    this.#environment = environment;
    this.#setDucked = setDucked;
  }

  /** The user makes a sound. */
  begin() {
    this.#environment.cancel(this.#timer);
    this.#timer = this.#environment.schedule(() => this.end(), LONGEST_MS);
    this.#set(true);
  }

  /** It was none that matters, or it is over. */
  end() {
    this.#environment.cancel(this.#timer);
    this.#set(false);
  }

  /** @param {boolean} isOn */
  #set(isOn) {
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    this.#setDucked(isOn);
  }
}

/** Tracks replies by id from `reply.started` to `reply.done`, in whatever order their events come. */
export class ReplyGate {
  /** @type {Set<string>} replies under way; one at a time but for rare overlaps */
  #active = new Set();
  /** @type {Set<string>} */
  #finished = new Set();
  #unnamed = 1;

  /** Whether a reply is under way. */
  get isReplying() {
    return this.#active.size > 0;
  }

  /** @param {string} replyId */
  start(replyId) {
    if (!this.#finished.has(replyId)) this.#active.add(replyId);
  }

  /**
   * The reply that this audio belongs to, or null when it must not sound.
   * Audio may come without its `reply.started`, and its id may be left out.
   * @param {string | null} replyId
   * @returns {string | null}
   */
  admit(replyId) {
    const id = replyId ?? this.#latest() ?? `unnamed-${this.#unnamed}`;
    if (this.#finished.has(id)) return null;
    this.#active.add(id);
    return id;
  }

  /**
   * @param {string | null} replyId null where the wire leaves it out: the latest one
   * @returns {string | null} the reply that is over now
   */
  finish(replyId) {
    const id = replyId ?? this.#latest();
    if (id === null) return null;
    this.#active.delete(id);
    this.#unnamed += 1; // the next unnamed reply is another one
    this.#finished.add(id);
    const [oldest] = this.#finished;
    if (this.#finished.size > REMEMBERED) this.#finished.delete(oldest);
    return id;
  }

  /** A new socket: whatever was under way is over. */
  reset() {
    for (const id of [...this.#active]) this.finish(id);
  }

  #latest() {
    return [...this.#active].at(-1) ?? null;
  }
}
