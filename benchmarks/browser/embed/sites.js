// What is measured, each as a page of somebody else's that holds one element: ours as it is, ours as it was, and the
// peer's. The services run as they do for users; the peer's file comes from here, compressed as its CDN sends it.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { brotliCompressSync } from 'node:zlib';
import { freePort } from '../dependencies.js';

const PEER = new URL(
  './node_modules/@elevenlabs/convai-widget-embed/dist/index.js',
  import.meta.url,
);

/** From the process being made to its first answer. */
const START_LIMIT_MS = 30_000;

/**
 * What the peer's service would say of an agent. Given in the page, it saves the widget a request.
 * Source: convai-widget-embed 0.5.4, attribute `override-config`.
 */
const PEER_AGENT = {
  variant: 'full',
  placement: 'bottom-right',
  avatar: { type: 'orb', color_1: '#2792dc', color_2: '#9ce6e6' },
  language: 'en',
  supported_language_overrides: [],
  mic_muting_enabled: true,
  transcript_enabled: true,
  text_input_enabled: true,
  text_contents: {},
  language_presets: {},
};

/** As the vendor's guide says; its address there leads to this file by way of two redirects, which are left out. */
const PEER_PAGE = `<elevenlabs-convai agent-id="agent"
  override-config='${JSON.stringify(PEER_AGENT)}'></elevenlabs-convai>
<script src="/convai-widget-embed.js" async type="text/javascript"></script>`;

/** As the README says. @param {string} gate */
const ourPage = (
  gate,
) => `<script type="module" async src="${gate}/static/voice-agent/element.js"></script>
<voice-agent gate="${gate}"></voice-agent>`;

/** @typedef {{url: string, stop: () => Promise<void>}} Running */

/** The other sites: pages on an origin of their own, by path. */
export class Sites {
  #peer = brotliCompressSync(readFileSync(PEER));
  /** @type {Map<string, string>} */
  #pages = new Map([
    ['/blank', ''],
    ['/peer', PEER_PAGE],
  ]);
  #server = createServer(({ url = '' }, response) => {
    const page = this.#pages.get(url);
    if (page !== undefined) {
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(frame(page));
    } else if (url === '/convai-widget-embed.js') {
      const headers = {
        'Content-Type': 'text/javascript; charset=utf-8',
        'Content-Encoding': 'br',
      };
      response.writeHead(200, headers).end(this.#peer);
    } else {
      response.writeHead(404).end();
    }
  });
  url = '';

  static async open() {
    const sites = new Sites();
    sites.#server.listen(0, '127.0.0.1');
    await once(sites.#server, 'listening');
    const { port } = /** @type {import('node:net').AddressInfo} */ (sites.#server.address());
    sites.url = `http://127.0.0.1:${port}`;
    return sites;
  }

  /** @param {string} path @param {string} gate whose element the page holds */
  add(path, gate) {
    this.#pages.set(path, ourPage(gate));
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** @param {string} body */
const frame = (body) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Shop</title>
</head>
<body>${body}</body>
</html>`;

/**
 * Run the service of a tree, with the simulator in AssemblyAI's place.
 * @param {string} tree
 * @param {string} python
 * @param {string} page origin that may use it
 * @param {string[]} [options] of the command line
 * @returns {Promise<Running>}
 */
export async function serve(tree, python, page, options = []) {
  const port = await freePort();
  const { ASSEMBLYAI_API_KEY: _key, ...environment } = process.env;
  const child = spawn(python, ['-m', 'app', '--demo', ...options], {
    cwd: tree,
    env: { ...environment, PORT: String(port), VOICEGATE_ALLOWED_ORIGINS: page },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await once(child, 'spawn'); // or the error, where there is no such program
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const endMs = Date.now() + START_LIMIT_MS;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > endMs) {
      child.kill('SIGKILL');
      throw new Error(`the service in ${tree} does not answer:\n${said}`);
    }
    await pause(100);
  }
  const stop = async () => {
    child.kill('SIGTERM');
    const slow = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await exited;
    clearTimeout(slow);
  };
  return { url, stop };
}

/** @param {string} url */
async function answers(url) {
  try {
    return (await fetch(`${url}/api/agents`)).ok;
  } catch {
    return false;
  }
}

/**
 * Check out a commit into a temporary folder, with an environment of its own made from its lock (half a minute).
 * @param {string} repository
 * @param {string} commit
 */
export function checkOut(repository, commit) {
  const folder = mkdtempSync(join(tmpdir(), 'voicegate-'));
  const tree = join(folder, 'tree');
  const python = join(folder, 'venv/bin/python');
  const remove = () => {
    if (existsSync(tree)) run('git', '-C', repository, 'worktree', 'remove', '--force', tree);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    run('git', '-C', repository, 'worktree', 'add', '--quiet', '--detach', tree, commit);
    run(process.env.PYTHON ?? 'python3', '-m', 'venv', join(folder, 'venv'));
    const lock = join(tree, 'requirements/runtime.txt');
    const quietly = ['-qq', '--disable-pip-version-check'];
    run(python, '-m', 'pip', 'install', ...quietly, '--require-hashes', '-r', lock);
  } catch (error) {
    remove();
    throw error;
  }
  return { tree, python, remove };
}

/** @param {string} program @param {string[]} args */
function run(program, ...args) {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error ?? stderr}`);
}
