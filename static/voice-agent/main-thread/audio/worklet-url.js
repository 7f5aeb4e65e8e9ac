// Where the audio thread's module is. Main thread.
//
// A module for the audio thread has imports of its own, and bundlers know no form for such a file: they copy it as it
// is, without what it imports. But Vite and others put what `new Worker(new URL(…, import.meta.url))` names, with all
// its imports, into one file, and write that file's address in its place. Hence the form below (Vite 8 tried); no
// Worker is made of it, the class only holds the address.

class Worker {
  /**
   * @param {URL} url
   * @param {WorkerOptions} _options
   */
  constructor(url, _options) {
    this.href = url.href;
  }
}

let file = new Worker(new URL('../../worklets/audio.worklet.js', import.meta.url), {
  type: 'module',
}).href;

/** Its address. */
export const workletFile = () => file;

/**
 * Take it from somewhere else, where a bundler knows no such form. For the whole page.
 * @param {string | URL} folder holds it and, beside itself, what it imports; relative to the page
 * @throws {TypeError} it is no address
 */
export function takeWorkletsFrom(folder) {
  const { href } = new URL(folder, document.baseURI);
  const base = href.endsWith('/') ? href : `${href}/`;
  file = `${base}audio.worklet.js`;
}
