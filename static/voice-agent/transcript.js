// Puts the conversation together from the wire's events. Pure; any thread.

/**
 * One turn of the conversation, as it stands now.
 * @typedef {object} Turn
 * @property {string} id
 * @property {'user' | 'agent'} role
 * @property {string} text
 * @property {boolean} final whether the text will not change any more
 * @property {boolean} interrupted the agent was cut off; the text is what was really said
 * @property {number} startedAt epoch milliseconds
 */

/** @typedef {import('./protocol.js').ServerMessage} ServerMessage */

/** Turns to keep: a day of talk; the bound is there so that memory has one. */
const MAX_TURNS = 2_000;

export class Transcript {
  /** @type {Turn[]} */
  #turns = [];
  /** @type {Map<string, {startMs: number | null, word: string}[]>} */
  #words = new Map();
  #typed = 0;

  /** @returns {readonly Turn[]} oldest first */
  get turns() {
    return this.#turns;
  }

  /**
   * Words the user typed instead of saying them.
   * @param {string} text
   * @param {number} epochMs
   * @returns {Turn}
   */
  addTyped(text, epochMs) {
    this.#typed += 1;
    return this.#put(`typed-${this.#typed}`, 'user', epochMs, {
      text,
      final: true,
    });
  }

  /**
   * Take one event of the wire in.
   * @param {ServerMessage} message
   * @param {number} epochMs
   * @param {number} spokenMs how much sound of that reply has arrived, for `reply-done`
   * @returns {Turn | null} the turn that changed
   */
  apply(message, epochMs, spokenMs = Infinity) {
    switch (message.type) {
      case 'user-text': {
        if (message.text === '' && !message.final) return null;
        const { text, final } = message;
        return this.#put(`user-${message.itemId}`, 'user', epochMs, {
          text,
          final,
        });
      }
      case 'reply-word':
        return this.#addWord(message, epochMs);
      case 'reply-text': {
        const { text, interrupted } = message;
        if (text === '') return null;
        this.#words.delete(message.replyId); // the service knows better than our count
        return this.#put(`agent-${message.replyId}`, 'agent', epochMs, {
          text,
          interrupted,
        });
      }
      case 'reply-done':
        return this.#finishReply(message, spokenMs);
      default:
        return null;
    }
  }

  /** A new socket: no turn that is still open will get its end from the old one. */
  settle() {
    this.#words.clear();
    const open = this.#turns.filter((turn) => !turn.final);
    return open.map((turn) =>
      this.#replace({
        ...turn,
        final: true,
        interrupted: turn.role === 'agent',
      }),
    );
  }

  /**
   * @param {Extract<ServerMessage, {type: 'reply-word'}>} message
   * @param {number} epochMs
   */
  #addWord({ replyId, word, startMs }, epochMs) {
    const words = this.#words.get(replyId) ?? [];
    words.push({ startMs, word });
    this.#words.set(replyId, words);
    return this.#put(`agent-${replyId}`, 'agent', epochMs, {
      text: joinWords(words),
    });
  }

  /**
   * @param {Extract<ServerMessage, {type: 'reply-done'}>} message
   * @param {number} spokenMs
   */
  #finishReply({ replyId, interrupted }, spokenMs) {
    const turn = this.#turns.findLast(
      ({ id, role, final }) =>
        role === 'agent' && !final && (replyId === null || id === `agent-${replyId}`),
    );
    if (turn === undefined) return null;
    const words = this.#words.get(replyId ?? '') ?? [];
    this.#words.delete(replyId ?? '');
    const heard = words.filter(({ startMs }) => startMs === null || startMs < spokenMs);
    const text = interrupted && words.length > 0 ? joinWords(heard) : turn.text;
    return this.#replace({
      ...turn,
      text,
      interrupted: interrupted || turn.interrupted,
      final: true,
    });
  }

  /**
   * @param {string} id
   * @param {Turn['role']} role
   * @param {number} epochMs
   * @param {Partial<Turn>} change
   */
  #put(id, role, epochMs, change) {
    const known = this.#turns.findLast((turn) => turn.id === id);
    if (known) return this.#replace({ ...known, ...change });
    const blank = {
      id,
      role,
      text: '',
      final: false,
      interrupted: false,
      startedAt: epochMs,
    };
    const turn = { ...blank, ...change };
    this.#turns.push(turn);
    if (this.#turns.length > MAX_TURNS) this.#turns.shift();
    return turn;
  }

  /** @param {Turn} turn */
  #replace(turn) {
    this.#turns[this.#turns.findLastIndex(({ id }) => id === turn.id)] = turn;
    return turn;
  }
}

/**
 * Some words come with a space and some without (seen live): one is put where neither side has it.
 * @param {{word: string}[]} words
 * @returns {string}
 */
export function joinWords(words) {
  let text = '';
  for (const { word } of words) {
    const needsSpace = text !== '' && !/\s$/.test(text) && !/^\s/.test(word);
    text += needsSpace ? ` ${word}` : word;
  }
  return text.trim();
}
