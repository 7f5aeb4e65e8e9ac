// The network between browser and servers, for tests that need it to fail. relay.py does the work.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('relay.py', import.meta.url));

/**
 * Put a relay before each of these ports.
 * @param {string} python
 * @param {number[]} ports on loopback
 */
export async function openRelays(python, ports) {
  const child = spawn(python, [PROGRAM, ...ports.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => JSON.parse(String((await lines.next()).value));
  /** @type {number[]} */
  const opened = await answer();
  /** Orders are given one after the other: their answers have no names. */
  let last = Promise.resolve();

  /**
   * @param {string} order
   * @param {number} number of the relay
   */
  const order = (order, number) => {
    last = last.then(async () => {
      child.stdin.write(`${JSON.stringify([order, number])}\n`);
      await answer();
    });
    return last;
  };

  return {
    relays: opened.map((port, number) => ({
      port,
      /** No network: what is open ends with a reset, and nothing new gets through, until `mend`. */
      cut: () => order('cut', number),
      mend: () => order('mend', number),
      /**
       * The connections there are now go dead without a word: what the browser sends fills the buffers
       * between, and nothing comes back. New ones are sound. The server notices nothing.
       */
      deafen: () => order('deafen', number),
      /** Close every WebSocket in the server's name, without a code; while nothing else is sent. */
      closeWithoutCode: () => order('close_without_code', number),
    })),
    close: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
