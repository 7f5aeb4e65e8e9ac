// A front end with a token service of its own: it sees the page's access token with each request, and hears of each
// session that is over, also when the page is left.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { openBrowser, serveDemo } from './harness.js';
import { ONE_CLIENT } from './leftovers.js';
import { refuseWorkers } from './in-page.js';
import { until } from './line.js';

const PAGE = `<!doctype html><title>Shop</title><button>Talk</button><button>Bye</button>
<script type="module">
  import { createVoiceAgent } from '/static/voice-agent/index.js';
  let asked = 0;
  const agent = createVoiceAgent({
    tokenUrl: '/api/voice-token',
    accessToken: async () => 'word-' + (asked += 1),
    session: { greeting: 'Hi.' },
  });
  agent.on('state', ({ state }) => (document.body.dataset.state = state));
  const [talk, bye] = document.querySelectorAll('button');
  talk.onclick = () => agent.start().catch(() => {});
  bye.onclick = () => agent.stop();
</script>`;

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
/** @type {{authorization?: string, receipt: string}[]} what tokens were asked for with, and given out with */
let given = [];
/** @type {{authorization?: string, body: any}[]} the ends that were told */
let told = [];

const shop = createServer(async (request, response) => {
  const { authorization } = request.headers;
  if (request.url === '/') return response.setHeader('Content-Type', 'text/html').end(PAGE);
  if (request.url === '/api/session-ends') {
    let text = '';
    for await (const chunk of request) text += chunk;
    told.push({ authorization, body: JSON.parse(text) });
    return response.writeHead(202).end();
  }
  const answer = await fetch(demo.url + request.url);
  response.setHeader('Content-Type', answer.headers.get('Content-Type') ?? '');
  if (!request.url?.startsWith('/api/voice-token')) return response.end(await answer.text());
  const receipt = `receipt-${given.length + 1}`;
  given.push({ authorization, receipt });
  return response.end(JSON.stringify({ ...(await answer.json()), receipt }));
});
let shopUrl = '';

before(async () => {
  demo = await serveDemo();
  shop.listen(0, '127.0.0.1');
  await once(shop, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (shop.address());
  shopUrl = `http://127.0.0.1:${port}`;
});
after(async () => {
  shop.closeAllConnections();
  shop.close();
  await demo.stop();
});

/** @param {(page: import('playwright-core').Page) => Promise<unknown>} leave */
async function expectEndTold(leave) {
  [given, told] = [[], []];
  const { page, passed, close } = await openBrowser({ kept: ONE_CLIENT });
  try {
    await page.goto(shopUrl);
    await page.getByRole('button', { name: 'Talk' }).click();
    await passed('connecting', 'live');
    assert.deepEqual(told, []);
    assert.deepEqual(given, [{ authorization: 'Bearer word-1', receipt: 'receipt-1' }]);

    await leave(page);
    await until(() => told.length, 'the end of the session');
    // Whether `session.end` is out before Chromium ends the Worker is up to Chromium: the socket is not.
    await until(async () => (await demo.stats()).sockets_open === 0, 'the end of the socket');
  } finally {
    await close();
  }
  const ready = demo.readLog().findLast(({ frame }) => frame?.type === 'session.ready');
  const { session_id } = ready.frame;
  const body = { session_id, receipt: 'receipt-1' };
  assert.deepEqual(told, [{ authorization: undefined, body }]);
}

test('the end of a call is told, once, without the access token', () =>
  expectEndTold((page) => page.getByRole('button', { name: 'Bye' }).click()));

test('the hosted page tells its own service, which takes it', async () => {
  const { page, passed, close } = await openBrowser();
  try {
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await passed('connecting', 'live');
    const answered = page.waitForResponse('**/api/session-ends');
    await page.getByRole('button', { name: 'End call' }).click();

    assert.equal((await answered).status(), 202);
  } finally {
    await close();
  }
});

test('a page that is left tells it on its way', () =>
  expectEndTold((page) => page.goto('about:blank')));

test('a page that is closed tells it on its way', () =>
  expectEndTold((page) => page.close({ runBeforeUnload: true })));

test('a page whose core runs on the main thread tells it on its way', async () =>
  expectEndTold(async (page) => {
    assert.equal(page.workers().length, 1, 'the tests above are about a Worker');
    await page.addInitScript(refuseWorkers);
    await page.reload();
    await until(() => told.length, 'the end of the first session');
    [given, told] = [[], []];
    await page.getByRole('button', { name: 'Talk' }).click();
    await page.locator('body[data-state="live"]').waitFor();
    assert.equal(page.workers().length, 0);
    await page.goto('about:blank');
  }));
