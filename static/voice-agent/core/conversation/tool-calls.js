// Tool calls from the call to the answer: which ones are run, whose results are still wanted, and when they go out.

import { canonicalJson } from './session-config.js';

/** An identical call this soon after the answer is the model repeating itself (seen live 2 to 6 times). */
export const REPEAT_WINDOW_MS = 3_000;

/** Source: documents, "tools", `timeout_seconds`. */
export const DEFAULT_TIMEOUT_SECONDS = 120;

/** Calls to remember, so that one that is told twice is known; far more than a conversation has. */
const MAX_CALLS = 500;

/**
 * How the calls of one tool are treated.
 * @typedef {object} ToolPolicy
 * @property {'drop' | 'keep'} onInterruption whether an answer is still wanted after the user has moved on
 * @property {'after-reply' | 'immediately'} answer when the result goes out: by the documented rule, or at once
 * @property {boolean} [hold] the agent is silent until the result is there (`execution_mode`)
 * @property {number} [timeoutSeconds] after which the service has stopped waiting; 120 by default
 */

/** @type {Required<ToolPolicy>} */
const DEFAULT_POLICY = {
  onInterruption: 'drop',
  answer: 'after-reply',
  hold: false,
  timeoutSeconds: DEFAULT_TIMEOUT_SECONDS,
};

const UNREADABLE = { value: { error: 'The arguments are nested too deeply.' }, isError: true };

/**
 * @typedef {object} ToolResult
 * @property {string} callId
 * @property {unknown} value sent as JSON text
 * @property {boolean} isError
 *
 * `running`: no result yet. `waiting`: the result waits for its moment. `sent`: no reply has followed yet.
 * `answered`: one has. `dropped`: nobody waits for it any more.
 * @typedef {object} Call
 * @property {string} id
 * @property {string} name
 * @property {string | null} key the same for calls that ask for the same
 * @property {number} turn
 * @property {number} calledAtMs
 * @property {Required<ToolPolicy>} policy
 * @property {Call | null} runsAs the earlier, identical call whose run this one shares
 * @property {'running' | 'waiting' | 'sent' | 'answered' | 'dropped'} state
 * @property {{value: unknown, isError: boolean} | null} result
 * @property {number} sinceMs of the state
 */

export class ToolCalls {
  #turnTaking;
  /** @type {Map<string, Call>} oldest first */
  #calls = new Map();
  /** @type {Record<string, ToolPolicy>} */
  #policies = {};
  /** The user's turns so far: a repeated call is one within a turn. */
  #turn = 0;

  /** @param {import('./turn-taking.js').TurnTaking} turnTaking */
  constructor(turnTaking) {
    this.#turnTaking = turnTaking;
  }

  /** @param {Record<string, ToolPolicy>} policies of the tools there are, by name */
  reset(policies) {
    this.#policies = policies;
    this.#calls.clear();
  }

