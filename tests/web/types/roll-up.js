// Rolls the declarations of several modules up into those of one file: what its public names lead to, and no more.

import { COMMENT, readModule, resolved } from './read-module.js';

/** @typedef {import('./read-module.js').Place} Place */

const ALIAS = /^(?:export )?(?:declare )?type (\w+) = (?:import\(['"]([^'"]+)['"]\)\.)?(\w+);/m;
const IMPORTED = /import\(['"]([^'"]+)['"]\)\.(\w+)/g;

/** What tsc wrote for each module, told apart by its names. */
export class Declarations {
  #read;
  /** @type {Map<string, import('./read-module.js').Module>} */
  #modules = new Map();
  /** @type {Map<string, string>} texts by name, in the order in which they were needed */
  #taken = new Map();
  /** @type {Map<string, string>} the module that each name is of */
  #owners = new Map();
  #told;
  /** @type {Set<string>} names that another file of ours tells already */
  #imported = new Set();

  /**
   * @param {(path: string) => string} read what tsc wrote for the module at a path
   * @param {{entry: string, file: string}} [told] what that file, rolled up from that entry, tells already is imported
   */
  constructor(read, told) {
    this.#read = read;
    this.#told = told;
  }

  /**
   * @param {string} entry a module's path
   * @returns {string} one file with the same public names
   */
  rolledUp(entry) {
    const { exported, own } = this.#module(entry);
    const lists = { values: /** @type {string[]} */ ([]), types: /** @type {string[]} */ ([]) };
    for (const name of exported) {
      const found = this.#take({ module: entry, name });
      const list = ALIAS.test(own.get(name) ?? '') ? lists.types : lists.values;
      list.push(found === name ? name : `${found} as ${name}`);
    }
    const { values, types } = lists;
    const imported = [...this.#imported].join(', ');
    const all = [...this.#taken.values(), `export { ${values.join(', ')} };`];
    if (this.#told && imported)
      all.unshift(`import type { ${imported} } from '${this.#told.file}';`);
    if (types.length > 0) all.push(`export type { ${types.join(', ')} };`);
    return all.join('\n');
  }

  /**
   * @param {Place} place
   * @returns {string} the name it has in the one file
   */
  #take(place) {
    const { module, name, text } = this.#find(place);
    const told = this.#nameTold(module, name);
    if (told !== undefined) {
      this.#imported.add(told === name ? name : `${told} as ${name}`);
      return name;
    }
    const owner = this.#owners.get(name);
    if (owner === module) return name;
    if (owner) throw new Error(`${owner} and ${module} both have a type ${name}: rename one.`);
    this.#owners.set(name, module);
    this.#taken.set(name, ''); // its place: before what it needs
    const { own, others } = this.#module(module);
    const scope = [...own.keys(), ...others.keys()].filter((other) => other !== name);
    let whole = text.replace(IMPORTED, (_all, path, inner) =>
      this.#take({ module: resolved(module, path), name: inner }),
    );
    const code = whole.replace(/\/\*[\s\S]*?\*\/|'[^'\n]*'|"[^"\n]*"/g, '');
    for (const other of scope) {
      if (!new RegExp(`(?<![.\\w$])${other}(?![\\w$]|\\??:)`).test(code)) continue;
      const found = this.#take({ module, name: other });
      if (found !== other) throw new Error(`${module} knows ${found} as ${other}: use one name.`);
    }
    whole = whole.replace(/^((?:\/\*\*[\s\S]*?\*\/\n)?)(?:export )?(?:declare )?/, '$1declare ');
    this.#taken.set(name, whole.replace(/^declare (?=type|interface)/m, ''));
    return name;
  }

  /**
   * @param {string} module
   * @param {string} name
   * @returns {string | undefined} what the other file calls it
   */
  #nameTold(module, name) {
    if (!this.#told) return undefined;
    const { entry } = this.#told;
    return [...this.#module(entry).exported].find((exported) => {
      const found = this.#find({ module: entry, name: exported });
      return found.module === module && found.name === name;
    });
  }

  /**
   * Where a name is declared: aliases of the same thing are followed to it.
   * @param {Place} place
   * @returns {Place & {text: string}}
   */
  #find({ module, name }) {
    const { own, others } = this.#module(module);
    const text = own.get(name);
    if (text !== undefined) {
      const alias = ALIAS.exec(text.replace(COMMENT, ''));
      if (alias?.[2]) return this.#find({ module: resolved(module, alias[2]), name: alias[3] });
      if (alias && (own.has(alias[3]) || others.has(alias[3])) && alias[3] !== name) {
        return this.#find({ module, name: alias[3] });
      }
      return { module, name, text };
    }
    const other = others.get(name);
    if (other) return this.#find(other);
    throw new Error(`${module} does not declare ${name}`);
  }

  /** @param {string} path */
  #module(path) {
    const known = this.#modules.get(path);
    if (known) return known;
    const module = readModule(path, this.#read(path));
    this.#modules.set(path, module);
    return module;
  }
}
