// Records what comes out of the loudspeaker, with the time of each piece.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { RATE_HZ } from '../browser/wav.js';

/**
 * @typedef {object} Recorder
 * @property {(fromMs?: number, toMs?: number) => Int16Array} heard what was to be heard between two moments of the
 *   wall clock, at the wire's rate; from the beginning until now where they are left out
 * @property {() => Promise<void>} stop
 */

/**
 * @param {Record<string, string>} environment of the sound server
 * @returns {Promise<Recorder>} once it records
 */
export async function recordLoudspeaker(environment) {
  const child = spawn(
    'parec',
    [
      ...['--device=loudspeaker.monitor', '--raw', '--latency-msec=20'],
      ...['--format=s16le', '--channels=1', `--rate=${RATE_HZ}`],
    ],
    { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  /** @type {{atMs: number, bytes: Buffer}[]} */
  const blocks = [];
  child.stdout.on('data', (bytes) => blocks.push({ atMs: Date.now(), bytes }));
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  return {
    heard: (fromMs = 0, toMs = Infinity) => {
      const within = blocks.filter(({ atMs }) => atMs > fromMs && atMs <= toMs);
      const bytes = Buffer.concat(within.map((block) => block.bytes));
      return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
    },
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}
