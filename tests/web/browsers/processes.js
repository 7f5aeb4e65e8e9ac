// Programs that a test runs beside itself, each ended by its own process id, and patience with them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** How long a program may take to end when asked to; then it is killed. */
const PATIENCE_MS = 10_000;

/**
 * @typedef {object} Program
 * @property {() => string} output what it wrote so far, both ways
 * @property {() => boolean} isRunning
 * @property {() => Promise<void>} stop
 */

/**
 * @param {string} path
 * @param {string[]} args
 * @param {Record<string, string>} [environment] added to ours
 * @returns {Promise<Program>} once it has been started; it may still be on its way up
 */
export async function run(path, args, environment = {}) {
  const child = spawn(path, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await once(child, 'spawn'); // rejects where there is no such program
  const exited = once(child, 'exit');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    output: () => output,
    isRunning,
    stop: async () => {
      if (!isRunning()) return;
      child.kill('SIGTERM');
      const slow = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
      await exited;
      clearTimeout(slow);
    },
  };
}

/** How long something may take to come, with every core of the machine busy elsewhere. */
const LIMIT_MS = 60_000;

/**
 * Ask again and again until the answer is yes.
 * @template T
 * @param {() => T | Promise<T>} ask
 * @param {string} awaited what did not come, if it does not
 * @param {number} [everyMs] time between two questions
 * @returns {Promise<T>} the first answer that counts as true
 */
export async function until(ask, awaited, everyMs = 100) {
  const end = Date.now() + LIMIT_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(Date.now() < end, `${awaited}: not within ${LIMIT_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
