// The conversation as people see and hear it: words with their sound, each turn announced once, copies to take along.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';
import { frameFrom, openBrowser, serveDemo } from './harness.js';
import { agentClip, placeIn, watchWords, wordsOf } from './heard-words.js';

/** @typedef {import('playwright-core').Page} Page */

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
/** @type {Awaited<ReturnType<typeof openBrowser>>} */
let browser;
beforeEach(async () => {
  demo = await serveDemo();
});
afterEach(async () => {
  await browser.close();
  await demo.stop();
});

/** @param {Parameters<typeof openBrowser>[0]} [options] */
async function call(options) {
  browser = await openBrowser(options);
  const { page } = browser;
  await page.addInitScript(watchWords);
  await page.addInitScript(watchAnnouncements);
  await page.goto(demo.url);
  await page.getByRole('button', { name: 'Start talking' }).click();
  return page;
}

/** Write down what is added to the log where a screen reader would tell it. */
function watchAnnouncements() {
  globalThis.announced = [];
  document.addEventListener('DOMContentLoaded', () => {
    const log = /** @type {HTMLElement} */ (globalThis.shown('log'));
    new MutationObserver((changes) => {
      for (const { addedNodes, target } of changes) {
        const place = /** @type {Element} */ (target);
        for (const node of addedNodes) {
          const element = node instanceof Element ? node : place;
          if (element.closest('[aria-hidden="true"], [aria-live="off"]')) continue;
          if (log.contains(element)) globalThis.announced.push(element.textContent ?? '');
        }
      }
    }).observe(log, { subtree: true, childList: true });
  });
}

/** @param {Page} page @param {string} role @param {number} number */
const settled = (page, role, number) =>
  page.locator(`.turn[data-role="${role}"][data-final="true"]`).nth(number);

const isReplyDone = (/** @type {any} */ { type }) => type === 'reply.done';

test('no word of the agent is shown before the one before it is heard', async () => {
  const page = await call();
  await settled(page, 'agent', 0).waitFor();

  const { reply_id: replyId } = await frameFrom(demo, isReplyDone);
  const words = wordsOf(demo.readLog(), replyId);
  const clip = agentClip('greeting');
  const appeared = await page.evaluate(() => globalThis.appeared);
  assert.ok(appeared.length >= words.length / 2, 'the words came in few pieces');
  const whole = words.map(({ word }) => word).join(' ');
  let placed = 0;
  for (const { text, sound } of appeared) {
    assert.ok(whole.startsWith(text), text);
    const count = text.split(' ').length;
    const before = words[count - 2];
    if (!before) continue; // the first one: its sound is too short yet to be known again
    const placeMs = placeIn(sound, clip);
    if (Number.isNaN(placeMs)) continue; // there is a gap in it: the machine was busy
    placed += 1;
    assert.ok(placeMs >= before.startMs, `"${text}" at ${placeMs} ms, ${before.startMs} before it`);
  }
  assert.ok(placed >= appeared.length / 2, `only ${placed} of ${appeared.length} could be placed`);
  assert.equal(appeared.at(-1)?.text, whole);
});

test('each turn is announced once, when it is over, and no word by itself', async () => {
  const page = await call({ microphone: [7, 'question', 60] });
  await settled(page, 'agent', 1).waitFor();

  const turns = await page.locator('.turn').allTextContents();
  assert.equal(turns.length, 3);
  const announced = await page.evaluate(() => globalThis.announced);
  assert.deepEqual(announced.toSorted(), turns.toSorted());
  await settled(page, 'agent', 1)
    .getByText(/^answered after \d+\.\d s$/)
    .waitFor();
  assert.equal(await settled(page, 'agent', 0).getByText('answered').count(), 0);
});

test('an interrupted turn keeps what was said, and its mark, and the agent is told how far it was heard', async () => {
  const page = await call({ microphone: [7, 'question', 3.5, 'interruption', 60] });
  const isCut = (/** @type {any} */ frame) =>
    frame.type === 'transcript.agent' && frame.interrupted;
  const { text } = await frameFrom(demo, isCut);

  const cut = page.locator('.turn[data-interrupted="true"]');
  await cut.waitFor();
  assert.equal(await cut.locator('.turn__text').textContent(), text);
  await cut.getByText('interrupted').waitFor();

  const isNote = (/** @type {any} */ { type, config }) =>
    type === 'session.updated' && config.system_prompt.includes('interrupted you');
  const { config } = await frameFrom(demo, isNote);
  const [, heard = ''] = /had heard was: "(.*)"/.exec(config.system_prompt) ?? [];
  assert.ok(text.startsWith(heard), `the service had not sent "${heard}" yet`);
});

test('where the service tells no words, the text comes with the end of the turn', async () => {
  await demo.control({ set: { agent_words: 'omitted' } });
  const page = await call();

  await settled(page, 'agent', 0).getByText("Say something, and I'll answer.").waitFor();
  assert.deepEqual(await page.evaluate(() => globalThis.appeared), []);
});

test('the conversation is copied and downloaded, by keyboard as well', async () => {
  const page = await call({
    context: { permissions: ['microphone', 'clipboard-read', 'clipboard-write'] },
  });
  const toggle = page.getByRole('button', { name: 'Copy or download' });
  assert.equal(await toggle.count(), 0, 'there is nothing to copy yet');
  await settled(page, 'agent', 0).waitFor();

  await toggle.focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => globalThis.focused()?.textContent), 'Copy as text');
  await page.keyboard.press('Escape');
  assert.equal(await toggle.getAttribute('aria-expanded'), 'false');
  await toggle.and(page.locator(':focus')).waitFor();

  await toggle.click();
  await page.getByRole('button', { name: 'Copy as text' }).click();
  await page.getByRole('status').getByText('Copied').waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /\] Assistant: Hi there! .* I'll answer\.$/m);

  assert.deepEqual(await take('Download text'), { ending: 'txt', content: text });
  const json = JSON.parse((await take('Download JSON')).content);
  assert.deepEqual(
    json.turns.map((/** @type {any} */ { role, interrupted }) => [role, interrupted]),
    [['agent', false]],
  );
  assert.match(
    (await take('Download captions (WebVTT)')).content,
    /^WEBVTT\n\n1\n00:00:00\.000 --> /,
  );
  assert.deepEqual(browser.complaints, []);

  /** @param {string} name */
  async function take(name) {
    await toggle.click();
    const started = page.waitForEvent('download');
    await page.getByRole('button', { name }).click();
    const download = await started;
    const ending = download.suggestedFilename().split('.').at(-1);
    return { ending, content: readFileSync(await download.path(), 'utf8') };
  }
});
