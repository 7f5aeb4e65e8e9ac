// Loads a part of the page on demand, also after a first try that failed.

let tries = 0;

/**
 * Firefox 153 keeps a module whose fetch failed as one that is broken, until the page is loaded anew; under another
 * address it is fetched.
 *
 * @template Module
 * @param {() => Promise<Module>} load   with the address written out, as bundlers look for it
 * @param {URL} file   the same address
 * @returns {Promise<Module>}
 */
export function importAgain(load, file) {
  const again = () => `${file.href}?again=${(tries += 1)}`;
  return load().catch(() => import(/* webpackIgnore: true */ /* @vite-ignore */ again()));
}
