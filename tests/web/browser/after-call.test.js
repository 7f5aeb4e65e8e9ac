// What stands below a conversation that is over: its length and cost, how it was, and the conversation itself.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openBrowser, serveDemo } from './harness.js';

const AGENTS = fileURLToPath(new URL('../gallery/agents.toml', import.meta.url));

test('after a call its cost is told, a thumb and a word reach the operator, and the conversation is there to take', async () => {
  /** @type {string[]} */
  const posted = [];
  const receiver = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    posted.push(body);
    response.writeHead(204).end();
    receiver.emit('posted');
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (receiver.address());
  const demo = await serveDemo([], {
    VOICEGATE_AGENTS_FILE: AGENTS,
    VOICEGATE_FEEDBACK_URL: `http://127.0.0.1:${port}/hook`,
  });
  const { page, complaints, passed, close } = await openBrowser();
  try {
    await page.goto(demo.url);
    await page.locator('#call').click();
    await page.locator('.turn[data-final="true"]').first().waitFor();
    await page.locator('#call').click();
    await passed('live', 'ended');
    const after = page.getByRole('group', { name: 'After the call' });
    await after.getByText(/\d seconds?, about \$\d+\.\d\d$/).waitFor();

    const download = page.waitForEvent('download');
    await after.getByRole('button', { name: 'Download conversation' }).click();
    assert.match(readFileSync(await (await download).path(), 'utf8'), /Assistant: Hi there!/);

    await after.getByRole('button', { name: 'Good', exact: true }).focus();
    await page.keyboard.press('Enter');
    const arrived = once(receiver, 'posted');
    await after.getByRole('textbox').fill('Schnell. <b>שלום</b>');
    await page.keyboard.press('Enter');
    await after.getByText('Thank you.').waitFor();
    await arrived;
    const { caller, received_at: _, duration_seconds: seconds, ...said } = JSON.parse(posted[0]);
    assert.deepEqual(said, { rating: 'up', agent: 'assistant', comment: 'Schnell. <b>שלום</b>' });
    assert.ok(caller && seconds >= 1);

    await page.locator('#call').click();
    await passed('ended', 'connecting', 'live');
    await page.locator('#after:empty').waitFor({ state: 'attached' });
    assert.deepEqual(complaints, []);
  } finally {
    await close();
    await demo.stop();
    receiver.close();
  }
});
