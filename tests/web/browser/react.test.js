// The React example as a stranger would build it: from the package, by Vite. Needs the registry; not part of `make test`.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertOneTokenASocket, openBrowser, serveDemo } from './harness.js';
import { loudest, SILENT } from './listening.js';
import { EXAMPLES, serveSite } from './site.js';

const CLIENT = fileURLToPath(new URL('../../../static/voice-agent', import.meta.url));

let app = '';

/**
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} [settings]
 */
const run = (command, args, settings = {}) =>
  execFileSync(command, args, {
    cwd: app,
    encoding: 'utf8',
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });

before(() => {
  app = mkdtempSync(join(tmpdir(), 'voicegate-react-'));
  cpSync(join(EXAMPLES, 'react'), app, { recursive: true });
  run('npm', ['ci', '--silent']);
  const packed = run('npm', ['pack', '--silent', CLIENT]).trim();
  run('npm', ['install', '--silent', packed]);
});
after(() => rmSync(app, { recursive: true }));

test('a built React app holds a conversation, with Worker and worklets of its own', async () => {
  const site = await serveSite(join(app, 'dist'));
  const demo = await serveDemo([], { VOICEGATE_ALLOWED_ORIGINS: site.url });
  run('npm', ['run', 'build', '--silent'], { VITE_GATE: demo.url });
  const built = readdirSync(join(app, 'dist/assets')).join('\n');
  for (const name of ['worker-', 'audio.worklet-']) {
    assert.ok(built.includes(name), `the build has no ${name}*.js`);
  }
  const agentUrl = demo.url.replace('http', 'ws');
  site.policy = `default-src 'none'; script-src 'self'; worker-src 'self'; connect-src ${demo.url} ${agentUrl}`;
  const { page, complaints, heard, close } = await openBrowser({
    microphone: [7, 'question', 60],
  });
  try {
    await page.goto(`${site.url}/`);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await page.locator('[data-thread="worker"]').waitFor();
    await page.locator('li[data-role="agent"]').first().waitFor();
    await page.locator('li[data-role="user"] + li[data-role="agent"]').waitFor();
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByRole('status').getByText('ended').waitFor();

    assert.ok(loudest(await heard()) > 10 * SILENT, 'nobody was heard');
    assertOneTokenASocket(await demo.stats());
    assert.ok(demo.readLog().some(({ frame }) => frame?.type === 'session.ended'));
    await page.waitForFunction(() => globalThis.openTracks() === 0);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
    await demo.stop();
    site.stop();
  }
});
