// A web server of somebody else's: a folder of files on an origin of its own, with a strict policy.

import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export const EXAMPLES = fileURLToPath(
  new URL('../../../static/voice-agent/examples', import.meta.url),
);

/** @type {Record<string, string>} */
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/**
 * @typedef {object} Site
 * @property {string} url
 * @property {Record<string, string>} words what is written in place of what in texts, as a visitor gets them
 * @property {string} policy the Content-Security-Policy header, where one is sent
 * @property {() => void} stop
 */

/**
 * Serve a folder on a free port of loopback until `stop`.
 * @param {string} folder
 * @returns {Promise<Site>}
 */
export async function serveSite(folder) {
  const site = { url: '', words: {}, policy: '', stop: () => {} };
  const server = createServer((request, response) => {
    const path = normalize(new URL(String(request.url), site.url).pathname);
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    if (!existsSync(file)) return void response.writeHead(404).end();
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    response.setHeader('Content-Type', `${type}; charset=utf-8`);
    if (site.policy) response.setHeader('Content-Security-Policy', site.policy);
    let text = readFileSync(file, 'utf8');
    for (const [from, to] of Object.entries(site.words)) text = text.replaceAll(from, to);
    response.end(text);
  });
  return Object.assign(site, await onLoopback(server));
}

/**
 * Let a server listen on a free port of loopback until `stop`.
 * @param {import('node:http').Server} server
 */
export async function onLoopback(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}

/**
 * What an example says of its Voicegate and of the agent's service, and what a test puts in its place.
 * @param {string} gate
 */
export const wordsFor = (gate) => ({
  'https://gate.example': gate,
  'wss://agents.assemblyai.com': gate.replace('http', 'ws'),
});
