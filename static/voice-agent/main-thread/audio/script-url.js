// Where the Worker's and the audio thread's modules can be had, best first. Main thread.
//
// A Worker's file must be the page's own. From another origin it is a blob that imports the file, or holds it: a blob is
// the page's own, and what it may import and connect to is what the page's policy says.

import { WORKER, WORKLET } from './thread-scripts.js';

/** Where a gate has both, for a page whose policy lets no blob in. @type {() => string} */
let gateFolder = () => '';

/** Where the page says that it has them. */
let ownFolder = '';

/** Kept, as a call may need them again. @type {Map<string, string>} addresses by text */
const blobs = new Map();

/** @type {{createScriptURL: (address: string) => string} | undefined} */
let policy;

/**
 * A session core's Worker. A page that requires Trusted Types has to allow the policy `voicegate`.
 * @param {string} address
 * @throws {DOMException | TypeError} the page may not have it: a policy forbids it
 */
export function openWorker(address) {
  const { trustedTypes } = /** @type {any} */ (globalThis);
  policy ??= trustedTypes?.createPolicy('voicegate', {
    createScriptURL: (/** @type {string} */ own) => own,
  });
  const trusted = policy?.createScriptURL(address) ?? address;
  return new Worker(trusted, { type: 'module' });
}

/** The addresses to try for the session core's Worker. */
export function workerFiles() {
  if (WORKER.text) return coreFiles().filter(isOurs);
  return [isOurs(WORKER.file) ? WORKER.file : blob(importing(WORKER.file))];
}

/** The addresses to try for the session core on this thread. Like those of worklets they may be of any origin. */
export const coreFiles = () => copies(WORKER, 'worker.js');

/** The addresses to try for the audio thread's module. */
export const workletFiles = () => copies(WORKLET, 'audio.worklet.js');

/**
 * @param {{file: string, text: string}} script
 * @param {string} name
 */
function copies({ file, text }, name) {
  if (ownFolder) return [ownFolder + name];
  return text ? [blob(text), gateFolder() + name] : [file];
}

/**
 * The first that can be loaded.
 * @template Loaded
 * @param {string[]} files to try
 * @param {(file: string) => Promise<Loaded>} load
 * @throws what the last one was refused with
 */
export async function loadFirst([file, ...others], load) {
  try {
    return await load(file);
  } catch (error) {
    if (others.length === 0) throw error;
    return loadFirst(others, load);
  }
}

/**
 * Take both from somewhere else. For the whole page.
 * @param {string | URL} folder relative to the page
 * @throws {TypeError} it is no address
 */
export function takeScriptsFrom(folder) {
  if (!globalThis.document) return; // pages are made here
  const { href } = new URL(folder, document.baseURI);
  ownFolder = href.endsWith('/') ? href : `${href}/`;
}

/** @param {() => string} folder of a gate, with a slash at its end; the last one counts, for the whole page */
export function fallBackTo(folder) {
  gateFolder = folder;
}

/**
 * On demand, as Chromium asks `worker-src` for a static import of a Worker, and that would have to name the gate too.
 * @param {string} file
 */
const importing = (file) => `import(${JSON.stringify(file)}).catch(reportError)`;

/** @param {string} address */
function isOurs(address) {
  return new URL(address).origin === globalThis.location?.origin;
}

/** @param {string} text */
function blob(text) {
  const known = blobs.get(text);
  const address = known ?? URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  blobs.set(text, address);
  return address;
}
