// The operator's page, by keyboard alone: in with the token, new calls stopped and let in again, and out.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser, serveDemo } from './harness.js';

const TOKEN = 'the-token-of-whoever-operates-this';

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
before(async () => {
  demo = await serveDemo([], { VOICEGATE_OPERATOR_TOKEN: TOKEN });
});
after(() => demo.stop());

test('a wrong token is told, the right one shows the numbers, and the switch is pressed', async () => {
  const { page, close } = await openBrowser();
  /** @type {string[]} */
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  /** @param {string} name */
  const reach = async (name) => {
    const button = page.getByRole('button', { name });
    await button.waitFor();
    for (let presses = 0; presses < 12; presses += 1) {
      if (await button.evaluate((found) => found === document.activeElement)) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`${name} is not reached by Tab`);
  };
  const mint = () => page.evaluate(async () => (await fetch('/api/voice-token')).status);
  try {
    await page.goto(`${demo.url}/operator?token=${TOKEN}`);
    const field = page.getByLabel('Operator token');
    for (const token of ['wrong', TOKEN]) {
      await field.focus();
      await page.keyboard.type(token);
      await page.keyboard.press('Enter');
      if (token === 'wrong') await page.getByRole('alert').waitFor();
    }
    await page.getByRole('heading', { name: 'Usage' }).waitFor();
    assert.equal(await page.evaluate(() => document.cookie.includes('operator')), false);
    assert.equal(page.url(), `${demo.url}/operator`);

    await reach('Stop new calls');
    await page.keyboard.press('Space');
    await page.getByText('New calls are stopped.').waitFor();
    assert.equal(await mint(), 503);
    complaints.length = 0; // Chromium writes one for the 503
    await reach('Let new calls in');
    await page.keyboard.press('Enter');
    await page.getByText('New calls are let in.').waitFor();
    assert.equal(await mint(), 200);

    await reach('Sign out');
    await page.keyboard.press('Enter');
    await field.waitFor();
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});
