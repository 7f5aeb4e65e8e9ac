import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openBrowser, serveDemo } from './harness.js';
import { onLoopback, serveSite } from './site.js';

/** A page that takes the steps of the vendor's documented quickstart, with a token route of its own. */
const QUICKSTART = new URL('../../../benchmarks/browser/pages/quickstart', import.meta.url);

/** @type {Awaited<ReturnType<typeof onLoopback>>} */
let site;
/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
/** @type {Awaited<ReturnType<typeof openBrowser>>} */
let browser;
/** @type {Awaited<ReturnType<typeof serveSite>>} */
let quickstart;
/** Where previews of the site are: each at a name of its own. */
let previews = '';

before(async () => {
  const page = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><title>Another front end</title>');
  });
  site = await onLoopback(page);
  previews = site.url.replace('127.0.0.1', 'preview.localhost');
  quickstart = await serveSite(fileURLToPath(QUICKSTART));
  const listed = [`${site.url}/`, previews.replace('//', '//*.'), quickstart.url];
  demo = await serveDemo([], { VOICEGATE_ALLOWED_ORIGINS: listed.join(',') });
  quickstart.words["'/api/voice-token'"] = `'${demo.url}/api/voice-token'`;
  browser = await openBrowser();
});
after(async () => {
  await browser.close();
  await demo.stop();
  site.stop();
  quickstart.stop();
});

/** @typedef {{method?: string, headers?: Record<string, string>, body?: string}} Asking what `fetch` is told */

/**
 * Ask for a token as a page does that was written for another token route, and begin a session with it.
 * @param {string} origin of the page
 * @param {string} query
 * @param {Asking} how
 * @returns {Promise<string>} the first thing that the agent's service says, or why there was no token
 */
async function firstWord(origin, query, how) {
  await browser.page.goto(origin);
  return browser.page.evaluate(
    async ({ url, how }) => {
      const response = await fetch(url, how).catch((error) => String(error));
      if (typeof response === 'string') return response;
      const { token, ws_url } = await response.json();
      const socket = new WebSocket(`${ws_url}?token=${encodeURIComponent(token)}`);
      socket.onopen = () => socket.send(JSON.stringify({ type: 'session.update', session: {} }));
      /** @type {MessageEvent<string>} */
      const message = await new Promise((resolve) => (socket.onmessage = resolve));
      socket.close();
      return JSON.parse(message.data).type;
    },
    { url: `${demo.url}/api/voice-token${query}`, how },
  );
}

const JSON_BODY = {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ expires_in_seconds: 60 }),
};

/** @type {[string, string, Asking][]} */
const SPELLINGS = [
  ['GET with nothing', '', {}],
  ['POST with nothing', '', { method: 'POST' }],
  ['POST with JSON', '', JSON_BODY],
  ['the product of the agent service', '?product=voice_agent&expires_in_seconds=60', {}],
  ['a cache-buster', `?_=${Date.now()}`, {}],
];

for (const [name, query, how] of SPELLINGS) {
  test(`a listed page of another origin gets a token that opens a session: ${name}`, async () => {
    assert.equal(await firstWord(site.url, query, how), 'session.updated');
  });
}

test('every preview is listed by one wildcard label', async () => {
  const preview = previews.replace('//', '//pr-7.');
  assert.equal(await firstWord(preview, '', JSON_BODY), 'session.updated');
});

test('what the wildcard does not take in gets nothing', async () => {
  for (const origin of [previews, previews.replace('//', '//a.pr-7.')]) {
    const { tokens_minted: before } = await demo.stats();
    for (const how of [{}, { method: 'POST' }, JSON_BODY]) {
      assert.match(await firstWord(origin, '', how), /Failed to fetch/);
    }
    assert.equal((await demo.stats()).tokens_minted, before);
  }
});

test('the page of the service itself may ask by POST', async () => {
  assert.equal(await firstWord(demo.url, '', { method: 'POST' }), 'session.updated');
});

test('a page of the documented steps needs the address of our route, and talks', async () => {
  const { page, close } = await openBrowser({ microphone: [3, 'question', 60] });
  try {
    await page.goto(quickstart.url);
    await page.getByRole('button', { name: 'Talk' }).click();
    await page.locator('output', { hasText: 'ready' }).waitFor();
    await page.locator('li').nth(1).waitFor(); // what the user said, and the answer
    await page.goto('about:blank'); // the documented steps let go of nothing
  } finally {
    await close();
  }
});
