import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fetchForPage, openBrowser, serve, serveDemo } from './harness.js';
import { refuseWorkers } from './in-page.js';

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
before(async () => {
  demo = await serveDemo([], { VOICEGATE_PUBLIC_URL: 'http://gate.test' });
});
after(() => demo.stop());

/**
 * Open the page, press the button, and expect the call to fail with this error, told in these words.
 * @param {string} url
 * @param {Parameters<typeof openBrowser>[0]} options
 * @param {{code: string, words: RegExp, prepare?: (page: import('playwright-core').Page) => Promise<unknown>}} expected
 */
async function expectTrouble(url, options, { code, words, prepare }) {
  const { page, close } = await openBrowser(options);
  try {
    await prepare?.(page);
    await page.goto(url);
    await page.getByRole('button', { name: 'Start talking' }).click();

    await page.locator(`.voice-agent[data-state="failed"][data-error="${code}"]`).waitFor();
    await page.getByRole('alert').getByText(words).first().waitFor();
    await page.waitForFunction(() => globalThis.openTracks() === 0);
  } finally {
    await close();
  }
}

test('a microphone that is not allowed: said so, and no token is asked for', async () => {
  const { tokens_minted: before } = await demo.stats();

  await expectTrouble(
    demo.url,
    { isAllowed: false },
    { code: 'microphone-denied', words: /microphone is blocked/i },
  );

  assert.equal((await demo.stats()).tokens_minted, before);
});

test('a machine without a microphone', async () => {
  await expectTrouble(
    demo.url,
    { microphone: null },
    { code: 'microphone-not-found', words: /No microphone found/ },
  );
});

test('an address that browsers do not trust', async () => {
  const url = demo.url.replace('127.0.0.1', 'gate.test');

  await expectTrouble(
    url,
    { flags: ['--host-resolver-rules=MAP gate.test 127.0.0.1'] },
    { code: 'insecure-context', words: /not secure/ },
  );
});

/** @type {[string, object, string, RegExp][]} */
const UPSTREAM = [
  ['an upstream that is away', { token_status: 503 }, 'token-unavailable', /./],
  [
    'an upstream that is busy, with the time to wait',
    { token_status: 429, token_headers: { 'Retry-After': '7' } },
    'token-limited',
    /busy|second/,
  ],
  ['an account that cannot pay', { token_status: 402 }, 'token-unavailable', /Calls are paused/],
];

for (const [name, fault, code, words] of UPSTREAM) {
  test(name, async () => {
    await demo.control(fault);
    try {
      await expectTrouble(demo.url, {}, { code, words });
    } finally {
      await demo.control({ token_status: null });
    }
  });
}

test('a token that the socket refuses', async () => {
  /** @param {import('playwright-core').Page} page */
  const prepare = (page) =>
    page.route('**/api/voice-token*', async (route) => {
      const json = await (await fetchForPage(route)).json();
      await route.fulfill({ json: { ...json, token: 'forged' } });
    });

  await expectTrouble(demo.url, {}, { code: 'unauthorized', words: /refused the call/, prepare });
});

test('a key that the service does not accept is an operator’s matter, and says so', async () => {
  const simulator = await serve(['-m', 'app.simulator', '--key', 'right']);
  const service = await serve(['-m', 'app'], {
    ASSEMBLYAI_API_KEY: 'wrong',
    VOICEGATE_UPSTREAM_URL: simulator.url,
  });
  try {
    await expectTrouble(
      service.url,
      {},
      { code: 'token-unavailable', words: /not set up correctly/ },
    );
  } finally {
    await service.stop();
    await simulator.stop();
  }
});

test('a wait is counted down in words, and the button comes back when it is over', async () => {
  const { page, passed, close } = await openBrowser();
  const retry = page.getByRole('button', { name: 'Try again' });
  try {
    await demo.control({ token_status: 429, token_headers: { 'Retry-After': '3' } });
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await page
      .getByRole('timer')
      .getByText(/^You can try again in [1-3] seconds?\.$/)
      .waitFor();
    assert.equal(await retry.getAttribute('aria-disabled'), 'true');

    await demo.control({ token_status: null });
    await page.getByRole('timer').waitFor({ state: 'detached' });
    await page.getByRole('status').getByText('You can try again now.').waitFor();
    await retry.click();
    await passed('failed', 'connecting', 'live');
  } finally {
    await demo.control({ token_status: null });
    await close();
  }
});

test('however long the wait, the button does nothing for ten seconds at most', async () => {
  const { page, passed, close } = await openBrowser();
  const retry = page.getByRole('button', { name: 'Try again' });
  try {
    await page.route('**/api/voice-token*', (route) =>
      route.fulfill({
        status: 429,
        contentType: 'application/problem+json',
        headers: { 'Retry-After': '33143' },
        json: { status: 429, code: 'quota_exhausted', title: 'No', detail: 'No.' },
      }),
    );
    await page.clock.install();
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await passed('connecting', 'failed');
    assert.equal(await retry.getAttribute('aria-disabled'), 'true');

    await page.unroute('**/api/voice-token*');
    await page.clock.fastForward(10_000);
    await page.getByRole('timer').getByText(/hour/).waitFor();
    await retry.click();
    await passed('failed', 'connecting', 'live');
  } finally {
    await close();
  }
});

test('after trouble is over, trying again works', async () => {
  const { page, passed, close } = await openBrowser();
  try {
    await demo.control({ token_status: 503 });
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await passed('connecting', 'failed');

    await demo.control({ token_status: null });
    await page.getByRole('button', { name: 'Try again' }).click();
    await passed('failed', 'connecting', 'live');
  } finally {
    await close();
  }
});

test('where no Worker can be had, the call runs on the main thread', async () => {
  const { page, passed, close } = await openBrowser();
  try {
    await page.addInitScript(refuseWorkers);
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await passed('connecting', 'live');
    await page.waitForFunction(() =>
      globalThis.heard().some(({ samples }) => Math.max(...samples) > 0.01),
    );

    assert.equal(page.workers().length, 0);
  } finally {
    await close();
  }
});
