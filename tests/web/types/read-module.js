// Reads what tsc wrote for one module: its declarations, told apart by their names.

import { dirname, join, normalize } from 'node:path';

/** The comment before a declaration. */
export const COMMENT = /^\/\*\*[\s\S]*?\*\/\n/;
/** What tsc leaves of a typedef beside the type that it made of it. */
const TYPEDEF = /^\/\*\*(?:(?!\*\/)[\s\S])*?@typedef[\s\S]*?\*\/\n/gm;
const DECLARATION = /^(?:export )?(?:declare )?(class|const|function|type|interface) (\w+)/m;
const LIST = /^(import|export) (?:type )?\{([^}]*)\}(?: from ['"]([^'"]+)['"])?;/;

/**
 * @typedef {{module: string, name: string}} Place
 *
 * @typedef {object} Module
 * @property {Map<string, string>} own declarations by name, each with its comment
 * @property {Map<string, Place>} others what it imports or passes on
 * @property {Set<string>} exported
 */

/**
 * @param {string} path of the module
 * @param {string} text of its declarations
 * @returns {Module}
 */
export function readModule(path, text) {
  /** @type {Module} */
  const module = { own: new Map(), others: new Map(), exported: new Set() };
  for (const statement of statements(text)) read(statement, path, module);
  return module;
}

/**
 * @param {string} text
 * @param {string} path
 * @param {Module} module
 */
function read(text, path, { own, others, exported }) {
  const code = text.replace(COMMENT, '');
  const list = LIST.exec(code);
  if (list) {
    for (const pair of list[2].split(',').filter((part) => part.trim() !== '')) {
      const [inner, outer = inner] = pair
        .trim()
        .replace(/^type /, '')
        .split(/ as /);
      if (list[3]) others.set(outer, { module: resolved(path, list[3]), name: inner });
      if (list[1] === 'export') exported.add(outer);
    }
    return;
  }
  const name = DECLARATION.exec(code)?.[2];
  if (!name) throw new Error(`${path} has a declaration of an unknown kind: ${code.slice(0, 60)}`);
  own.set(name, text);
  if (code.startsWith('export ')) exported.add(name);
}

/**
 * The declarations of a file, each with the comment before it. tsc begins each at a line's first column and
 * indents what is inside.
 * @param {string} text
 */
function statements(text) {
  /** @type {string[]} */
  const found = [];
  let open = '';
  for (const line of text
    .replace(/^\/\*\*(?:(?!\*\/)[\s\S])*?@module[\s\S]*?\*\/\n/, '')
    .replace(TYPEDEF, '')
    .split('\n')) {
    open += `${line}\n`;
    const isEnd = /^(?:[^\s/].*)?[;}]$/.test(line) && !line.endsWith('{');
    if (!isEnd) continue;
    if (!open.includes('export {};')) found.push(open);
    open = '';
  }
  return found;
}

/**
 * @param {string} importer
 * @param {string} path
 */
export const resolved = (importer, path) => normalize(join(dirname(importer), path));
