// Runs the page's tools when the agent calls them. Main thread.

import { platformEnvironment } from '../../core/ports.js';
import { checkedArguments } from './tool-arguments.js';
import { checkTools, toolDefinitions, toolPolicies } from './tool-definitions.js';
import { DEFAULT_TIMEOUT_SECONDS } from '../../core/conversation/tool-calls.js';

/**
 * What a call is told about itself.
 * @typedef {object} ToolContext
 * @property {AbortSignal} signal aborted once nobody waits for the result: the user has moved on, the time is
 *   up, or the call is over
 * @property {string} call_id
 */

/**
 * A function that the agent may call. Give an agent ten or fewer: more make it choose badly.
 * @template [Schema=any]
 * @typedef {object} Tool
 * @property {string} description for the agent: what it does and when to use it
 * @property {Schema} [parameters] JSON Schema of the arguments, an object, or a validator that can tell it (Standard
 *   Schema with `jsonSchema`); none by default. Arguments that do not agree go back to the agent as an error
 * @property {(args: import('./tool-arguments.js').ToolArguments<Schema>, context: ToolContext) => unknown} run its result, or its promise's, goes back as JSON (64,000
 *   characters at most); what it throws, as an error that the agent reads. An identical call within a turn is
 *   answered by the same run
 * @property {(args: import('./tool-arguments.js').ToolArguments<Schema>, context: ToolContext & {name: string}) => boolean | Promise<boolean>} [approve] whether it may
 *   run: the place to ask a person. On false the agent is told that the person did not allow it
 * @property {number} [timeout_seconds] for approval and run together, 1 to 300; 120 by default
 * @property {'interactive' | 'hold'} [execution_mode] `hold`: the agent keeps silent until the result is there
 * @property {{success?: string, error?: string}} [response_instructions] how the agent is to answer, at most 500
 *   characters each
 * @property {'drop' | 'keep'} [onInterruption] when the user interrupts: `drop` (default) aborts the run and its
 *   result goes nowhere; `keep` lets it go on and answers later
 * @property {'after-reply' | 'immediately'} [answer] when the result goes out: by the documented rule (default), or as
 *   soon as it is there, which was seen to save a second and is not documented
 */

/**
 * How a call stands; for a card on the page.
 * @typedef {object} ToolEvent
 * @property {string} callId
 * @property {string} name
 * @property {Record<string, unknown>} args
 * @property {'waiting' | 'running' | 'done' | 'failed' | 'refused' | 'cancelled' | 'elsewhere'} status `waiting`: for
 *   approval. `elsewhere`: the service runs it itself; that is all that is ever told of it
 * @property {unknown} [result] of one that is done
 * @property {string} [error] of one that failed
 */

/** @typedef {{callId: string, name: string, args: Record<string, unknown>}} ToolCall */

/**
 * `value`: plain JSON.
 * @typedef {{value: unknown, isError: false} | {value: {error: string}, isError: true}} Outcome
 */

/**
 * Longest result, in characters of JSON. Ours: the model reads every character before it answers. (The service
 * takes 8 KiB from tools that it calls itself, and its socket probably no message above 1 MiB.)
 */
export const MAX_RESULT_CHARACTERS = 64_000;

/** Longest sentence of an error that is passed on. */
const MAX_ERROR_CHARACTERS = 1_000;

/** A result must be there before the service gives up by itself and apologises. */
const HEAD_START_MS = 500;

/** Why a run is over before it is done: the reason of its signal. */
const CANCELLED = new DOMException('Nobody waits for the result any more.', 'AbortError');
const TIMED_OUT = new DOMException('The time is up.', 'TimeoutError');

export class ToolRunner {
  #tools;
  #host;
  #clock;
  /** @type {Map<string, AbortController>} runs under way, by call */
  #runs = new Map();

  /**
   * @param {Record<string, Tool>} tools by name
   * @param {object} host
   * @param {(command: {type: 'tool-result', callId: string, value: unknown, isError: boolean}) => void} host.send
   * @param {(event: ToolEvent) => void} host.onTool
   * @param {Pick<import('../../core/ports.js').Environment, 'schedule' | 'cancel'>} [clock]
   * @throws {TypeError | RangeError} a tool is not what it must be
   */
  constructor(tools, host, clock = platformEnvironment()) {
    checkTools(tools);
    this.#tools = new Map(Object.entries(tools));
    this.#host = host;
    this.#clock = clock;
    this.definitions = toolDefinitions(tools);
    this.policies = toolPolicies(tools);
  }

