import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openBrowser, serve } from './harness.js';
import { ONE_CLIENT } from './leftovers.js';
import { envelope, longestPauseMs } from './listening.js';
import { openShop } from './shop.js';
import { RATE_HZ, readWav } from './wav.js';

/**
 * Another front end: one page of its own, on an origin of its own, that imports the client from the gate.
 * @param {string} gate
 */
const pageFor = (gate) => `<!doctype html><title>Shop</title><button>Talk</button><output></output>
<script type="module">
  import { createVoiceAgent } from '${gate}/static/voice-agent/index.js';
  const agent = createVoiceAgent({ tokenUrl: '${gate}/api/voice-token', session: { greeting: 'Hi.' } });
  const output = document.querySelector('output');
  agent.on('state', ({ state, error }) => (output.textContent = error?.message ?? state));
  agent.on('speaking', ({ agent: speaks }) => speaks && (output.textContent = 'heard'));
  document.querySelector('button').onclick = () => agent.start().catch(() => {});
</script>`;

let gate = '';
const shop = createServer((_request, response) => {
  response.setHeader('Content-Type', 'text/html');
  response.end(pageFor(gate));
});
let shopUrl = '';

before(async () => {
  shop.listen(0, '127.0.0.1');
  await once(shop, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (shop.address());
  shopUrl = `http://127.0.0.1:${port}`;
});
after(() => void shop.close());

/**
 * @param {Record<string, string>} settings
 * @param {string} outcome
 */
async function expectOutcome(settings, outcome) {
  const service = await serve(['-m', 'app', '--demo'], settings);
  gate = service.url;
  const { page, close } = await openBrowser({ kept: ONE_CLIENT });
  try {
    await page.goto(shopUrl);
    await page.getByRole('button', { name: 'Talk' }).click();
    await page.locator('output').getByText(outcome, { exact: true }).waitFor();
    const expected = outcome === 'heard' ? 1 : 0; // a microphone that comes late is let go of late
    await page.waitForFunction((tracks) => globalThis.openTracks() === tracks, expected);
  } finally {
    await close();
    await service.stop();
  }
}

test('a page of a listed origin imports the client and hears the agent', () =>
  expectOutcome({ VOICEGATE_ALLOWED_ORIGINS: shopUrl }, 'heard'));

test('a page of any other origin gets no token, and is told what may be wrong', () =>
  expectOutcome(
    {},
    "The service that starts calls could not be reached, or this page's origin is not on its list.",
  ));

const GREETING = readWav(
  fileURLToPath(new URL('../../../app/simulator/audio/clips/greeting.wav', import.meta.url)),
);

/**
 * A call of the element on a page of another origin, until the greeting has been heard.
 * @param {object} how
 * @param {(documented: string) => string} [how.amend] the page's policy
 * @param {(page: import('playwright-core').Page) => Promise<unknown>} [how.meanwhile] once it is heard
 */
async function callFromShop({ amend, meanwhile }) {
  const shop = await openShop();
  const service = await serve(['-m', 'app', '--demo'], { VOICEGATE_ALLOWED_ORIGINS: shop.url });
  Object.assign(shop, { gate: service.url, markup: '<voice-agent></voice-agent>' });
  if (amend) shop.amend = amend;
  const { page, complaints, heard, close } = await openBrowser();
  try {
    await page.goto(shop.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await page.locator('voice-agent [data-speaking="agent"]').waitFor();
    await meanwhile?.(page);
    await page.locator('voice-agent [data-speaking="none"]').waitFor();
    const threads = await page.locator('voice-agent').evaluate((element) => {
      const { agentClient } = /** @type {any} */ (element);
      return [agentClient.thread, agentClient.stats.thread];
    });
    const blocks = await heard();
    const samples = blocks.flatMap((block) => [...block.samples]);
    return { threads, complaints, heard: envelope(samples, blocks[0].rateHz) };
  } finally {
    await close();
    await service.stop();
    shop.stop();
  }
}

test('the session of an element from another origin has a Worker, and a page that stalls makes no gap', async () => {
  const STALL_MS = 1_500;
  const { threads, complaints, heard } = await callFromShop({
    meanwhile: (page) =>
      page.evaluate((stallMs) => {
        const endMs = performance.now() + stallMs;
        while (performance.now() < endMs);
      }, STALL_MS),
  });
  assert.deepEqual(threads, ['worker', 'worker']);
  const ownMs = longestPauseMs(envelope(GREETING, RATE_HZ, 32_768));
  const pauseMs = longestPauseMs(heard);
  assert.ok(pauseMs < ownMs + STALL_MS / 2, `silent for ${pauseMs} ms, the sentence for ${ownMs}`);
  assert.deepEqual(complaints, []);
});

test("where the page's policy lets no blob be a Worker, the session has its thread, and says so", async () => {
  const { threads, complaints } = await callFromShop({
    amend: (documented) => documented.replace('worker-src blob:;', ''),
  });
  assert.deepEqual(threads, ['main', 'main']);
  assert.equal(complaints.length, 1, complaints.join('\n'));
  assert.match(complaints[0], /blob:.* violates/);
});
