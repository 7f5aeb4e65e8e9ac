// Whether the arguments of a call are what its tool asks for, by JSON Schema or by a validator as Zod, Valibot, ArkType
// and others make them. Main thread. Source: standardschema.dev, November 2026.

import { isObject } from '../../core/connection/protocol.js';

/**
 * What a JSON Schema that is written in place says of a value.
 * @template Schema
 * @typedef {Schema extends {enum: readonly (infer Value)[]} ? Value
 *   : Schema extends {type: 'string'} ? string
 *   : Schema extends {type: 'number' | 'integer'} ? number
 *   : Schema extends {type: 'boolean'} ? boolean
 *   : Schema extends {type: 'array', items: infer Item} ? JsonValue<Item>[]
 *   : Schema extends {properties: infer Fields, required: readonly (infer Needed)[]}
 *     ? {[Name in keyof Fields as Name extends Needed ? Name : never]: JsonValue<Fields[Name]>}
 *       & {[Name in keyof Fields as Name extends Needed ? never : Name]?: JsonValue<Fields[Name]>}
 *   : Schema extends {properties: infer Fields} ? {[Name in keyof Fields]?: JsonValue<Fields[Name]>}
 *   : any} JsonValue
 */

/**
 * What a tool is given, by its `parameters`.
 * @template Schema
 * @typedef {Schema extends {'~standard': {types?: infer Types}}
 *   ? (NonNullable<Types> extends {output: infer Output} ? Output : any)
 *   : JsonValue<Schema>} ToolArguments
 */

/** @type {Record<string, (value: unknown) => boolean>} */
const TYPES = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  array: Array.isArray,
  object: isObject,
  null: (value) => value === null,
};

/** @param {any} parameters as the page gives them @returns {any} the JSON Schema that the agent is told */
export function jsonSchemaOf(parameters) {
  const standard = parameters?.['~standard'];
  if (!standard) return parameters ?? { type: 'object', properties: {} };
  return standard.jsonSchema?.input({ target: 'draft-2020-12' });
}

/**
 * @param {any} parameters of the tool
 * @param {Record<string, unknown>} args of the call
 * @returns {Promise<{value: any} | {problem: string}>} `problem`: for the agent to read
 */
export async function checkedArguments(parameters, args) {
  const standard = parameters?.['~standard'];
  if (!standard) {
    const problem = problemWith(parameters, args, '');
    return problem === null ? { value: args } : { problem };
  }
  const { issues, value } = await standard.validate(args);
  if (!issues) return { value };
  return { problem: issues.map(sentence).join('; ') };
}

/** @param {{message: string, path?: readonly (PropertyKey | {key: PropertyKey})[]}} issue */
function sentence({ message, path = [] }) {
  const names = path.map((step) => String(typeof step === 'object' ? step.key : step));
  return names.length > 0 ? `${names.join('.')}: ${message}` : message;
}

/**
 * By the keywords that agents are given; what else a schema says is left to the tool.
 * @param {any} schema
 * @param {any} value
 * @param {string} path
 * @returns {string | null}
 */
function problemWith(schema, value, path) {
  if (!isObject(schema)) return null;
  const name = path || 'the arguments';
  const types = [schema.type ?? []].flat();
  if (types.length > 0 && !types.some((type) => TYPES[type]?.(value) ?? true))
    return `${name} must be of type ${types.join(' or ')}`;
  if (
    Array.isArray(schema.enum) &&
    !schema.enum.some((/** @type {unknown} */ one) => isSame(one, value))
  )
    return `${name} must be one of ${JSON.stringify(schema.enum)}`;
  if (Array.isArray(value))
    return firstOf(value.map((item, at) => problemWith(schema.items, item, `${path}[${at}]`)));
  if (!isObject(value)) return null;
  const below = (/** @type {string} */ field) => (path ? `${path}.${field}` : field);
  const missing = [schema.required ?? []].flat().find((field) => !Object.hasOwn(value, field));
  if (missing !== undefined) return `${below(missing)} is missing`;
  const fields = Object.entries(schema.properties ?? {}).filter(([field]) =>
    Object.hasOwn(value, field),
  );
  return firstOf(fields.map(([field, inner]) => problemWith(inner, value[field], below(field))));
}

/** @param {(string | null)[]} problems */
const firstOf = (problems) => problems.find((problem) => problem !== null) ?? null;

/** @param {unknown} one @param {unknown} other */
const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);
