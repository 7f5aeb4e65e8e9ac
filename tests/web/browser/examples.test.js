import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { assertFramesAreValid, assertOneTokenASocket, openBrowser, serveDemo } from './harness.js';
import { ONE_CLIENT } from './leftovers.js';
import { loudest, SILENT } from './listening.js';
import { documentedPolicy } from './shop.js';
import { EXAMPLES, serveSite, wordsFor } from './site.js';

/** @type {import('./site.js').Site} */
let site;
before(async () => {
  site = await serveSite(EXAMPLES);
});
after(() => site.stop());

/**
 * An example in Chromium, on an origin of its own, against the service with its simulator.
 * @param {string} path
 * @param {object} how
 * @param {(number | string)[]} [how.microphone]
 * @param {string[]} [how.options] of the simulator
 * @param {boolean} [how.isListed] whether the operator knows this page
 */
async function open(path, { microphone, options, isListed = true }) {
  const demo = await serveDemo(options, isListed ? { VOICEGATE_ALLOWED_ORIGINS: site.url } : {});
  site.words = wordsFor(demo.url);
  const browser = await openBrowser({ microphone, kept: ONE_CLIENT });
  await browser.page.goto(site.url + path);
  const close = async () => {
    await browser.close();
    await demo.stop();
  };
  return { ...browser, demo, close };
}

test('the policy of the examples is the one that the guide tells', () => {
  for (const name of ['plain', 'tools']) {
    const page = readFileSync(join(EXAMPLES, name, 'index.html'), 'utf8');
    const meta = /Content-Security-Policy" content="([^"]*)"/.exec(page);
    const own = meta?.[1].trim().replace(/\s+/g, ' ');
    assert.equal(own?.replace("'self' ", '').replace("style-src 'self'; ", ''), documentedPolicy());
  }
});

test('the plain page of another origin holds a whole conversation under its strict policy', async () => {
  const microphone = [7, 'question', 60];
  const { page, demo, complaints, heard, close } = await open('/plain/', { microphone });
  try {
    await page.getByRole('button', { name: 'Start talking' }).click();
    await page.locator('li[data-role="agent"]').first().waitFor();
    await page.locator('li[data-role="user"]').first().waitFor();
    await page.locator('li[data-role="user"] + li[data-role="agent"]').waitFor();
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByRole('status').getByText('ended').waitFor();

    assert.ok(loudest(await heard()) > 10 * SILENT, 'nobody was heard');
    const log = demo.readLog();
    assertFramesAreValid(log);
    assertOneTokenASocket(await demo.stats());
    assert.ok(log.some(({ frame }) => frame?.type === 'session.ended'));
    await page.waitForFunction(() => globalThis.openTracks() === 0);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test('the client is a handful of files for another origin', async () => {
  const { page, complaints, close } = await open('/plain/', {});
  try {
    await page.goto('about:blank'); // the page so far has ended
    /** @type {string[]} */
    const asked = [];
    page.on('request', (request) => void asked.push(new URL(request.url()).pathname));
    await page.goto(`${site.url}/plain/`);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await page.locator('li[data-role="agent"]').first().waitFor();

    // Chromium does not tell what a worklet asks for.
    const files = asked.filter((path) => path.startsWith('/static/'));
    assert.deepEqual(files.map((path) => path.replace(/-[A-Z2-7]{8}/, '-HASH')).sort(), [
      '/static/voice-agent/index.js',
      '/static/voice-agent/worker-HASH.js',
    ]);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test('a page whose origin nobody has listed is told so, on screen and in its console', async () => {
  const { page, complaints, close } = await open('/plain/', { isListed: false });
  try {
    await page.getByRole('button', { name: 'Start talking' }).click();
    const why = /this page's origin is not on its list/;
    await page.getByRole('status').getByText(why).waitFor();
    await page.getByRole('button', { name: 'Start talking' }).waitFor();
    assert.ok(complaints.some((line) => line.startsWith('token-') && why.test(line)));
    await page.waitForFunction(() => globalThis.openTracks() === 0);
  } finally {
    await close();
  }
});

const TICKETS = ['--script', join(EXAMPLES, 'tools/simulator.toml')];

test('the page with tools shows the slow one at work, and asks before it books', async () => {
  const microphone = [7, 'question', 14, 'question', 60];
  const how = { microphone, options: TICKETS };
  const { page, demo, complaints, close } = await open('/tools/', how);
  try {
    await page.getByRole('button', { name: 'Start talking' }).click();
    const search = page.getByRole('listitem').filter({ hasText: 'find_trains' });
    await search.and(page.locator('[data-status="running"]')).waitFor();
    await page.waitForFunction(() => (document.querySelector('progress')?.value ?? 0) > 0);
    await search.and(page.locator('[data-status="done"]')).waitFor();

    await page.getByRole('dialog').getByText('Book a seat on R 70 for 12 euros?').waitFor();
    await page.getByRole('button', { name: 'Book it' }).click();
    const booking = page.getByRole('listitem').filter({ hasText: 'book_train' });
    await booking.and(page.locator('[data-status="done"]')).waitFor();
    await page.getByText('That is booked').waitFor();
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByRole('status').getByText('ended').waitFor();

    const results = demo.readLog().filter(({ frame }) => frame?.type === 'tool.result');
    assert.match(JSON.stringify(results[0].frame), /09:15/);
    assert.match(JSON.stringify(results[1].frame), /14A/);
    assert.deepEqual((await demo.stats()).violations, {});
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test('a search ends with the call or by the person, and who says no is not booked a seat', async () => {
  const microphone = [7, 'question', 14, 'question', 60];
  const how = { microphone, options: TICKETS };
  const { page, demo, complaints, close } = await open('/tools/', how);
  const searches = page.getByRole('listitem').filter({ hasText: 'find_trains' });
  try {
    await page.getByRole('button', { name: 'Start talking' }).click();
    await page.getByRole('button', { name: 'Stop the search' }).waitFor();
    await page.getByRole('button', { name: 'Hang up' }).click();
    await searches.and(page.locator('[data-status="cancelled"]')).waitFor();
    await page.getByRole('button', { name: 'Stop the search' }).waitFor({ state: 'hidden' });

    await page.getByRole('button', { name: 'Start talking' }).click();
    await page.getByRole('button', { name: 'Stop the search' }).click();
    await searches.and(page.locator('[data-status="failed"]')).waitFor();
    await page.getByText('As you like, I have stopped.').waitFor();
    await page.getByRole('button', { name: 'Do not' }).click();
    const booking = page.getByRole('listitem').filter({ hasText: 'book_train' });
    await booking.and(page.locator('[data-status="refused"]')).waitFor();
    await page.getByText('I have not booked it.').waitFor();

    const results = demo.readLog().filter(({ frame }) => frame?.type === 'tool.result');
    assert.match(JSON.stringify(results[0].frame), /The person stopped the search/);
    assert.deepEqual(
      results.map(({ frame }) => frame.is_error),
      [true, true],
    );
    assert.deepEqual((await demo.stats()).violations, {});
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});
