// What is said in a call, and what this tab remembers of one that the page left behind: after a reload the conversation
// can go on.
// Holds what was said, the session's id and the time; never a token. Main thread.

import { GRACE_WINDOW_MS } from '../core/call-state.js';
import { MAX_TURNS } from '../core/conversation/turn-list.js';

const KEY = 'voicegate-call';

/** @type {ReturnType<typeof setTimeout> | undefined} */
let expiry;

/** The latest turns are what a continued session is told; session storage is small. */
const MAX_REMEMBERED = 60;

/** @typedef {import('../core/conversation/transcript.js').Turn} Turn */

/**
 * @typedef {object} LeftCall
 * @property {string | null} sessionId null when the session was ended in good order, or had no id
 * @property {number} leftAtMs epoch
 * @property {readonly Turn[]} turns
 */

export class CallRecord {
  /** @type {Map<string, Turn>} */
  #turns = new Map();
  /** @type {string | null} of the session that is used; null before there is one */
  sessionId = null;

  /** @returns {readonly Turn[]} oldest first, as many as the core keeps */
  get turns() {
    // A turn that is final and empty was announced and never said.
    return [...this.#turns.values()].filter(({ final, text }) => !final || text !== '');
  }

  /** @param {readonly Turn[]} [turns] of the call that this one goes on with */
  begin(turns = []) {
    this.#turns = new Map(turns.map((turn) => [turn.id, turn]));
    this.sessionId = null;
  }

  /** @param {Turn} turn the same id again replaces */
  write(turn) {
    this.#turns.set(turn.id, turn);
    const [oldest] = this.#turns.keys();
    if (this.#turns.size > MAX_TURNS) this.#turns.delete(oldest);
  }

  /** A browser that dies says no goodbye: what is known by now may be all that a restored tab has. */
  remember() {
    rememberCall({ sessionId: this.sessionId, turns: this.turns });
  }

  /** The session ends with the page; what was said outlives it. */
  rememberEnded() {
    rememberCall({ sessionId: null, turns: this.turns });
  }
}

/** @param {Omit<LeftCall, 'leftAtMs'>} call */
export function rememberCall({ sessionId, turns }) {
  const call = { sessionId, leftAtMs: Date.now(), turns: turns.slice(-MAX_REMEMBERED) };
  withStorage((storage) => storage.setItem(KEY, JSON.stringify(call)));
}

export function forgetCall() {
  withStorage((storage) => storage.removeItem(KEY));
}

/**
 * Words that nobody can go on with any more are removed: at once, or when their time is up.
 * @returns {LeftCall | null} null when there is none, or when it was left too long ago
 */
export function leftCall() {
  clearTimeout(expiry);
  const call = withStorage((storage) => JSON.parse(storage.getItem(KEY) ?? 'null'));
  const goneMs = Date.now() - call?.leftAtMs;
  if (Array.isArray(call?.turns) && goneMs >= 0 && goneMs <= GRACE_WINDOW_MS) {
    expiry = setTimeout(leftCall, GRACE_WINDOW_MS - goneMs + 1);
    return call;
  }
  forgetCall();
  return null;
}

/**
 * Storage may be switched off, full, or hold what another version wrote: then there is nothing to go on with.
 * @template Value
 * @param {(storage: Storage) => Value} use
 * @returns {Value | null}
 */
function withStorage(use) {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}
