// Keeps the receipts of a call's sessions, and gives each out once, when its session is over. A session that was
// lost may still be resumed, with one more receipt: it is over when another one is used or the call ends. That of a
// token which opens none is given out at once, and so is that of a session that gets ready after its call was stopped.
// Main thread: a page that goes away has no time to ask another one.

import { isAtRest } from '../call-facts.js';

/** A call that is resumed more often than this loses its oldest receipts. */
const MAX_RECEIPTS = 100;

/** @typedef {{receipt: string} & ({sessionId: string} | {unused: true})} End */

export class SessionEnds {
  #report;
  /** @type {{sessionId: string, receipt: string}[]} of sessions that may not be over */
  #kept = [];
  #isCallOver = false;

  /** @param {(end: End) => void} report */
  constructor(report) {
    this.#report = report;
  }

  /** @param {import('../core/session-types.js').SessionEvent} event whatever the session core tells */
  observe(event) {
    if (event.type === 'receipt') {
      const { sessionId, receipt } = event;
      this.#kept = [...this.#kept, { sessionId, receipt }].slice(-MAX_RECEIPTS);
    }
    if (event.type === 'unused') this.#report({ receipt: event.receipt, unused: true });
    if (event.type === 'session') this.#end((sessionId) => sessionId !== event.sessionId);
    if (event.type === 'state') this.#isCallOver = isAtRest(event.state);
    if (this.#isCallOver) this.leave();
  }

  /** The call is over, or the page goes away. */
  leave() {
    this.#end(() => true);
  }

  /** @param {(sessionId: string) => boolean} isOver */
  #end(isOver) {
    const kept = this.#kept;
    this.#kept = kept.filter(({ sessionId }) => !isOver(sessionId));
    for (const end of kept) if (isOver(end.sessionId)) this.#report(end);
  }
}
