// The benchmark's hold on the stub upstream: starts it, tells it what to do, ends it.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** @typedef {import('./server.js').Commands} Commands */

/**
 * @template {keyof Commands} Name
 * @typedef {Awaited<ReturnType<Commands[Name]>>} Answer
 */

/**
 * @typedef {object} Ports of loopback
 * @property {number} own pages, client, tokens and WebSocket
 * @property {number} other for pages that take the client from the first
 */

export class Stub {
  #child;
  #ports;
  #calls = 0;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
  #open = new Map();

  /** @param {{prefix: string, folder: string}[]} roots folders to serve, longest prefix first */
  static async start(roots) {
    const child = fork(fileURLToPath(new URL('server.js', import.meta.url)), [
      JSON.stringify(roots),
    ]);
    const [{ ports }] = await once(child, 'message');
    return new Stub(child, ports);
  }

  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {Ports} ports
   */
  constructor(child, ports) {
    this.#child = child;
    this.#ports = ports;
    child.on('message', (/** @type {any} */ { call, result, error }) => {
      const pending = this.#open.get(call);
      this.#open.delete(call);
      if (error) pending?.reject(new Error(`stub: ${error}`));
      else pending?.resolve(result);
    });
  }

  get ports() {
    return this.#ports;
  }

  /**
   * @template {keyof Commands} Name
   * @param {Name} name
   * @param {Parameters<Commands[Name]>[0]} [argument]
   * @returns {Promise<Answer<Name>>}
   */
  tell(name, argument) {
    this.#calls += 1;
    const call = this.#calls;
    this.#child.send({ call, name, argument });
    return new Promise((resolve, reject) => this.#open.set(call, { resolve, reject }));
  }

  async stop() {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }
}
