// A call in which nobody is any more: the person is asked, it ends, its time comes back, and one press goes on with it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser, serveDemo } from './harness.js';

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
before(async () => {
  demo = await serveDemo();
});
after(() => demo.stop());

/**
 * @param {(call: Awaited<ReturnType<typeof openBrowser>> & {asked: import('playwright-core').Locator}) => Promise<void>} act
 *   once the greeting is over; the page's clock can be put on
 */
async function inQuietCall(act) {
  const browser = await openBrowser();
  const { page, passed, close, complaints } = browser;
  try {
    await page.clock.install();
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await passed('connecting', 'live');
    await saidByAgent(page, 0);
    await act({ ...browser, asked: page.locator('.voice-agent[data-error="idle"]') });
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
}

/** A turn of the agent is said to its end: on a busy machine it may be silent in between. @param {import('playwright-core').Page} page @param {number} number */
async function saidByAgent(page, number) {
  await page.locator('.turn[data-role="agent"][data-final="true"]').nth(number).waitFor();
  await page.locator('.voice-agent[data-speaking="none"]').waitFor();
}

/** @param {string} type */
const sent = (type) => demo.readLog().filter(({ frame }) => frame?.type === type).length;

test('whoever does not answer is hung up on, and goes on with the conversation by one press', () =>
  inQuietCall(async ({ page, asked, passed }) => {
    await page.clock.fastForward(180_000);
    await asked.waitFor();
    const alert = page.getByRole('alert');
    await alert.getByRole('heading', { name: 'Are you still there?' }).waitFor();
    await alert.getByRole('timer').getByText('It ends in').waitFor();
    await page.locator('.voice-agent[data-speaking="agent"]').waitFor(); // asks it aloud
    const reported = page.waitForRequest('**/api/session-ends');

    await page.clock.fastForward(30_000);
    await passed('live', 'ended');
    await page.getByText('as nobody was there any more').waitFor();
    await reported;
    assert.equal(sent('session.end'), 1);

    await page.clock.fastForward(600_000); // whoever comes back after lunch
    const goOn = page.getByRole('button', { name: 'Continue the call' });
    await page.context().setOffline(true);
    await goOn.click();
    await passed('ended', 'connecting', 'failed');
    await page.getByRole('button', { name: 'Try again' }).click();
    await passed('failed', 'connecting', 'failed');
    await page.context().setOffline(false);
    await goOn.click(); // still the same conversation
    await passed('failed', 'connecting', 'live');
    const { tokens_minted: tokens } = await demo.stats();
    assert.equal(tokens, 2);
  }));

test('a press, a key and what is typed are signs that somebody is there', () =>
  inQuietCall(async ({ page, asked }) => {
    await page.clock.fastForward(180_000);
    await asked.getByRole('button', { name: 'I am here' }).press('Enter');
    await asked.waitFor({ state: 'detached' });
    await saidByAgent(page, 1); // the question, aloud: what the agent says puts the next one off

    await page.clock.fastForward(170_000);
    await page.getByRole('textbox', { name: /message/i }).press('a');
    await page.clock.fastForward(170_000);
    assert.equal(await asked.count(), 0);
    await page.clock.fastForward(10_000);
    await asked.waitFor();
  }));
