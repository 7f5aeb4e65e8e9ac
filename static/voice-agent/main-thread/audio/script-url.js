// Where the Worker's and the audio thread's modules are. Main thread.
//
// Such a module has imports of its own. Vite and others put what `new Worker(new URL(…, import.meta.url))` names, with
// all its imports, into one file, and write that file's address in its place; for a worklet they know no form and copy
// it without what it imports. Hence the class below (Vite 8 tried), which only holds the address.

class Worker {
  /**
   * @param {URL} url
   * @param {WorkerOptions} _options
   */
  constructor(url, _options) {
    this.href = url.href;
  }
}

const worker = new Worker(new URL('../../core/worker.js', import.meta.url), { type: 'module' });
let worklet = new Worker(new URL('../../worklets/audio.worklet.js', import.meta.url), {
  type: 'module',
}).href;

/** @type {{createScriptURL: (address: string) => string} | undefined} */
let policy;

/**
 * The session core's Worker. A page that requires Trusted Types has to allow the policy `voicegate`.
 * @throws {DOMException | TypeError} the page may not have it: it is of another origin, or a policy forbids it
 */
export function openWorker() {
  const { trustedTypes } = /** @type {any} */ (globalThis);
  policy ??= trustedTypes?.createPolicy('voicegate', {
    createScriptURL: (/** @type {string} */ own) => own,
  });
  const address = policy?.createScriptURL(worker.href) ?? worker.href;
  return new globalThis.Worker(address, { type: 'module' });
}

/** The address of the audio thread's module. */
export const workletFile = () => worklet;

/**
 * Take it from somewhere else, where a bundler knows no such form. For the whole page.
 * @param {string | URL} folder holds it and, beside itself, what it imports; relative to the page
 * @throws {TypeError} it is no address
 */
export function takeWorkletsFrom(folder) {
  const { href } = new URL(folder, document.baseURI);
  const base = href.endsWith('/') ? href : `${href}/`;
  worklet = `${base}audio.worklet.js`;
}
