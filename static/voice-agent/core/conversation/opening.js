// What a new socket is opened with: the session as wanted, the dropped one, or one that carries the conversation.

import { encode, isObject } from '../connection/protocol.js';

/** @typedef {import('../connection/protocol.js').SessionConfig} SessionConfig */

export class Opening {
  #conversation;
  #updates;
  /** @type {SessionConfig} what the successor in a roll-over was opened with */
  #successor = {};

  /**
   * @param {import('./conversation.js').Conversation} conversation
   * @param {import('./updates.js').SessionUpdates} updates
   */
  constructor(conversation, updates) {
    this.#conversation = conversation;
    this.#updates = updates;
  }

  /**
   * @param {{mode: 'fresh' | 'resume' | 'continue', sessionId: string | null}} call
   * @returns {import('../connection/protocol.js').ClientMessage}
   */
  message({ mode, sessionId }) {
    if (mode === 'resume' && sessionId !== null)
      return { type: 'session.resume', session_id: sessionId };
    const session = mode === 'continue' ? this.#continuation : this.#updates.config;
    return { type: 'session.update', session };
  }

  /** Use another voice than the one that was refused. */
  useVoice(/** @type {string} */ voice) {
    const { config } = this.#updates;
    const output = /** @type {Record<string, unknown>} */ (config.output ?? {});
    this.#updates.begin({ ...config, output: { ...output, voice } });
  }

  /**
   * For a session that is to take over later on.
   * @returns {import('../connection/protocol.js').ClientMessage}
   */
  successor() {
    this.#successor = this.#continuation;
    return { type: 'session.update', session: this.#successor };
  }

  /**
   * What that session has to be told when it takes over, because the conversation has gone on meanwhile.
   * @returns {string | null} an encoded message; null when it knows everything
   */
  successorChange() {
    const changes = difference(this.#successor, this.#continuation);
    if (Object.keys(changes).length === 0) return null;
    return encode({ type: 'session.update', session: changes });
  }

  get #continuation() {
    return this.#conversation.continuation(this.#updates.config);
  }
}

/**
 * The update that makes one config the other. What is the same is left out: some of it must not be named again.
 * @param {Record<string, any>} before
 * @param {Record<string, any>} now
 * @returns {Record<string, any>}
 */
function difference(before, now) {
  /** @type {Record<string, any>} */
  const changes = {};
  for (const name of Object.keys({ ...before, ...now })) {
    const [old, value] = [before[name], now[name] ?? null];
    if (JSON.stringify(old) === JSON.stringify(value)) continue;
    changes[name] = isObject(old) && isObject(value) ? difference(old, value) : value;
  }
  return changes;
}
