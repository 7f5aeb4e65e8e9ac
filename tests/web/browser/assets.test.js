import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser, serveDemo } from './harness.js';

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let server;
before(async () => {
  server = await serveDemo();
});
after(() => server.stop());

/** Of all that the page loads before a call, as it goes over the line. */
const BUDGET_BYTES = 60_000;

test('a call needs a handful of small files', async () => {
  const { page, complaints, close } = await openBrowser();
  /** @type {string[]} */
  const fetched = [];
  /** @type {Promise<{responseBodySize: number}>[]} */
  const sizes = [];
  page
    .context()
    .on('request', (request) => fetched.push(new URL(request.url()).pathname))
    .on('requestfinished', (request) => sizes.push(request.sizes()))
    .on('requestfailed', (request) => fetched.push(`failed ${request.url()}`));
  try {
    await page.goto(server.url);
    const atRest = [...fetched];
    const bytes = await total(sizes);
    assert.ok(bytes < BUDGET_BYTES, `the page weighs ${bytes} bytes`);
    await page.locator('#call').click();
    await page.locator('.voice-agent[data-speaking="agent"]').waitFor();
    // Its agents stand in the page, and with them that anybody may talk to them.
    assert.ok(!atRest.some((path) => path.startsWith('/api/')), atRest.join(' '));
    assert.ok(atRest.length <= 5, atRest.join(' '));
    const files = fetched.filter((path) => !path.startsWith('/api/') && path !== '/');
    assert.deepEqual(
      files.filter((path) => !/^\/static\/.*-[A-Z2-7]{8}\.(js|css|png)$/.test(path)),
      ['/details'],
    );
    const scripts = files.filter((path) => path.endsWith('.js'));
    const names = scripts.map((path) => basename(path).replace(/-\w{8}\.js$/, ''));
    assert.equal(names[0], 'main');
    // With the call comes what must be there when its line is gone. Of what the audio thread fetches Chromium tells
    // nothing.
    assert.deepEqual(new Set(names), new Set(['main', 'worker', 'details', 'in-call']));
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test('before any script has run, the service has written what the element would build', async () => {
  const plain = await serveDemo(['--plain-scripts']);
  const { page, close } = await openBrowser();
  try {
    await page.route('**/page/main.js', (route) => route.abort());
    await page.goto(plain.url);
    await page.getByRole('button', { name: 'Start talking' }).waitFor();
    const [written, built] = await page.evaluate(async () => {
      const path = '/static/voice-agent/ui/element/element-markup.js';
      const { buildRoot } = await import(path);
      const texts = JSON.parse(String(document.getElementById('texts')?.textContent));
      const root = globalThis.shown('log')?.closest('.voice-agent');
      return [root?.outerHTML, buildRoot(texts, 'page').outerHTML];
    });
    assert.equal(written, built);
  } finally {
    await close();
    await plain.stop();
  }
});

/** @param {Promise<{responseBodySize: number}>[]} sizes negative for what comes from the cache */
async function total(sizes) {
  const all = await Promise.all(sizes);
  return all.reduce((sum, { responseBodySize }) => sum + Math.max(responseBodySize, 0), 0);
}

test('the files as they are written make the same page', async () => {
  const plain = await serveDemo(['--plain-scripts']);
  const { page, complaints, passed, close } = await openBrowser();
  try {
    await page.goto(plain.url);
    await page.locator('#call').click();
    await passed('connecting', 'live');
    assert.deepEqual(complaints, []);
  } finally {
    await close();
    await plain.stop();
  }
});

test('without the core the call fails in words, and the next one finds it', async () => {
  const { page, passed, close } = await openBrowser();
  try {
    // Refused once the sound waits for it, which then has nowhere to go.
    await page.route('**/voice-agent/worker-*.js', async (route) => {
      await page.waitForFunction(() => globalThis.leftovers?.().ports === 2);
      await route.abort();
    });
    await page.goto(server.url);
    await page.locator('#call').click();
    await passed('failed');
    await page.locator('.voice-agent[data-error="connection-failed"]').waitFor();
    await page.unrouteAll();
    await page.locator('#call').click();
    await passed('failed', 'connecting', 'live');
  } finally {
    await close();
  }
});

test('without what is seen of it the call goes on, and what was said is shown once that can be had', async () => {
  const { page, passed, close } = await openBrowser();
  try {
    await page.route('**/in-call-*.js*', (route) => route.abort());
    await page.goto(server.url);
    await page.locator('#call').click();
    await passed('connecting', 'live');
    // A word, not only the first sound: without one there is nothing to show afterwards.
    await page.waitForFunction(() =>
      /** @type {any} */ (document.querySelector('voice-agent')).turns.some(
        (/** @type {any} */ { text }) => text !== '',
      ),
    );
    assert.equal(await page.locator('.turn').count(), 0);
    await page.unrouteAll();
    await page.route('**/in-call-*.js', (route) => route.abort()); // as Firefox, which keeps it as failed
    await page.locator('#call').click();
    await page.locator('.turn[data-role="agent"]').waitFor();
    await page.locator('#after').getByText('Download conversation').waitFor();
  } finally {
    await close();
  }
});
