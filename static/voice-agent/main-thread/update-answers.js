// The updates of a call that wait for the agent's answer. Main thread.

import { VoiceAgentError } from '../errors.js';

export class UpdateAnswers {
  /** @type {Map<number, {resolve: () => void, reject: (error: VoiceAgentError) => void}>} */
  #waiting = new Map();
  #lastId = 0;

  /**
   * @param {(id: number) => void} ask the session core, which answers each id once
   * @returns {Promise<void>} once the agent has accepted it
   * @throws {VoiceAgentError} immutable-field, update-refused
   */
  expect(ask) {
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      ask(id);
    });
  }

  /** @param {{id: number, error: import('../core/session-types.js').PlainError | null}} answer */
  settle({ id, error }) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(VoiceAgentError.fromJSON(error));
    else waiting?.resolve();
  }
}
