// The files that the measured pages load, over HTTP.

import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
};

/**
 * @param {{prefix: string, folder: string}[]} roots longest prefix first
 * @param {string} path of the URL
 * @param {import('node:http').ServerResponse} response
 */
export async function sendFile(roots, path, response) {
  const root = roots.find(({ prefix }) => path.startsWith(prefix));
  const file = root && join(root.folder, normalize(`/${path.slice(root.prefix.length)}`));
  try {
    const content = await readFile(file ?? '');
    const type = TYPES[extname(file ?? '')] ?? 'application/octet-stream';
    response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(content);
  } catch {
    response.writeHead(404).end();
  }
}
