import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Declarations } from '../types/roll-up.js';

/** @param {Record<string, string>} files */
const rolledUp = (files) => new Declarations((path) => files[path]).rolledUp('index.js');

test('one file holds what the public names lead to, and nothing else', () => {
  const text = rolledUp({
    'index.js': [
      "import { Agent } from './agent.js';",
      "export { list as listAll } from './lists.js';",
      "export type State = import('./agent.js').State;",
      '/** Makes one. */',
      'export declare function make(): Agent;',
      '',
    ].join('\n'),
    'agent.js': [
      "export type State = 'idle' | 'live';",
      'export type Secret = number;',
      'export declare class Agent {',
      '    get state(): State;',
      '}',
      '',
    ].join('\n'),
    'lists.js': 'export declare function list(): string[];\n',
  });

  assert.equal(text.match(/State = /g)?.length, 1);
  assert.match(text, /\/\*\* Makes one\. \*\/\ndeclare function make\(\): Agent;/);
  assert.match(text, /export \{ list as listAll, make \};\nexport type \{ State \};$/);
  assert.doesNotMatch(text, /Secret|import/);
});

test('two types of one name are refused, since one file can hold only one of them', () => {
  const files = {
    'index.js':
      "export type One = import('./one.js').One;\nexport type Two = import('./two.js').Two;\n",
    'one.js': 'export type One = [Same];\nexport type Same = 1;\n',
    'two.js': 'export type Two = [Same];\nexport type Same = 2;\n',
  };

  assert.throws(() => rolledUp(files), /one\.js and two\.js both have a type Same/);
});
