// What is said in a call, and what the tab remembers of it for after a reload. Main thread.

import { rememberCall } from './reload-resume.js';

/** @typedef {import('../core/conversation/transcript.js').Turn} Turn */

export class CallRecord {
  /** @type {Map<string, Turn>} */
  #turns = new Map();
  /** @type {string | null} of the session that is used; null before there is one */
  sessionId = null;

  /** @returns {readonly Turn[]} oldest first */
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
