// What a page still holds of its calls when its elements are gone and its calls have ended: nothing. Looked at after
// every browser test, without a wait for the garbage collector; what only that tells is in census.js.
// The first two functions run in the page and must stand alone: only their text is sent there.

import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {Record<string, number>} Leftovers how many there are, by kind */

/** What a client object that nobody disposes of holds: its thread, and what it hears of the page. */
export const ONE_CLIENT = { workers: 1, listeners: Infinity };

/** How long a page may take to let go: a session is told to end, and its thread has two seconds for that. */
const LIMIT_MS = 10_000;
const LOOK_MS = 20;

/** Keeps count of what scripts of the page make; what a test does in there itself does not count. */
export function countLeftovers() {
  const isOfPage = () => /(https?|blob|data):/.test(new Error().stack ?? '');
  const kinds = {
    ...{ contexts: new Set(), tracks: new Set(), ports: new Set(), workers: new Set() },
    ...{ intervals: new Set(), locks: new Set(), wakeLocks: new Set(), listeners: new Set() },
  };
  /** @param {Set<unknown>} kind @param {unknown} thing */
  const add = (kind, thing) => isOfPage() && kind.add(thing);
  /**
   * @param {any} owner @param {string} name
   * @param {(native: (...values: any[]) => any) => (this: any, ...values: any[]) => any} wrap
   */
  const replace = (owner, name, wrap) => {
    const native = owner?.[name];
    if (native) owner[name] = wrap(native);
  };

  const NativeContext = AudioContext;
  globalThis.AudioContext = class extends NativeContext {
    /** @param {AudioContextOptions} [options] */
    constructor(options) {
      super(options);
      add(kinds.contexts, this);
      this.addEventListener('statechange', () => {
        if (this.state === 'closed') kinds.contexts.delete(this);
      });
    }
  };
  replace(navigator.mediaDevices, 'getUserMedia', (open) => async (constraints) => {
    const isCounted = isOfPage();
    const stream = await open.call(navigator.mediaDevices, constraints);
    for (const track of stream.getTracks()) if (isCounted) kinds.tracks.add(track);
    return stream;
  });

  const NativeChannel = MessageChannel;
  globalThis.MessageChannel = class extends NativeChannel {
    constructor() {
      super();
      for (const port of [this.port1, this.port2]) add(kinds.ports, port);
    }
  };
  replace(
    MessagePort.prototype,
    'close',
    (close) =>
      function () {
        kinds.ports.delete(this);
        close.call(this);
      },
  );
  const NativeWorker = Worker;
  globalThis.Worker = class extends NativeWorker {
    /** @param {ConstructorParameters<typeof Worker>} settings */
    constructor(...settings) {
      super(...settings);
      add(kinds.workers, this);
    }
  };
  replace(
    Worker.prototype,
    'terminate',
    (terminate) =>
      function () {
        kinds.workers.delete(this);
        terminate.call(this);
      },
  );
  for (const { prototype } of [NativeWorker, MessagePort])
    replace(
      prototype,
      'postMessage',
      (post) =>
        function (message, transfer) {
          for (const port of transfer ?? []) kinds.ports.delete(port);
          if (message?.type === 'close') kinds.workers.delete(this); // it ends itself, after its goodbyes
          post.call(this, message, transfer);
        },
    );

  replace(globalThis, 'setInterval', (set) => (...values) => {
    const id = set(...values);
    add(kinds.intervals, id);
    return id;
  });
  replace(globalThis, 'clearInterval', (clear) => (id) => {
    kinds.intervals.delete(id);
    clear(id);
  });
  replace(navigator.locks, 'request', (request) => (...values) => {
    const held = request.apply(navigator.locks, values);
    add(kinds.locks, held);
    const forget = () => kinds.locks.delete(held);
    held.then(forget, forget);
    return held;
  });
  replace(navigator.wakeLock, 'request', (request) => async (type) => {
    const isCounted = isOfPage();
    const lock = await request.call(navigator.wakeLock, type);
    if (isCounted) kinds.wakeLocks.add(lock);
    lock.addEventListener('release', () => kinds.wakeLocks.delete(lock));
    return lock;
  });

  /** Those that a page has for as long as it is there: what it calls stays. */
  const LASTING = [
    'Window',
    'HTMLDocument',
    'MediaDevices',
    'NetworkInformation',
    'MediaQueryList',
  ];
  const isLasting = (/** @type {object} */ target) =>
    [...LASTING, 'PermissionStatus', 'ServiceWorkerContainer'].includes(target.constructor.name);
  /** Our own page's panels listen for as long as it is there; what ends with a call has a signal, and comes later. */
  const isOfPanel = (/** @type {any} */ options) =>
    (!options?.signal || document.readyState !== 'complete') &&
    document.querySelector('script[src*="/page/"]') !== null;
  replace(
    EventTarget.prototype,
    'addEventListener',
    (listen) =>
      function (type, run, options) {
        const target = this ?? globalThis;
        listen.call(target, type, run, options);
        const { once = false, signal } = options ?? {};
        if (!run || signal?.aborted || !isLasting(target) || !isOfPage() || isOfPanel(options))
          return;
        const listener = { target, type, run };
        kinds.listeners.add(listener);
        const forget = () => kinds.listeners.delete(listener);
        if (signal) listen.call(signal, 'abort', forget, { once: true });
        if (once) listen.call(target, type, forget, { once: true });
      },
  );
  replace(
    EventTarget.prototype,
    'removeEventListener',
    (unlisten) =>
      function (type, run, options) {
        const target = this ?? globalThis;
        unlisten.call(target, type, run, options);
        for (const listener of kinds.listeners)
          if (listener.target === target && listener.type === type && listener.run === run)
            kinds.listeners.delete(listener);
      },
  );

  globalThis.leftovers = () => {
    for (const track of kinds.tracks) if (track.readyState === 'ended') kinds.tracks.delete(track);
    return Object.fromEntries(Object.entries(kinds).map(([kind, { size }]) => [kind, size]));
  };
}

