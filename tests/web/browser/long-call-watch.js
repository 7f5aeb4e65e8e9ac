// What a long call is watched by: what the simulator says was said, what the page shows of it, and what the other
// threads hold.

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

/** The other threads of a call, as DevTools calls them. */
const THREADS = ['worker', 'worklet'];

/**
 * How to ask the call's Worker and its audio worklets for what their heaps hold.
 * @param {Page} page
 */
export async function followThreads(page) {
  const devtools = await page.context().newCDPSession(page);
  /** @type {Map<string, string>} by type */
  const sessions = new Map();
  const attached = new Promise((resolve) => {
    devtools.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      sessions.set(targetInfo.type, sessionId);
      if (THREADS.every((type) => sessions.has(type))) resolve(undefined);
    });
  });
  await devtools.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
  await attached;
  let id = 0;
  /** @param {string} type @param {string} method @returns {Promise<any>} */
  const send = (type, method) => {
    id += 1;
    const message = { id, method };
    const sessionId = /** @type {string} */ (sessions.get(type));
    return new Promise((resolve) => {
      const take = (/** @type {{sessionId: string, message: string}} */ answer) => {
        const { id, result } = JSON.parse(answer.message);
        if (answer.sessionId !== sessionId || id !== message.id) return;
        devtools.off('Target.receivedMessageFromTarget', take);
        resolve(result);
      };
      devtools.on('Target.receivedMessageFromTarget', take);
      const text = JSON.stringify(message);
      void devtools.send('Target.sendMessageToTarget', { sessionId, message: text });
    });
  };
  /** @param {string} type */
  const heapOf = async (type) => {
    await send(type, 'HeapProfiler.collectGarbage');
    return (await send(type, 'Runtime.getHeapUsage')).usedSize;
  };
  return async () => ({
    workerHeap: await heapOf('worker'),
    workletHeap: await heapOf('worklet'),
  });
}
