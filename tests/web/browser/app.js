// Apps that were built with the packed client, each by a bundler: what they must do in Chromium.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { assertOneTokenASocket, openBrowser } from './harness.js';
import { ONE_CLIENT } from './leftovers.js';
import { SILENT } from './listening.js';
import { wordsFor } from './site.js';

const run = promisify(execFile);
const CLIENT = fileURLToPath(new URL('../../../static/voice-agent', import.meta.url));
export const APPS = fileURLToPath(new URL('../apps', import.meta.url));

/** What the guide says that an app's page needs; with Trusted Types, which it does not need. */
export const POLICY = [
  "default-src 'none'; script-src 'self' blob:; worker-src blob:; style-src 'self'",
  'connect-src https://gate.example wss://agents.assemblyai.com',
  "require-trusted-types-for 'script'; trusted-types voicegate",
].join('; ');

/** Put the client, packed as for a registry, among the packages of a folder. @param {string} folder */
export async function install(folder) {
  const packed = mkdtempSync(join(tmpdir(), 'voicegate-package-'));
  await run('npm', ['pack', '--silent', '--pack-destination', packed], { cwd: CLIENT });
  const target = join(folder, 'node_modules/voicegate-client');
  assert.ok(existsSync(join(target, '..')), `npm ci in ${folder} first`);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  const file = join(packed, 'voicegate-client-0.1.0.tgz');
  await run('tar', ['-xzf', file, '-C', target, '--strip-components=1']);
  rmSync(packed, { recursive: true });
}

/**
 * @param {string} folder that holds build.js
 * @param {string} name of the bundler
 * @param {string} output
 * @param {Record<string, string>} [settings] environment
 */
export async function build(folder, name, output, settings = {}) {
  const env = { ...process.env, ...settings };
  const { stdout, stderr } = await run('node', ['build.js', name, output], { cwd: folder, env });
  assert.doesNotMatch(stdout + stderr, /warn/i);
}

/**
 * What is drawn in the element's shadow, part by part.
 * @param {import('playwright-core').Page} page
 */
async function drawn(page) {
  await page.getByRole('button', { name: 'Start talking' }).waitFor();
  return page.locator('voice-agent').evaluate((element) =>
    [...(element.shadowRoot?.querySelectorAll('*') ?? [])].map((part) => {
      const { width, height } = part.getBoundingClientRect();
      const { color, backgroundColor, fontSize, display } = getComputedStyle(part);
      const look = [color, backgroundColor, fontSize, display, width, height].join(' ');
      return `${part.localName}.${part.getAttribute('class')} ${look}`;
    }),
  );
}

/**
 * Call with the element, which must look as the gate's own does, and without it; either must be heard.
 * @param {string} address of the app
 * @param {import('./shop.js').Shop} shop with the gate's own element
 * @param {Awaited<ReturnType<typeof import('./harness.js').serveDemo>>} demo
 */
export async function assertTalks(address, shop, demo) {
  Object.assign(shop, { gate: demo.url, markup: '<voice-agent></voice-agent>' });
  const { page, complaints, close } = await openBrowser({
    kept: { ...ONE_CLIENT, ports: 2 }, // React's scheduler has a channel
  });
  try {
    await page.goto(shop.url);
    const expected = await drawn(page);
    await page.goto(`${address}?gate=${demo.url}`);
    assert.deepEqual(await drawn(page), expected);

    await page.getByRole('button', { name: 'Start talking' }).click();
    await assertHeard(page);
    const thread = await page
      .locator('voice-agent')
      .evaluate((element) => /** @type {any} */ (element).agentClient.thread);
    assert.equal(thread, 'worker');
    await page.getByRole('button', { name: 'End call' }).click();
    await page.getByRole('button', { name: 'Start talking' }).waitFor();
    await assertTalksByItself(page);
    assertOneTokenASocket(await demo.stats());
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
}

/** @param {import('playwright-core').Page} page @param {string} [thread] */
export async function assertTalksByItself(page, thread = 'worker') {
  const button = page.locator('#talk');
  const output = page.locator('body > output');
  await page.evaluate(() => void globalThis.heard().splice(0));
  await button.click();
  await output.getByText(`live (${thread})`).waitFor();
  await assertHeard(page);
  await button.click();
  await output.getByText('ended').waitFor();
  await page.waitForFunction(() => globalThis.openTracks() === 0);
}

/** @param {import('playwright-core').Page} page */
async function assertHeard(page) {
  const isHeard = (/** @type {number} */ least) =>
    globalThis.heard().some(({ samples }) => samples.some((sample) => sample > least));
  await page.waitForFunction(isHeard, 10 * SILENT);
}

/** @param {string} policy @param {string} gate */
export function policyFor(policy, gate) {
  return Object.entries(wordsFor(gate)).reduce(
    (text, [from, to]) => text.replaceAll(from, to),
    policy,
  );
}