/** Take the elements out, and tell calls that have none that the page goes away. */
function endCalls() {
  if (!globalThis.leftovers) return;
  for (const element of document.querySelectorAll('voice-agent')) element.remove();
  window.dispatchEvent(new PageTransitionEvent('pagehide'));
}

/**
 * End what goes on in a page, and tell what stays.
 * @param {import('playwright-core').Page} page
 * @param {Leftovers} kept what the page's own script keeps
 * @param {number} [limitMs] how long it may take to let go
 * @returns {Promise<Leftovers | null>} what should not be there
 */
export async function leftoversOf(page, kept, limitMs = LIMIT_MS) {
  const end = new AbortController();
  const limit = sleep(limitMs, 'limit', end);
  limit.catch(() => {});
  /** @type {Leftovers | null} */
  let left = { 'pages that do not answer': 1 };
  const look = async () => {
    await page.keyboard.press('Escape'); // a panel that is open counts by itself
    for (const frame of page.frames()) await frame.evaluate(endCalls);
    while (left && !end.signal.aborted) {
      left = without(kept, await countIn(page));
      if (left) await sleep(LOOK_MS);
    }
  };
  await Promise.race([look(), limit])
    .catch((error) => {
      if (!page.isClosed()) throw error;
      left = null;
    })
    .finally(() => end.abort());
  return left;
}

/** @param {import('playwright-core').Page} page */
async function countIn(page) {
  /** @type {Leftovers} */
  const sum = {};
  for (const frame of page.frames()) {
    const found = (await frame.evaluate(() => globalThis.leftovers?.())) ?? {};
    for (const [kind, count] of Object.entries(found)) sum[kind] = (sum[kind] ?? 0) + count;
  }
  return sum;
}

/** @param {Leftovers} kept @param {Leftovers} found */
function without(kept, found) {
  const left = Object.entries(found).filter(([kind, count]) => count > (kept[kind] ?? 0));
  return left.length > 0 ? Object.fromEntries(left) : null;
}
