// The client in TypeScript that openapi-typescript makes of /openapi.json: it compiles, mints and refuses.
// The one in Python is in tests/integration/test_generated_clients.py.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { serveDemo } from '../browser/harness.js';

const cwd = fileURLToPath(new URL('.', import.meta.url));
const run = promisify(execFile);
const node = (/** @type {string[]} */ ...args) => run(process.execPath, args, { cwd });

test('the client compiles, and its answers are of the types that it was told', async () => {
  const demo = await serveDemo();
  try {
    const openapi = 'node_modules/openapi-typescript/bin/cli.js';
    await node(openapi, `${demo.url}/openapi.json`, '--output', 'schema.ts');
    await node('node_modules/typescript/bin/tsc', '--project', '.');
    const { stdout } = await node('use.ts', demo.url);
    assert.deepEqual(JSON.parse(stdout), {
      hasToken: true,
      seconds: 120,
      code: 'invalid_request',
      names: ['assistant'],
    });
  } finally {
    await demo.stop();
  }
});
