// The pages that are measured.

import { basename, dirname, resolve } from 'node:path';

/**
 * @typedef {object} Subject
 * @property {'ours' | 'quickstart'} name
 * @property {string} path of the page at the stub
 * @property {string} button CSS selector of what starts a call
 * @property {string} [field] CSS selector of what must be filled in first, as an API key
 * @property {boolean} recovers whether it comes back after a loss by itself; else somebody clicks
 * @property {boolean} stopsWhenInterrupted whether what is queued is dropped; else it is heard to its end
 * @property {boolean} prefetchesTokens whether it can be told to keep a token in reserve
 * @property {boolean} [isEmbedded] whether the page is of another origin than the client
 */

/** @type {Subject} */
export const OURS = {
  name: 'ours',
  path: '/benchmarks/browser/pages/ours/index.html',
  button: '#start',
  recovers: true,
  stopsWhenInterrupted: true,
  prefetchesTokens: true,
};

/** Our element, for what is measured of it in the columns of ours. @type {Subject} */
export const EMBEDDED = {
  ...OURS,
  path: '/benchmarks/browser/pages/embedded/index.html',
  button: 'voice-agent button:has-text("Start talking")',
  isEmbedded: true,
};

/** @type {Subject} */
export const QUICKSTART = {
  name: 'quickstart',
  path: '/benchmarks/browser/pages/quickstart/index.html',
  button: '#start',
  recovers: false,
  stopsWhenInterrupted: false,
  prefetchesTokens: false,
};

/**
 * A page file of the user's in the quickstart's place.
 * @param {string} file
 * @param {{button: string, field?: string}} selectors
 * @returns {Subject}
 */
export function pageFile(file, { button, field }) {
  return { ...QUICKSTART, path: `/page/${basename(file)}`, button, field };
}

/**
 * What the stub must serve for them: the pages, the client, and the probe.
 * @param {{root: string, client: string, file?: string}} folders `client` holds static/
 * @returns {{prefix: string, folder: string}[]} longest prefix first
 */
export function servedFolders({ root, client, file }) {
  return [
    { prefix: '/benchmarks/browser/', folder: resolve(root, 'benchmarks/browser') },
    { prefix: '/static/', folder: resolve(client, 'static') },
    ...(file ? [{ prefix: '/page/', folder: dirname(resolve(file)) }] : []),
  ];
}
