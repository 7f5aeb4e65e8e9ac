// The packed client in apps that bundlers build, in Chromium. A worklet, Worker, style or text that gets lost on the way is
// missed here; all of these builds are green without them.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import {
  APPS,
  assertTalks,
  assertTalksByItself,
  build,
  install,
  policyFor,
  POLICY,
} from './app.js';
import { openBrowser, serveDemo } from './harness.js';
import { ONE_CLIENT } from './leftovers.js';
import { freePort } from './machine.js';
import { loudest, SILENT } from './listening.js';
import { openShop } from './shop.js';
import { serveSite } from './site.js';

const NEXT = [join(APPS, 'node_modules/next/dist/bin/next')];
const QUIET = { NEXT_TELEMETRY_DISABLED: '1' };

let folder = '';
/** @type {import('./site.js').Site} */
let site;
/** @type {import('./shop.js').Shop} */
let shop;
/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
let nextPort = 0;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'voicegate-apps-'));
  site = await serveSite(folder);
  shop = await openShop();
  nextPort = await freePort();
  const origins = `${site.url},${shop.url},http://127.0.0.1:${nextPort}`;
  [demo] = await Promise.all([
    serveDemo([], { VOICEGATE_ALLOWED_ORIGINS: origins }),
    install(APPS),
  ]);
  const settings = { VITE_GATE: demo.url };
  await Promise.all(
    ['vite', 'webpack', 'react'].map((name) => build(APPS, name, join(folder, name), settings)),
  );
  cpSync(join(APPS, 'node_modules/voicegate-client/dist'), join(folder, 'own'), {
    recursive: true,
  });
});
beforeEach(() => {
  site.policy = policyFor(POLICY, demo.url);
});
after(async () => {
  await demo.stop();
  site.stop();
  shop.stop();
  rmSync(folder, { recursive: true });
});

for (const name of ['vite', 'webpack'])
  test(`an app that ${name} built, on a page that requires Trusted Types`, () =>
    assertTalks(`${site.url}/${name}/`, shop, demo));

test('the React example, where StrictMode runs each effect twice', () =>
  inApp(`${site.url}/react/`, async (page, heard) => {
    await page.getByRole('button', { name: 'Start talking' }).click();
    await page.locator('[data-thread="worker"]').waitFor();
    await page.locator('li[data-role="agent"]').first().waitFor();
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByRole('status').getByText('ended').waitFor();
    assert.ok(loudest(await heard()) > 10 * SILENT, 'nobody was heard');
  }));

/** What else a page may allow, and which thread the session then has. */
const POLICIES = [
  {
    what: 'no blob as a script: the worklets come from the gate',
    policy: POLICY.replace("'self' blob:", "'self' https://gate.example"),
  },
  {
    what: 'no blob at all: the worklets come from the gate, and the session has the thread of the page',
    policy: POLICY.replace("'self' blob:", "'self' https://gate.example").replace(
      'blob:',
      "'none'",
    ),
    thread: 'main',
    complaints: 2,
  },
  {
    what: 'nothing but its own files: both are copied beside it',
    policy: POLICY.replaceAll('blob:', "'self'"),
    query: '&worklets=/own',
  },
];
for (const { what, policy, thread, query = '', complaints: most = 0 } of POLICIES)
  test(`an app whose page allows ${what}`, async () => {
    site.policy = policyFor(policy, demo.url);
    const address = `${site.url}/webpack/?gate=${demo.url}${query}`;
    await inApp(address, (page) => assertTalksByItself(page, thread), most);
  });

test('an app of Next.js, made on the server', async () => {
  const options = { cwd: join(APPS, 'next'), env: { ...process.env, ...QUIET } };
  await promisify(execFile)('node', [...NEXT, 'build'], options);
  const server = spawn('node', [...NEXT, 'start', '--port', String(nextPort)], options);
  try {
    const address = `http://127.0.0.1:${nextPort}/`;
    for await (const text of server.stdout) if (String(text).includes('Ready')) break;
    const page = await (await fetch(`${address}?gate=${demo.url}`)).text();
    assert.match(page, /<voice-agent gate=/);
    await assertTalks(address, shop, demo);
  } finally {
    server.kill();
    await once(server, 'exit');
  }
});

/**
 * @param {string} address
 * @param {(page: import('playwright-core').Page, heard: () => Promise<any[]>) => Promise<unknown>} act
 * @param {number} [most] that is said in the console, all of it about blobs
 */
async function inApp(address, act, most = 0) {
  const { page, complaints, heard, close } = await openBrowser({
    kept: { ...ONE_CLIENT, ports: 2 }, // React's scheduler has a channel
  });
  try {
    await page.goto(address);
    await act(page, heard);
    assert.ok(
      complaints.every((line) => line.includes('blob:')),
      complaints.join('\n'),
    );
    assert.equal(complaints.length, most, complaints.join('\n'));
  } finally {
    await close();
  }
}
