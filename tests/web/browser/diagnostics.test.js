// The diagnostics page: each trouble under its own name, nothing left open, and a report that gives nothing away.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser, serve, serveDemo } from './harness.js';

const UNTIMED = ['secureContext', 'features', 'permission', 'microphone', 'speaker', 'echo'];
/** On a machine with much to do these find, and say, that things are slow. */
const TIMED = ['rates', 'token', 'socket', 'roundTrip', 'call'];

const WORKS = '[data-status="passed"], [data-status="attention"]';

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
/** For those who need nothing special of it. @type {Awaited<ReturnType<typeof openBrowser>>} */
let shared;
before(async () => {
  demo = await serveDemo();
  shared = await openBrowser();
});
after(async () => {
  await shared.close();
  await demo.stop();
});

/**
 * @param {string} url
 * @param {Parameters<typeof openBrowser>[0]} options
 * @param {(visit: ReturnType<typeof visitOf>) => Promise<void>} act
 */
async function visit(url, options, act) {
  const browser = await openBrowser(options);
  try {
    await browser.page.goto(`${url}/diagnostics`);
    await act(visitOf(browser));
    await browser.page.waitForFunction(() => globalThis.openTracks() === 0);
  } finally {
    await browser.close();
  }
}

/** @param {(visit: ReturnType<typeof visitOf>) => Promise<void>} act */
async function visitAgain(act) {
  await shared.page.goto(`${demo.url}/diagnostics`);
  await act(visitOf(shared));
  await shared.page.unrouteAll();
}

/** @param {Awaited<ReturnType<typeof openBrowser>>} browser */
function visitOf({ page, complaints }) {
  /** @param {string} id @param {string} [status] */
  const row = (id, status) =>
    page.locator(`[data-check="${id}"]${status ? `[data-status="${status}"]` : ''}`);
  return {
    page,
    complaints,
    row,
    /** As well as the machine allows. @param {string} id */
    works: (id) => page.locator(`[data-check="${id}"]:is(${WORKS})`).waitFor(),
    runAll: () => page.getByRole('button', { name: 'Run all checks' }).click(),
    /** Run one, and wait for what it says. @param {string} id @param {RegExp} words */
    runOne: async (id, words) => {
      await row(id).getByRole('button').click();
      await row(id).getByText(words).first().waitFor();
      await page.locator('body[data-phase="done"]').waitFor();
    },
    /** @param {string} name */
    answer: (name) => page.getByRole('button', { name, exact: true }).click(),
    done: () => page.locator('body[data-phase="done"]').waitFor({ timeout: 60_000 }),
  };
}

