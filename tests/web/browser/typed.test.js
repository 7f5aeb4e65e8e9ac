// A conversation that is typed, by keyboard alone: where there is no microphone, and where it is refused at first.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import {
  assertFramesAreValid,
  assertOneTokenASocket,
  frameFrom,
  openBrowser,
  serveDemo,
} from './harness.js';
import { openShop } from './shop.js';

/** @typedef {import('playwright-core').Page} Page */

/** @type {import('./shop.js').Shop} */
let shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.stop());

/**
 * @param {Parameters<typeof openBrowser>[0]} options
 * @param {(browser: Awaited<ReturnType<typeof openBrowser>>, demo: Awaited<ReturnType<typeof serveDemo>>) => Promise<void>} act
 */
async function inBrowser(options, act) {
  const demo = await serveDemo([], { VOICEGATE_ALLOWED_ORIGINS: shop.url });
  shop.gate = demo.url;
  const browser = await openBrowser(options);
  try {
    await act(browser, demo);
    assertFramesAreValid(demo.readLog());
    assertOneTokenASocket(await demo.stats());
    assert.equal((await demo.stats()).sockets_opened, 1);
    assert.deepEqual(browser.complaints, []);
  } finally {
    await browser.close();
    await demo.stop();
  }
}

/** @param {Page} page @param {string} id */
async function tabTo(page, id) {
  const focused = () => page.evaluate(() => globalThis.focused()?.id);
  for (let presses = 0; (await focused()) !== id; presses += 1) {
    assert.ok(presses < 15, `${id} is not reached by Tab`);
    await page.keyboard.press('Tab');
  }
}

/** @param {Awaited<ReturnType<typeof openBrowser>>} browser @param {string} when */
async function assertAccessible({ page, complaints }, when) {
  const { length } = complaints;
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(
    violations.map(({ id, nodes }) => [id, nodes[0].html]),
    [],
    when,
  );
  complaints.length = length; // axe styles what it looks at
}

/** Type where the focus is, and read the answer. @param {Page} page @param {string} text */
async function ask(page, text) {
  await page.locator('.voice-agent[data-state="live"]').waitFor();
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
  const log = page.getByRole('log', { name: 'Conversation' });
  await log.locator('.turn[data-role="user"]').getByText(text).waitFor();
  await log.locator('[data-final="true"]').getByText('Your message arrived.').waitFor();
}

test('without any microphone the page is typed to, by keyboard alone', () =>
  inBrowser({ microphone: null, isAllowed: false }, async (browser, demo) => {
    const { page } = browser;
    await page.goto(demo.url);
    await tabTo(page, 'type');
    await page.keyboard.press('Enter'); // the focus goes to the field by itself
    await ask(page, 'Is there a table for two?');
    await assertAccessible(browser, 'in a typed call');
    await tabTo(page, 'call');
    await page.keyboard.press('Enter');
    await page.locator('.voice-agent[data-state="ended"]').waitFor();
  }));

test('where the microphone is refused the element is typed to, and heard in the same session once it is allowed', () =>
  inBrowser({ microphone: ['question', 60], isAllowed: false }, async (browser, demo) => {
    const { page } = browser;
    shop.markup = '<voice-agent></voice-agent>';
    await page.goto(shop.url);
    await tabTo(page, 'call');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Or type instead').waitFor();
    await assertAccessible(browser, 'refused');
    await tabTo(page, 'type');
    await page.keyboard.press('Enter');
    await ask(page, 'Hello there');

    await tabTo(page, 'mute');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('The microphone is blocked').waitFor();
    await page.context().grantPermissions(['microphone']);
    await page.getByRole('button', { name: 'Talk' }).press('Enter');
    await page.getByRole('button', { name: 'Mute' }).waitFor();
    await page.locator('.voice-agent:not([data-error])').waitFor();
    await frameFrom(demo, ({ type }) => type === 'transcript.user');
    await page.getByRole('button', { name: 'End call' }).press('Enter');
    await page.locator('.voice-agent[data-state="ended"]').waitFor();
  }));

test('a call that begins before what shows it has come stands below the one that was left, under its own heading', () =>
  inBrowser({ microphone: null, isAllowed: false }, async ({ page }, demo) => {
    await page.addInitScript(() => {
      const turn = { role: 'user', text: 'Said before.', final: true, interrupted: false };
      const turns = [{ id: 'a', ...turn, startedAt: Date.now() - 10_000 }];
      const call = { sessionId: null, leftAtMs: Date.now(), turns };
      sessionStorage.setItem('voicegate-call', JSON.stringify(call));
    });
    let goOn = () => {};
    const isWanted = new Promise((resolve) => (goOn = () => resolve(undefined)));
    await page.route('**/in-call*.js', async (route) => {
      await isWanted;
      await route.continue();
    });
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Type instead' }).click();
    await page.locator('.voice-agent[data-state="live"]').waitFor();
    goOn();
    const log = page.getByRole('log', { name: 'Conversation' });
    await log.getByText('Say something').waitFor();
    const rows = await log.locator('> *').allInnerTexts();
    const sought = [/Said before/, /The page was left/, /Call started at/, /Say something/];
    assert.equal(rows.length, sought.length);
    sought.forEach((words, at) => assert.match(rows[at], words));
    await page.getByRole('button', { name: 'End call' }).click();
    await page.locator('.voice-agent[data-state="ended"]').waitFor();
  }));

test('a call in writing is read at once, without any sound', () =>
  inBrowser({ microphone: null, isAllowed: false }, async (browser) => {
    const { page, heard } = browser;
    shop.markup = '<voice-agent text-only></voice-agent>';
    await page.goto(shop.url);
    await tabTo(page, 'call');
    await page.getByRole('button', { name: 'Start a chat' }).press('Enter');
    await page.locator('.turn[data-role="agent"][data-final="true"]').first().waitFor();
    await ask(page, 'Hello there');
    await assertAccessible(browser, 'in writing');
    await page.getByRole('button', { name: 'End chat' }).press('Enter');
    await page.locator('.voice-agent[data-state="ended"]').waitFor();
    assert.deepEqual(await heard(), []);
  }));
