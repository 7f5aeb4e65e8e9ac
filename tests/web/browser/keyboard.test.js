import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { frameFrom, openBrowser, serveDemo } from './harness.js';

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
before(async () => {
  demo = await serveDemo();
});
after(() => demo.stop());

test('a call by keyboard alone: start, type, mute, end, and the focus stays where it was', async () => {
  const { page, passed, close } = await openBrowser();
  const focused = () => page.evaluate(() => globalThis.focused()?.id);
  /** @param {string} id */
  const tabTo = async (id) => {
    for (let presses = 0; (await focused()) !== id; presses += 1) {
      assert.ok(presses < 12, `${id} is not reached by Tab`);
      await page.keyboard.press('Tab');
    }
  };
  try {
    await page.goto(demo.url);
    await tabTo('call');
    await page.keyboard.press('Enter');
    await passed('connecting', 'live');
    assert.equal(await focused(), 'call');

    await page.getByRole('textbox', { name: 'Message to the agent' }).focus();
    await page.keyboard.type('Hello there');
    await page.keyboard.press('Enter');
    await page.getByRole('log').getByText('Hello there').waitFor();
    await frameFrom(demo, ({ type, status }) => type === 'reply.done' && status === 'completed');

    await tabTo('mute');
    await page.keyboard.press('Space');
    await page.locator('.voice-agent[data-muted="true"]').waitFor();
    await tabTo('call');
    await page.keyboard.press('Enter');
    await passed('live', 'ended');
    assert.equal(await focused(), 'call');
  } finally {
    await close();
  }
});
