// The details of a call: what they show, what they never show, and the report that is copied from them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser, serveDemo } from './harness.js';

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
before(async () => {
  demo = await serveDemo();
});
after(() => demo.stop());

const TYPED = 'Marmalade telephone';

/** @param {import('playwright-core').Page} page */
const panelOf = (page) => page.getByRole('dialog', { name: 'Call details' });

/**
 * Resolves once a fact of the panel reads like this.
 * @param {import('playwright-core').Page} page
 * @param {string} name
 * @param {RegExp} words
 */
const factReads = (page, name, words) =>
  page.locator(`[data-fact="${name}"]`).filter({ hasText: words }).waitFor();

/** What nobody may read in a report: all tokens, prompts and words that went over the wire. */
function secrets() {
  const frames = demo.readLog().flatMap(({ frame }) => (frame ? [frame] : []));
  const prompts = frames.flatMap(({ session }) => session?.system_prompt ?? []);
  const words = frames.flatMap(({ text }) => text ?? []);
  return [...prompts, ...words, TYPED].filter((text) => text.length > 3);
}

test('the details of a call with a lost connection: numbers, events, and a report without its words', async () => {
  const { page, complaints, passed, close } = await openBrowser({
    microphone: [5, 'question', 60],
    context: { permissions: ['microphone', 'clipboard-read', 'clipboard-write'] },
  });
  /** @type {Promise<string>[]} */
  const tokens = [];
  page.on('response', (response) => {
    if (response.url().includes('/api/voice-token'))
      tokens.push(response.json().then(({ token }) => token));
  });
  try {
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await passed('connecting', 'live');
    await page.getByRole('textbox', { name: 'Message to the agent' }).fill(TYPED);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Details' }).click();
    const panel = panelOf(page);

    await factReads(page, 'state', /Connected/);
    await factReads(page, 'session', /sess_/);
    await factReads(page, 'thread', /worker/);
    await factReads(page, 'microphoneRate', /\d\sHz/);
    await factReads(page, 'wireRate', /24,000\sHz/);
    await factReads(page, 'echoCancellation', /on/);
    await factReads(page, 'sentRate', /^(4[5-9]|5\d|6\d)\/s$/);
    await panel
      .getByRole('row', { name: /Typed|Spoken/ })
      .first()
      .waitFor();

    const log = panel.getByRole('list', { name: 'Events' });
    await log
      .getByText(/^input\.audio ×\d+$/)
      .first()
      .waitFor();
    await log
      .getByText(/^reply\.audio ×\d+$/)
      .first()
      .waitFor();
    await demo.control({ drop: true });
    await passed('live', 'reconnecting', 'live');
    await factReads(page, 'losses', /close-1006 ×1/);
    await log.getByText('cause=close-1006').waitFor();

    await panel.getByRole('combobox').selectOption('trouble');
    await log
      .getByText(/^input\.audio/)
      .first()
      .waitFor({ state: 'hidden' });
    assert.ok(await log.getByText('cause=close-1006').isVisible());

    await panel.getByRole('button', { name: 'Copy report' }).click();
    await panel.getByRole('status').getByText('Copied').waitFor();
    const report = await page.evaluate(() => navigator.clipboard.readText());
    const told = JSON.parse(report);
    assert.deepEqual([told.report, told.state], ['voicegate-call', 'live']);
    assert.equal(told.connection.lossesByCause['close-1006'], 1);
    assert.equal(told.page.address, `${demo.url}/`);
    assert.ok(told.log.some((/** @type {string} */ line) => line.includes('in session.ready')));

    const shown = (await panel.textContent()) ?? '';
    const hidden = [...secrets(), ...(await Promise.all(tokens))];
    assert.ok(hidden.length > 4, 'the call had nothing to hide');
    for (const secret of hidden) {
      assert.ok(!report.includes(secret) && !shown.includes(secret), `told: ${secret}`);
    }
    assert.deepEqual(
      complaints.filter((text) => !text.includes('WebSocket')),
      [],
    );
  } finally {
    await close();
  }
});

test('where the clipboard is closed the report is there to be copied by hand; one panel is open at a time', async () => {
  const { page, complaints, close } = await openBrowser();
  try {
    await page.addInitScript(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error('closed'));
    });
    await page.goto(demo.url);
    const open = page.locator('#details-open');
    await open.click();
    const panel = panelOf(page);
    await panel.getByText('What happens in the next call is listed here').waitFor();
    await panel.getByRole('button', { name: 'Copy report' }).click();
    const text = panel.getByRole('textbox', { name: 'Report' });
    await text.waitFor();

    const selected = await text.evaluate((/** @type {HTMLTextAreaElement} */ field) =>
      field.value.slice(field.selectionStart, field.selectionEnd),
    );
    assert.equal(JSON.parse(selected).state, 'idle');
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'hidden' });
    assert.equal(await open.evaluate((button) => button === document.activeElement), true);

    await open.click();
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    await page.getByRole('dialog', { name: 'Settings' }).waitFor();
    await panel.waitFor({ state: 'hidden' });
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test('without a connection the panel says what it lacks; a call brings it along before the line is gone', async () => {
  const { page, complaints, passed, close } = await openBrowser();
  try {
    await page.goto(demo.url);
    await page.evaluate(() => fetch('/static/icons/192.png')); // the browser asks for it whenever it likes
    await page.context().setOffline(true);
    const open = page.locator('#details-open');
    await open.click();
    const missing = panelOf(page).getByRole('alert');
    await missing.getByText('The details could not be loaded.').waitFor();
    await open.click();
    complaints.length = 0; // that nothing could be fetched is on the console, too

    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await passed('connecting', 'live');
    await page.locator('[data-fact="session"]').waitFor({ state: 'attached' });
    await page.context().setOffline(true);
    await open.click();
    await factReads(page, 'session', /sess_/);
    assert.equal(await missing.count(), 0);
    // Whatever else the page asks for meanwhile does not come, and Chromium says so.
    const ours = complaints.filter((text) => !text.includes('ERR_INTERNET_DISCONNECTED'));
    assert.deepEqual(ours, []);
  } finally {
    await close();
  }
});