/** No line of the page is open at the simulator any more, and each session was ended. */
async function assertNothingOpen() {
  const end = Date.now() + 10_000;
  for (;;) {
    const { sockets_open: open, frames_in: sent, sessions_started: sessions } = await demo.stats();
    if (open === 0 && (sent['session.end'] ?? 0) >= sessions) return;
    if (Date.now() > end) assert.fail(`${open} sockets are open, ${sessions} sessions began`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('where all is well every check passes, and the report holds no token', async () => {
  const permissions = ['microphone', 'clipboard-read', 'clipboard-write'];
  const options = { microphone: [1.2, 'question', 60], context: { permissions } };

  await visit(demo.url, options, async ({ page, complaints, row, works, runAll, answer, done }) => {
    /** @type {string[]} */
    const tokens = [];
    page.on('response', async (response) => {
      if (response.url().includes('/api/voice-token')) tokens.push((await response.json()).token);
    });
    await runAll();
    await page.getByText('Did you hear four rising tones?').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Yes, I heard it');
    await answer('Yes, I heard it');
    await page.getByRole('button', { name: 'Start the test call' }).waitFor();
    await assertNothingOpen(); // before the press there is no call
    await answer('Start the test call');
    await done();

    for (const id of UNTIMED) await row(id, 'passed').waitFor();
    for (const id of TIMED) await works(id);
    await page.getByRole('heading', { name: /All is well|A call works/ }).waitFor();
    await answer('Copy report');
    await page.getByText('Copied').waitFor();
    const report = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(report.match(/^\w+: (passed|attention) \(/gm)?.length, 11);
    assert.match(report, /device: virtual/);
    assert.equal(tokens.length, 2);
    for (const token of tokens) assert.ok(!report.includes(token));
    assert.deepEqual(complaints, []);
  });
  await assertNothingOpen();
  const { violations, tokens_minted: minted, sockets_opened: opened } = await demo.stats();
  assert.deepEqual(violations, {});
  assert.equal(minted, opened);
});

test('a refused microphone is told, what needs it is skipped, and the line is checked all the same', () =>
  visit(demo.url, { isAllowed: false }, async ({ page, row, works, runAll, answer, done }) => {
    await runAll();
    await row('microphone', 'failed')
      .getByText(/microphone is blocked/)
      .waitFor();
    await answer('No');
    await done();

    for (const id of ['echo', 'rates', 'call']) await row(id, 'skipped').waitFor();
    await row('speaker', 'failed')
      .getByText(/volume/)
      .waitFor();
    for (const id of ['token', 'socket', 'roundTrip']) await works(id);
    await page.getByRole('heading', { name: 'Something is in the way' }).waitFor();
  }));

test('a token that is refused is told in the words of the main page', () =>
  visitAgain(async ({ runOne }) => {
    try {
      await demo.control({ token_status: 429, token_headers: { 'Retry-After': '7' } });
      await runOne('token', /All lines are busy.*in 7 seconds/);
      await demo.control({ token_status: 503 });
      await runOne('token', /The voice service is away/);
    } finally {
      await demo.control({ token_status: null });
    }
    await runOne('token', /allows a call/);
  }));

test('a line that is turned away by a service that is reached', () =>
  visitAgain(async ({ runOne }) => {
    try {
      await demo.control({ faults: { refuse_upgrade: '503' } });
      await runOne('socket', /turned away/);
    } finally {
      await demo.control({ faults: { refuse_upgrade: null } });
    }
    await runOne('socket', /is reached(\.|, but connecting)/);
    await assertNothingOpen();
  }));

test('a network that blocks the voice service and nothing else', async () => {
  const simulator = await serve(['-m', 'app.simulator']);
  const upstream = simulator.url.replace('127.0.0.1', 'localhost');
  const service = await serve(['-m', 'app'], {
    ASSEMBLYAI_API_KEY: 'any',
    VOICEGATE_UPSTREAM_URL: upstream,
  });
  try {
    // The browser, unlike the service, finds nobody there.
    const flags = ['--host-resolver-rules=MAP localhost 127.0.0.1:9'];
    await visit(service.url, { flags }, async ({ runOne }) => {
      await runOne('token', /allows a call/);
      await runOne('socket', /firewall, VPN or proxy/);
    });
  } finally {
    await service.stop();
    await simulator.stop();
  }
});

test('a token that the service refuses on the open line', () =>
  visitAgain(async ({ page, runOne }) => {
    await page.route('**/api/voice-token*', async (route) => {
      const { origin } = new URL(route.request().url());
      const answer = await route.fetch({ headers: { ...route.request().headers(), origin } });
      await route.fulfill({ json: { ...(await answer.json()), token: 'forged' } });
    });

    await runOne('socket', /refused the call/);
  }));

test('without the access code: said so, with the way to where it is entered', async () => {
  const closed = await serveDemo([], {
    VOICEGATE_ACCESS: 'code',
    VOICEGATE_ACCESS_CODES: 'blue-heron-42',
  });
  try {
    await visit(closed.url, {}, async ({ page, row, runOne }) => {
      await runOne('token', /access code is needed/);
      await row('token').getByRole('link', { name: 'Enter the code' }).click();
      await page.waitForURL(`${closed.url}/`);
    });
  } finally {
    await closed.stop();
  }
});

test('stopped in the middle, microphone and line are let go of', () =>
  visitAgain(async ({ page, row, runAll }) => {
    await runAll();
    await row('microphone', 'running').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();

    await page.getByRole('heading', { name: 'Stopped' }).waitFor();
    await row('microphone', 'waiting').waitFor();
    await page.waitForFunction(() => globalThis.openTracks() === 0);
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'stage-title');
    await assertNothingOpen();
  }));

test('where the clipboard is closed, the report is shown and selected', () =>
  visitAgain(async ({ page, runOne, answer }) => {
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error('closed'));
    });
    await runOne('secureContext', /secure/);
    await answer('Copy report');

    const field = page.getByRole('textbox', { name: 'Report' });
    await field.waitFor();
    assert.equal(await page.evaluate(() => String(getSelection())), await field.inputValue());
    assert.match(await field.inputValue(), /secureContext: passed/);
  }));
