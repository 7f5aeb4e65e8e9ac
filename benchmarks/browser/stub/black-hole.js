// The benchmark's hold on the relay that makes connections half-open.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export class BlackHole {
  #child;
  #lines;
  /** Where pages connect to. */
  port = 0;

  /** @param {number} targetPort the stub's */
  static async start(targetPort) {
    const hole = new BlackHole(targetPort);
    hole.port = await hole.#number();
    return hole;
  }

  /** @param {number} targetPort */
  constructor(targetPort) {
    const script = fileURLToPath(new URL('black_hole.py', import.meta.url));
    const python = process.env.PYTHON ?? 'python3';
    this.#child = spawn(python, [script, String(targetPort)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout });
  }

  /**
   * Let every present connection go dead without a word.
   * @returns {Promise<number>} when, wall clock in milliseconds
   */
  swallow() {
    this.#child.stdin.write('swallow\n');
    return this.#number();
  }

  async stop() {
    const exited = once(this.#child, 'exit');
    this.#child.stdin.end();
    await exited;
  }

  async #number() {
    const [line] = await once(this.#lines, 'line');
    return Number(line);
  }
}
