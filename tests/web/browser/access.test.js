// A page whose operator gave out access codes: asked once, by keyboard as well, and again when it counts no more.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser, serveDemo } from './harness.js';

const CODES = ['blue-heron-42', 'grey-owl-1234'];

/** What the service lets an address guess in a minute. */
const FREE_GUESSES = 10;

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
before(async () => {
  demo = await serveDemo([], { VOICEGATE_ACCESS: 'code', VOICEGATE_ACCESS_CODES: CODES.join() });
});
after(() => demo.stop());

/**
 * @param {(visitor: Awaited<ReturnType<typeof visit>>) => Promise<void>} act
 * @param {string} [url]
 */
async function withVisitor(act, url = demo.url) {
  const browser = await openBrowser();
  try {
    await act(await visit(browser, url));
  } finally {
    await browser.close();
  }
}

/**
 * @param {Awaited<ReturnType<typeof openBrowser>>} browser
 * @param {string} url
 */
async function visit({ page, passed }, url) {
  const asked = page.waitForResponse('**/api/access');
  await page.goto(url);
  await asked;
  const dialog = page.getByRole('dialog', { name: 'This page needs an access code.' });
  const field = dialog.getByRole('textbox', { name: 'Access code' });
  return {
    page,
    passed,
    dialog,
    field,
    error: dialog.getByRole('alert'),
    press: () => page.getByRole('button', { name: /Start talking|Try again/ }).click(),
    /** @param {string} code */
    enter: async (code) => {
      await field.fill(code);
      await page.keyboard.press('Enter');
    },
    focused: () => page.evaluate(() => globalThis.focused()?.id),
  };
}

test('by keyboard alone: a wrong code is said to be wrong, the right one starts the call', () =>
  withVisitor(async ({ page, passed, dialog, field, error, focused }) => {
    const { tokens_minted: before } = await demo.stats();
    await page.locator('#call').focus();
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    assert.equal(await focused(), 'access-code');

    await page.keyboard.press('Enter');
    await error.getByText('Type the access code first.').waitFor();
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await error.getByText('That code is not right.').waitFor();
    assert.equal(await focused(), 'access-code');
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    const border = await field.evaluate((input) => getComputedStyle(input).borderTopColor);
    assert.equal(border, await error.evaluate((sentence) => getComputedStyle(sentence).color));
    assert.equal(await field.getAttribute('aria-describedby'), await error.getAttribute('id'));
    assert.equal((await demo.stats()).tokens_minted, before);

    await page.keyboard.type(CODES[0]); // what was wrong is selected, and replaced
    await page.keyboard.press('Enter');
    await passed('connecting', 'live');
    assert.equal(await dialog.isVisible(), false);
    assert.equal(await focused(), 'call');
    assert.equal((await demo.stats()).tokens_minted, before + 1);
  }));

test('who has entered it once is not asked again, and no script can read what it earned', () =>
  withVisitor(async ({ page, passed, press, enter, dialog }) => {
    await press();
    await enter(` ${CODES[1]} `);
    await passed('connecting', 'live');
    await page.getByRole('button', { name: 'End call' }).click();
    await passed('live', 'ended');

    const asked = page.waitForResponse('**/api/access');
    await page.reload();
    assert.deepEqual(await (await asked).json(), { mode: 'code', granted: true });
    assert.equal(await page.evaluate(() => document.cookie), '');
    assert.equal(
      await page.evaluate(() => JSON.stringify([localStorage, sessionStorage])),
      '[{},{}]',
    );
    await press();
    await passed('connecting', 'live');
    assert.equal(await dialog.isVisible(), false);
  }));

test('Escape gives up: no call, no words of trouble, and the focus is back on the button', () =>
  withVisitor(async ({ page, press, dialog, field, focused }) => {
    await press();
    await field.fill('half a co');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });

    assert.equal(await focused(), 'call');
    assert.equal(await page.locator('body').getAttribute('data-state'), 'idle');
    await press();
    assert.equal(await field.inputValue(), '');
  }));

test('a service that is away is said to be away, and the code stays for another try', () =>
  withVisitor(async ({ page, passed, press, enter, error, field }) => {
    await page.route('**/api/access', (route) => route.abort());
    await press();
    await enter(CODES[0]);
    await error.getByText('The service cannot be reached.').waitFor();
    assert.equal(await field.inputValue(), CODES[0]);

    await page.unroute('**/api/access');
    await page.keyboard.press('Enter');
    await passed('connecting', 'live');
  }));

test('when what it earned counts no more in the middle of a call, the code is asked for again', () =>
  withVisitor(async ({ page, passed, press, enter, dialog }) => {
    await press();
    await enter(CODES[0]);
    await passed('connecting', 'live');

    await page.context().clearCookies();
    await demo.control({ drop: true });
    await passed('live', 'reconnecting', 'failed');
    await dialog.waitFor();
    await page.getByText('An access code is needed').waitFor();
    await enter(CODES[0]);
    await passed('failed', 'connecting', 'live');
  }));

test('where people sign in elsewhere, no code is asked for, and the page says what to do', async () => {
  const signedIn = await serveDemo([], {
    VOICEGATE_ACCESS: 'jwt',
    VOICEGATE_JWT_KEY: 'a'.repeat(48),
    VOICEGATE_JWT_ISSUER: 'https://login.example',
    VOICEGATE_JWT_AUDIENCE: 'voicegate',
  });
  try {
    await withVisitor(async ({ page, passed, press, dialog }) => {
      await press();
      await passed('connecting', 'failed');
      await page.getByRole('alert').getByText('Please sign in').waitFor();
      assert.equal(await dialog.isVisible(), false);
    }, signedIn.url);
  } finally {
    await signedIn.stop();
  }
});

// The last one: from here on this address has to wait.
test('who guesses too often is told how long to wait', () =>
  withVisitor(async ({ page, press, enter, error }) => {
    await press();
    await page.evaluate(async (guesses) => {
      for (let guess = 0; guess < guesses; guess += 1) {
        const headers = { 'Content-Type': 'application/json' };
        await fetch('/api/access', { method: 'POST', headers, body: `{"code":"no ${guess}"}` });
      }
    }, FREE_GUESSES);
    await enter('wrong');

    await error.getByText(/^Too many attempts; try again in .*\d+ seconds?\.$/).waitFor();
    const submit = page.getByRole('dialog').getByRole('button', { name: 'Start talking' });
    assert.equal(await submit.getAttribute('aria-disabled'), 'true');
  }));
