// The message schema that both ends of the wire are held to.

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

const schema = JSON.parse(
  readFileSync(new URL('../../contract/messages.schema.json', import.meta.url), 'utf8'),
);
const ajv = new Ajv2020({ allErrors: true, strict: false });
ajv.addSchema(schema, 'messages');

/**
 * @param {'clientMessage' | 'serverMessage'} kind
 * @param {unknown} frame decoded
 * @returns {string[]} what is wrong with it; empty when nothing is
 */
export function violations(kind, frame) {
  const validate = /** @type {import('ajv').ValidateFunction} */ (
    ajv.getSchema(`messages#/$defs/${kind}`)
  );
  if (validate(frame)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
