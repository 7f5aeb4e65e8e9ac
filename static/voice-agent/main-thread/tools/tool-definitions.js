// Checks the tools that a page hands in, and says them as the service wants them. Main thread.

import { isObject } from '../../core/connection/protocol.js';
import { jsonSchemaOf } from './tool-arguments.js';
import { DEFAULT_TIMEOUT_SECONDS } from '../../core/conversation/tool-calls.js';

/** Source: documents, "tools": `timeout_seconds` 1 to 300, each of `response_instructions` 500 characters. */
const TIMEOUT_SECONDS = { min: 1, max: 300 };
const MAX_INSTRUCTION_CHARACTERS = 500;

/** Names that the service keeps for itself. Source: the vendor's SDK reference, September 2026. */
const RESERVED = ['aai_credit_card_luhn_check', 'aai_pre_connect_context'];

/** What each field may hold; a field that is not here is a slip of the pen. */
const FIELDS = [
  ...['description', 'parameters', 'execution_mode', 'timeout_seconds', 'response_instructions'],
  ...['run', 'approve', 'onInterruption', 'answer'],
];

/** @typedef {import('./tool-runner.js').Tool} Tool */

/**
 * What goes into `session.tools`.
 * @param {Record<string, Tool>} tools by name
 * @returns {import('../../core/connection/protocol.js').ToolDefinition[]}
 */
export function toolDefinitions(tools) {
  return Object.entries(tools).map(([name, tool]) => {
    const { description, execution_mode, timeout_seconds, response_instructions } = tool;
    const parameters = jsonSchemaOf(tool.parameters);
    const optional = { execution_mode, timeout_seconds, response_instructions };
    // A copy: the page may change its objects later, and what is left out must not be there at all.
    return JSON.parse(
      JSON.stringify({ type: 'function', name, description, parameters, ...optional }),
    );
  });
}

/**
 * How the session treats the calls of each tool.
 * @param {Record<string, Tool>} tools by name
 * @returns {Record<string, import('../../core/conversation/tool-calls.js').ToolPolicy>}
 */
export function toolPolicies(tools) {
  return Object.fromEntries(
    Object.entries(tools).map(
      ([name, { onInterruption = 'drop', answer = 'after-reply', ...tool }]) => {
        const { execution_mode, timeout_seconds: timeoutSeconds = DEFAULT_TIMEOUT_SECONDS } = tool;
        return [name, { onInterruption, answer, hold: execution_mode === 'hold', timeoutSeconds }];
      },
    ),
  );
}

/**
 * @param {unknown} tools by name
 * @throws {TypeError | RangeError} with what is wrong and what is allowed
 */
export function checkTools(tools) {
  if (!isObject(tools)) throw new TypeError('`tools` must be an object: a tool by each name.');
  for (const [name, tool] of Object.entries(tools)) {
    if (name.trim() === '') throw new TypeError('A tool needs a name that is not empty.');
    if (RESERVED.includes(name))
      throw new TypeError(`The service keeps the tool name "${name}" for itself.`);
    checkTool(name, tool);
  }
}

/**
 * @param {string} name
 * @param {unknown} tool
 */
function checkTool(name, tool) {
  /** @param {string} problem */
  const fault = (problem) => new TypeError(`Tool "${name}": ${problem}`);
  if (!isObject(tool)) throw fault('must be an object with `description` and `run`.');
  const unknown = Object.keys(tool).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined)
    throw fault(`\`${unknown}\` is not a field. Known are ${FIELDS.join(', ')}.`);
  if (typeof tool.description !== 'string' || tool.description.trim() === '')
    throw fault('`description` must say what it does: the agent chooses by it.');
  if (typeof tool.run !== 'function') throw fault('`run` must be a function.');
  if (!['undefined', 'function'].includes(typeof tool.approve))
    throw fault('`approve` must be a function.');
  checkChoice(fault, tool, 'execution_mode', ['interactive', 'hold']);
  checkChoice(fault, tool, 'onInterruption', ['drop', 'keep']);
  checkChoice(fault, tool, 'answer', ['after-reply', 'immediately']);
  checkParameters(fault, tool.parameters);
  checkTimeout(name, tool.timeout_seconds);
  checkInstructions(name, tool.response_instructions);
}

/**
 * @param {(problem: string) => TypeError} fault
 * @param {Record<string, any>} tool
 * @param {string} field
 * @param {string[]} choices
 */
function checkChoice(fault, tool, field, choices) {
  if (tool[field] === undefined || choices.includes(tool[field])) return;
  throw fault(`\`${field}\` must be ${choices.map((choice) => `'${choice}'`).join(' or ')}.`);
}

/**
 * Live the service was seen to look at `properties` alone.
 * @param {(problem: string) => TypeError} fault
 * @param {any} parameters
 */
function checkParameters(fault, parameters) {
  if (parameters === undefined) return;
  const schema = jsonSchemaOf(parameters);
  if (schema === undefined)
    throw fault(
      'the validator in `parameters` cannot tell its JSON Schema (`~standard.jsonSchema`).',
    );
  if (!isObject(schema) || !isObject(schema.properties ?? {}))
    throw fault('`parameters` must be a JSON Schema of an object.');
  try {
    JSON.stringify(schema);
  } catch {
    throw fault('`parameters` must be JSON: without cycles and big integers.');
  }
}

/**
 * @param {string} name
 * @param {any} seconds
 */
function checkTimeout(name, seconds) {
  const { min, max } = TIMEOUT_SECONDS;
  if (seconds === undefined || (typeof seconds === 'number' && seconds >= min && seconds <= max))
    return;
  throw new RangeError(`Tool "${name}": \`timeout_seconds\` must be from ${min} to ${max}.`);
}

/**
 * @param {string} name
 * @param {any} instructions
 */
function checkInstructions(name, instructions) {
  if (instructions === undefined) return;
  const isKnown = (/** @type {[string, any]} */ [field, text]) =>
    ['success', 'error'].includes(field) && ['string', 'undefined'].includes(typeof text);
  if (!isObject(instructions) || !Object.entries(instructions).every(isKnown))
    throw new TypeError(
      `Tool "${name}": \`response_instructions\` has \`success\` and \`error\`, both text.`,
    );
  if (Object.values(instructions).some((text) => text?.length > MAX_INSTRUCTION_CHARACTERS))
    throw new RangeError(
      `Tool "${name}": a response instruction has at most ${MAX_INSTRUCTION_CHARACTERS} characters.`,
    );
}
