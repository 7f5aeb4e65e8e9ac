// When the cores of this machine stood still: stalls.py watches each.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PYTHON } from './harness.js';

const PROGRAM = fileURLToPath(new URL('stalls.py', import.meta.url));

/** From when to when, in microseconds of a trace's clock. @typedef {[from: number, to: number]} Stall */

/** Watches each core; where this user may not, none is ever known to stand still. */
export function watchStalls() {
  const watchers = Array.from({ length: availableParallelism() }, (_, core) => watch(core));
  return {
    /** So far, by core. */
    cores: watchers.map(({ stalls }) => stalls),
    stop: () => Promise.all(watchers.map(({ stop }) => stop())),
  };
}

/**
 * How long the core that stood still the longest did so between two moments, in milliseconds.
 * @param {Stall[][]} cores
 * @param {number} [begin]   in microseconds
 * @param {number} [end]
 */
export function stalledMs(cores, begin = -Infinity, end = Infinity) {
  const within = (/** @type {Stall} */ [from, to]) =>
    Math.max(0, Math.min(to, end) - Math.max(from, begin));
  const sums = cores.map((stalls) => stalls.reduce((sum, stall) => sum + within(stall), 0));
  return Math.max(...sums) / 1000;
}

/** @param {number} core */
function watch(core) {
  const child = spawn(PYTHON, [PROGRAM, String(core)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  /** @type {Stall[]} */
  const stalls = [];
  createInterface({ input: child.stdout }).on('line', (line) => stalls.push(JSON.parse(line)));
  return {
    stalls,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}
