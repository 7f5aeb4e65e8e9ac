// What happened in a call, line by line, for the curious and for support. Kept from the first moment on, and handed
// out only while somebody watches. What was said is in none of it.

/** The oldest lines go when there are more. */
export const MAX_ENTRIES = 500;

/** Shortest time between two messages to those who watch. */
const INTERVAL_MS = 500;

/** A line that counts a stream is closed after this, though nothing else has happened. */
const STREAM_MS = 10_000;

/** Codes and ids, as opposed to words of a person: short, and without a space. */
const CODE = /^[\w.:+-]{1,80}$/;

/** The fields that a line may have. Whatever else it is given is left out. */
const FIELDS = new Set(
  (
    'state recovery reason code upstreamCode cause sessionId replyId param characters interrupted seconds ' +
    'secondsLeft silent muted count'
  ).split(' '),
);

/**
 * @typedef {object} LogEntry the same id again replaces: a stream that goes on has one line
 * @property {number} id ascending
 * @property {number} atMs since the call began
 * @property {'in' | 'out' | 'here'} direction from the service, to it, or neither
 * @property {string} name of a message on the wire, or of what happened here
 * @property {import('./wire-summary.js').Group} group
 * @property {number} count how many it stands for
 * @property {number} bytes of wire text
 * @property {number} soundMs
 * @property {Record<string, string | number | boolean>} detail codes, ids and numbers
 *
 * @typedef {{firstId: number, entries: LogEntry[]}} LogNews lines below `firstId` are gone
 */

export class EventLog {
  #environment;
  #emit;
  /** @type {LogEntry[]} ascending by id */
  #entries = [];
  #nextId = 1;
  #beganAtMs;
  /** @type {Map<string, LogEntry>} lines that still count, by direction and name */
  #streams = new Map();
  /** @type {Set<LogEntry>} what those who watch have not seen */
  #news = new Set();
  #isWatched = false;
  /** @type {unknown} */
  #timer = null;

  /**
   * @param {Pick<import('../ports.js').Environment, 'nowMs' | 'schedule' | 'cancel'>} environment
   * @param {(event: {type: 'debug'} & LogNews) => void} emit
   */
  constructor(environment, emit) {
    this.#environment = environment;
    this.#emit = emit;
    this.#beganAtMs = environment.nowMs();
  }

  /** Time since the call began. */
  get atMs() {
    return Math.round(this.#environment.nowMs() - this.#beganAtMs);
  }

  /** A call begins: the lines of the one before are gone. */
  reset() {
    this.#beganAtMs = this.#environment.nowMs();
    this.#entries = [];
    this.#streams.clear();
    this.#news.clear();
  }

  /** @param {boolean} isOn whether somebody watches; each time it is said, all lines are handed out */
  watch(isOn) {
    this.#isWatched = isOn;
    this.#news = new Set(isOn ? this.#entries : []);
    this.#environment.cancel(this.#timer);
    this.#timer = null;
    if (isOn) this.#show();
  }

  /**
   * @param {'in' | 'out' | 'here'} direction
   * @param {import('./wire-summary.js').Summary} what
   * @param {number} [bytes]
   */
  write(direction, { name, group, isStream = false, soundMs = 0, detail = {} }, bytes = 0) {
    const stream = `${direction} ${name}`;
    const open = isStream ? this.#streams.get(stream) : undefined;
    let entry = open && this.atMs - open.atMs < STREAM_MS ? open : null;
    if (!entry) {
      const known = { direction, name, group, detail: knownOf(detail) };
      entry = { id: this.#nextId, atMs: this.atMs, count: 0, bytes: 0, soundMs: 0, ...known };
      this.#nextId += 1;
      this.#entries.push(entry);
      if (this.#entries.length > MAX_ENTRIES) this.#news.delete(this.#entries.splice(0, 1)[0]);
      if (isStream) this.#streams.set(stream, entry);
      else this.#streams.clear(); // what comes now stands below
    }
    entry.count += 1;
    entry.bytes += bytes;
    entry.soundMs += soundMs;
    if (!this.#isWatched) return;
    this.#news.add(entry);
    this.#timer ??= this.#environment.schedule(() => this.#show(), INTERVAL_MS);
  }

  /**
   * Something that happened here.
   * @param {import('./wire-summary.js').Group} group
   * @param {string} name
   * @param {Record<string, unknown>} [detail]
   */
  note(group, name, detail) {
    this.write('here', { name, group, detail });
  }

  #show() {
    this.#timer = null;
    const entries = [...this.#news].map((entry) => ({ ...entry }));
    this.#news.clear();
    const firstId = this.#entries[0]?.id ?? this.#nextId;
    this.#emit({ type: 'debug', firstId, entries });
  }
}

/**
 * @param {Record<string, unknown>} detail
 * @returns {Record<string, string | number | boolean>} what may be shown of it
 */
function knownOf(detail) {
  /** @type {Record<string, string | number | boolean>} */
  const known = {};
  for (const [name, value] of Object.entries(detail)) {
    const isWord = typeof value === 'string' && CODE.test(value);
    const isPlain = isWord || typeof value === 'number' || typeof value === 'boolean';
    if (FIELDS.has(name) && isPlain) known[name] = value;
  }
  return known;
}
