import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { openBrowser, serve } from './harness.js';

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
  const { page, close } = await openBrowser();
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