  /**
   * Note an event that decides what becomes of the calls.
   * @param {import('../connection/protocol.js').ServerMessage} message
   * @returns {string[]} runs that nobody waits for any more
   */
  observe(message) {
    if (message.type === 'speech-started') this.#turn += 1;
    if (message.type === 'reply-started')
      for (const call of this.#in('sent')) call.state = 'answered';
    if (message.type !== 'reply-done' || !message.interrupted) return [];
    const unwanted = this.#pending().filter(({ policy }) => policy.onInterruption === 'drop');
    return this.#drop(unwanted);
  }

  /**
   * A call has come.
   * @param {{callId: string, name: string, args: Record<string, unknown>}} call
   * @param {number} nowMs
   * @returns {boolean} whether it is to be run
   */
  open({ callId, name, args }, nowMs) {
    if (this.#calls.has(callId)) return false; // told twice
    const key = canonicalJson([name, args]);
    const earlier = key === null ? null : this.#findRepeated(key, nowMs);
    /** @type {Call} */
    const call = {
      id: callId,
      name,
      key,
      turn: this.#turn,
      calledAtMs: nowMs,
      policy: { ...DEFAULT_POLICY, ...this.#policies[name] },
      runsAs: earlier && (earlier.runsAs ?? earlier),
      state: 'running',
      result: null,
      sinceMs: nowMs,
    };
    this.#calls.set(callId, call);
    const [oldest] = this.#calls.keys();
    if (this.#calls.size > MAX_CALLS) this.#calls.delete(oldest);
    const known = Object.keys(this.#policies);
    const error = `There is no tool "${name}". Tools: ${known.join(', ') || 'none'}.`;
    if (!known.includes(name)) this.#conclude(call, { value: { error }, isError: true }, nowMs);
    else if (key === null) this.#conclude(call, UNREADABLE, nowMs);
    else if (earlier?.result) this.#conclude(call, earlier.result, nowMs);
    return call.runsAs === null && call.state === 'running';
  }

  /**
   * A run is over. One that nobody waits for any more, or too late a one, changes nothing.
   * @param {ToolResult} result
   * @param {number} nowMs
   */
  finish({ callId, value, isError }, nowMs) {
    for (const call of this.#in('running'))
      if (call.id === callId || call.runsAs?.id === callId)
        this.#conclude(call, { value, isError }, nowMs);
  }

  /**
   * Send every result whose moment has come; one that cannot be sent waits on.
   * @param {number} nowMs
   * @param {(result: ToolResult) => boolean} send
   */
  flush(nowMs, send) {
    for (const call of this.#in('waiting')) {
      if (isLate(call, nowMs)) this.#change(call, 'dropped', nowMs);
      else if (this.#dueAtMs(call) <= nowMs && call.result)
        if (send({ callId: call.id, ...call.result })) this.#change(call, 'sent', nowMs);
    }
  }

  /** When to look again whether a result may go out; Infinity when none waits. */
  get nextDueMs() {
    return Math.min(...this.#in('waiting').map((call) => this.#dueAtMs(call)));
  }

  /**
   * Whether a tool holds the conversation: the agent is silent, and what asks for a reply gets a status.
   * @param {number} nowMs
   */
  isHolding(nowMs) {
    return this.#pending().some((call) => call.policy.hold && !isLate(call, nowMs));
  }

  /** @returns {string[]} names of the tools whose results the service has not taken in */
  get unanswered() {
    return [...new Set([...this.#pending(), ...this.#in('sent')].map(({ name }) => name))];
  }

  /**
   * The socket is gone: what was sent and has had no reply may not have arrived.
   * @param {number} nowMs
   */
  lost(nowMs) {
    for (const call of this.#in('sent')) this.#change(call, 'waiting', nowMs);
  }

  /**
   * The session that called is gone, or the call is over.
   * @returns {string[]} runs that nobody waits for any more
   */
  abandon() {
    return this.#drop([...this.#pending(), ...this.#in('sent')]);
  }

  /** @param {Call} call */
  #dueAtMs({ policy, sinceMs }) {
    return policy.answer === 'immediately'
      ? 0
      : this.#turnTaking.mayAnswerAtMs(sinceMs, policy.hold);
  }

  /**
   * An identical call of the same turn whose run will do for this one too. One that failed may be tried
   * again once the agent has been told.
   * @param {string} key
   * @param {number} nowMs
   */
  #findRepeated(key, nowMs) {
    const isShared = (/** @type {Call} */ { state, result, sinceMs }) =>
      state === 'running' ||
      state === 'waiting' ||
      (state !== 'dropped' && !result?.isError && nowMs - sinceMs <= REPEAT_WINDOW_MS);
    return (
      [...this.#calls.values()].findLast(
        (call) => call.key === key && call.turn === this.#turn && isShared(call),
      ) ?? null
    );
  }

  /** @param {Call} call @param {{value: unknown, isError: boolean}} result @param {number} nowMs */
  #conclude(call, result, nowMs) {
    call.result = result;
    this.#change(call, 'waiting', nowMs);
  }

  /** @param {Call} call @param {Call['state']} state @param {number} nowMs */
  #change(call, state, nowMs) {
    call.state = state;
    call.sinceMs = nowMs;
  }

  /** @param {Call[]} calls @returns {string[]} the runs among them */
  #drop(calls) {
    const runs = calls.filter(({ state, runsAs }) => state === 'running' && runsAs === null);
    for (const call of calls) call.state = 'dropped';
    return runs.map(({ id }) => id);
  }

  #pending() {
    return [...this.#in('running'), ...this.#in('waiting')];
  }

  /** @param {Call['state']} state */
  #in(state) {
    return [...this.#calls.values()].filter((call) => call.state === state);
  }
}

/**
 * Whether the service has stopped waiting: it apologises by itself then.
 * @param {Call} call
 * @param {number} nowMs
 */
function isLate({ calledAtMs, policy }, nowMs) {
  return nowMs - calledAtMs > policy.timeoutSeconds * 1000;
}
