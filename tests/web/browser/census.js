// What a page holds at a moment: everything that a call makes and should let go of.
// The first function runs in the page, before its own code, and must stand alone: only its text is sent there.

/** Count what the garbage collector does not tell: timers, listeners on window and document, open contexts. */
export function installCounters() {
  /** @type {Set<unknown>} */
  const timers = new Set();
  for (const name of /** @type {const} */ (['setTimeout', 'setInterval'])) {
    const native = /** @type {any} */ (globalThis[name]);
    /** @type {any} */ (globalThis)[name] = (
      /** @type {any} */ task,
      /** @type {number} */ ms,
      /** @type {any[]} */ ...rest
    ) => {
      const once = (/** @type {any[]} */ ...values) => {
        if (name === 'setTimeout') timers.delete(id);
        task(...values);
      };
      const id = native(once, ms, ...rest);
      timers.add(id);
      return id;
    };
  }
  for (const name of /** @type {const} */ (['clearTimeout', 'clearInterval'])) {
    const native = /** @type {any} */ (globalThis[name]);
    globalThis[name] = (id) => {
      timers.delete(id);
      native(id);
    };
  }

  // Only what is open is held here: what is closed must be free to go.
  /** @type {Set<AudioContext>} */
  const contexts = new Set();
  const NativeContext = AudioContext;
  globalThis.AudioContext = class extends NativeContext {
    /** @param {AudioContextOptions} [options] */
    constructor(options) {
      super(options);
      contexts.add(this);
    }

    async close() {
      await super.close();
      contexts.delete(this);
    }
  };
  globalThis.counted = () => ({
    timers: timers.size,
    openContexts: contexts.size,
    microphones: globalThis.openMicrophones(),
  });
}

/** Kinds of objects of which a call makes some. */
const KINDS = [
  ...['AudioContext', 'AudioNode', 'MediaStream', 'MediaStreamTrack', 'MessagePort', 'Worker'],
  ...['BroadcastChannel', 'AbortController', 'WebSocket'],
];

/** What Chromium itself counts. */
const METRICS = ['JSEventListeners', 'AudioHandlers', 'AudioWorkletProcessors', 'Documents'];

/**
 * Everything there is now, after the garbage is gone.
 * @param {import('playwright-core').Page} page with the counters in it
 * @returns {Promise<Record<string, number>>}
 */
export async function takeCensus(page) {
  const devtools = await page.context().newCDPSession(page);
  try {
    await devtools.send('Performance.enable');
    await devtools.send('HeapProfiler.collectGarbage');
    const counts = await page.evaluate(() => globalThis.counted());
    const { metrics } = await devtools.send('Performance.getMetrics');
    const known = metrics.filter(({ name }) => METRICS.includes(name));
    const objects = [];
    for (const kind of KINDS) objects.push([kind, await countObjects(devtools, kind)]);
    return {
      ...counts,
      ...Object.fromEntries(known.map(({ name, value }) => [name, value])),
      ...Object.fromEntries(objects),
    };
  } finally {
    await devtools.detach();
  }
}

/**
 * @param {import('playwright-core').CDPSession} devtools
 * @param {string} kind name of a class
 * @returns {Promise<number>} how many objects of it are still reachable
 */
async function countObjects(devtools, kind) {
  const objectGroup = 'census';
  const { result } = await devtools.send('Runtime.evaluate', {
    expression: `${kind}.prototype`,
    objectGroup,
  });
  const prototypeObjectId = /** @type {string} */ (result.objectId);
  const { objects } = await devtools.send('Runtime.queryObjects', {
    prototypeObjectId,
    objectGroup,
  });
  const length = await devtools.send('Runtime.callFunctionOn', {
    objectId: objects.objectId,
    functionDeclaration: 'function () { return this.length; }',
    returnByValue: true,
  });
  await devtools.send('Runtime.releaseObjectGroup', { objectGroup });
  return length.result.value;
}