  /** @param {ToolCall} call */
  run(call) {
    const tool = this.#tools.get(call.name);
    if (!tool || this.#runs.has(call.callId)) return; // the session core has answered for a tool that there is not
    const run = new AbortController();
    this.#runs.set(call.callId, run);
    const { timeout_seconds: seconds = DEFAULT_TIMEOUT_SECONDS } = tool;
    const limitMs = Math.max(seconds * 1000 - HEAD_START_MS, seconds * 500);
    const timer = this.#clock.schedule(() => run.abort(TIMED_OUT), limitMs);
    void this.#carryOut(call, tool, run.signal).finally(() => {
      this.#clock.cancel(timer);
      this.#runs.delete(call.callId);
    });
  }

  /** @param {string} callId of a call whose result nobody waits for any more */
  cancel(callId) {
    this.#runs.get(callId)?.abort(CANCELLED);
  }

  /** The call is over. */
  cancelAll() {
    for (const run of this.#runs.values()) run.abort(CANCELLED);
  }

  /**
   * @param {ToolCall} call
   * @param {Tool} tool
   * @param {AbortSignal} signal
   */
  async #carryOut(call, tool, signal) {
    const { callId, name } = call;
    const context = { signal, call_id: callId };
    try {
      const checked = await orAbort(signal, checkedArguments(tool.parameters, call.args));
      if ('problem' in checked) {
        const error = `The arguments of "${name}" are wrong: ${checked.problem}. Call it again with right ones.`;
        return this.#conclude(call, failure(error));
      }
      const args = checked.value;
      if (tool.approve) {
        this.#tell(call, 'waiting');
        const isAllowed = await orAbort(signal, tool.approve(args, { ...context, name }));
        if (isAllowed !== true) {
          this.#tell(call, 'refused');
          const error = `The person was asked and did not allow "${name}". Do not call it again unless they ask for it.`;
          return this.#answer(call, failure(error));
        }
      }
      this.#tell(call, 'running');
      this.#conclude(call, outcomeOf(name, await orAbort(signal, tool.run(args, context))));
    } catch (error) {
      if (signal.reason === CANCELLED) return this.#tell(call, 'cancelled');
      const { timeout_seconds: seconds = DEFAULT_TIMEOUT_SECONDS } = tool;
      const overdue = `The tool "${name}" did not finish within its ${seconds} s.`;
      const why = sentence(error).slice(0, MAX_ERROR_CHARACTERS) || 'it did not say why';
      const failed = `The tool "${name}" failed: ${why}`;
      this.#conclude(call, failure(signal.aborted ? overdue : failed));
    }
  }

  /**
   * @param {ToolCall} call
   * @param {Outcome} outcome
   */
  #conclude(call, outcome) {
    if (outcome.isError) this.#tell(call, 'failed', { error: outcome.value.error });
    else this.#tell(call, 'done', { result: outcome.value });
    this.#answer(call, outcome);
  }

  /**
   * @param {ToolCall} call
   * @param {ToolEvent['status']} status
   * @param {{result?: unknown, error?: string}} [details]
   */
  #tell({ callId, name, args }, status, details = {}) {
    this.#host.onTool({ callId, name, args, status, ...details });
  }

  /**
   * @param {ToolCall} call
   * @param {Outcome} outcome
   */
  #answer({ callId }, { value, isError }) {
    this.#host.send({ type: 'tool-result', callId, value, isError });
  }
}

/**
 * What a step comes to; rejects with the signal's reason where that aborts before.
 * @template Value
 * @param {AbortSignal} signal
 * @param {Value | Promise<Value>} value
 * @returns {Promise<Value>}
 */
function orAbort(signal, value) {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    Promise.resolve(value).then(resolve, reject);
    if (signal.aborted) giveUp();
  });
}

/**
 * @param {string} name of the tool
 * @param {unknown} value what it returned; nothing counts as null
 * @returns {Outcome}
 */
function outcomeOf(name, value) {
  let text;
  try {
    text = JSON.stringify(value ?? null) ?? 'null'; // a function or a symbol is nothing, too
  } catch (error) {
    return failure(`The result of the tool "${name}" is not JSON: ${sentence(error)}`);
  }
  if (text.length > MAX_RESULT_CHARACTERS)
    return failure(
      `The result of the tool "${name}" is too long: ${text.length} characters, at most ${MAX_RESULT_CHARACTERS} are passed on. Ask for less.`,
    );
  return { value: JSON.parse(text), isError: false };
}

/**
 * @param {string} error for the agent to read
 * @returns {Extract<Outcome, {isError: true}>}
 */
function failure(error) {
  return { value: { error }, isError: true };
}

/** @param {any} thrown */
function sentence(thrown) {
  const words = typeof thrown === 'string' ? thrown : thrown?.message;
  return typeof words === 'string' ? words.split('\n', 1)[0] : '';
}
