// What goes back to the agent when a tool is done: a JSON value within bounds, or a sentence that says what
// went wrong. Pure; main thread.

/**
 * Longest result, in characters of JSON. Ours: the model reads every character before it answers. (The service
 * takes 8 KiB from tools that it calls itself, and its socket probably no message above 1 MiB.)
 */
export const MAX_RESULT_CHARACTERS = 64_000;

/** Longest sentence of an error that is passed on. */
const MAX_ERROR_CHARACTERS = 1_000;

/**
 * `value`: plain JSON.
 * @typedef {{value: unknown, isError: false} | {value: {error: string}, isError: true}} Outcome
 */

/**
 * @param {string} name of the tool
 * @param {unknown} value what it returned; nothing counts as null
 * @returns {Outcome}
 */
export function outcomeOf(name, value) {
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
 * @param {string} name of the tool
 * @param {unknown} thrown
 */
export function outcomeOfThrown(name, thrown) {
  const why = sentence(thrown).slice(0, MAX_ERROR_CHARACTERS) || 'it did not say why';
  return failure(`The tool "${name}" failed: ${why}`);
}

/**
 * @param {string} error for the agent to read
 * @returns {Extract<Outcome, {isError: true}>}
 */
export function failure(error) {
  return { value: { error }, isError: true };
}

/** @param {any} thrown */
function sentence(thrown) {
  const words = typeof thrown === 'string' ? thrown : thrown?.message;
  return typeof words === 'string' ? words.split('\n', 1)[0] : '';
}
