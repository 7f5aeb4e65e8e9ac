// What a long call is watched by: what the simulator says was said, what the page shows of it, and the Worker's heap.

import { openSync, readSync } from 'node:fs';

/** @typedef {import('playwright-core').Page} Page */
/** What was said. @typedef {{role: string, text: string}} Said */

/** Press what the page offers a minute before each time limit, for as long as it is there. @param {Page} page */
export function extendEachTime(page) {
  let count = 0;
  const watch = async () => {
    for (;;) {
      await page.getByRole('button', { name: 'Go on talking' }).click({ timeout: 0 });
      count += 1;
    }
  };
  watch().catch((error) => {
    if (!page.isClosed()) throw error;
  });
  return { count: () => count };
}

/**
 * What was said by the simulator's log, which is too long to be read as a whole.
 * @param {string} path
 */
export function followJournal(path) {
  const file = openSync(path, 'r');
  const buffer = Buffer.alloc(1 << 20);
  let rest = '';
  /** @type {Said[]} */
  const said = [];
  return {
    /** So far. */
    read: () => {
      for (let bytes = 1; bytes > 0;) {
        bytes = readSync(file, buffer);
        const lines = (rest + buffer.toString('utf8', 0, bytes)).split('\n');
        rest = /** @type {string} */ (lines.pop());
        for (const line of lines.filter((line) => line.includes('"transcript.'))) {
          const { type, text } = JSON.parse(line).frame;
          if (type === 'transcript.user') said.push({ role: 'user', text });
          if (type === 'transcript.agent') said.push({ role: 'agent', text });
        }
      }
      return said;
    },
  };
}

/**
 * What the page showed as said: older rows go, so that they are taken down one after the other.
 * @param {Page} page
 */
export async function followRows(page) {
  const taken = await page.evaluateHandle(() => new WeakSet());
  /** @type {(Said & {at: string})[]} */
  const rows = [];
  return {
    /** So far, in the order in which it began. */
    read: async () => {
      const news = await page.evaluate((taken) => {
        const final = [
          ...(globalThis.shown('log')?.querySelectorAll('.turn[data-final="true"]') ?? []),
        ];
        const rows = /** @type {HTMLElement[]} */ (final.filter((row) => !taken.has(row)));
        for (const row of rows) taken.add(row);
        return rows.map((row) => ({
          at: row.querySelector('time')?.dateTime ?? '',
          role: row.dataset.role ?? '',
          text: row.querySelector('.turn__text')?.textContent ?? '',
        }));
      }, taken);
      rows.push(...news);
      rows.sort((one, other) => one.at.localeCompare(other.at));
      return rows.map(({ role, text }) => ({ role, text }));
    },
  };
}

/** How to ask the call's Worker for what its heap holds. @param {Page} page */
export async function followWorker(page) {
  const devtools = await page.context().newCDPSession(page);
  const attached = new Promise((resolve) => devtools.once('Target.attachedToTarget', resolve));
  await devtools.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
  const { sessionId } = await attached;
  let id = 0;
  /** @param {string} method @returns {Promise<any>} */
  const send = (method) => {
    id += 1;
    const sought = id;
    return new Promise((resolve) => {
      const take = (/** @type {{message: string}} */ { message }) => {
        const answer = JSON.parse(message);
        if (answer.id !== sought) return;
        devtools.off('Target.receivedMessageFromTarget', take);
        resolve(answer.result);
      };
      devtools.on('Target.receivedMessageFromTarget', take);
      void devtools.send('Target.sendMessageToTarget', {
        sessionId,
        message: JSON.stringify({ id: sought, method }),
      });
    });
  };
  return async () => {
    await send('HeapProfiler.collectGarbage');
    return (await send('Runtime.getHeapUsage')).usedSize;
  };
}
