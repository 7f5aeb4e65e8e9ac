// Rows of the conversation that a call with the simulator does not bring: tool calls, and very many of them.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { openBrowser, serveDemo } from './harness.js';

/** @typedef {import('../../../static/voice-agent/ui/ui-types.js').Turn} Turn */
/** @typedef {import('../../../static/voice-agent/ui/ui-types.js').ToolCall} ToolCall */

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
/** @type {Awaited<ReturnType<typeof openBrowser>>} */
let browser;
before(async () => {
  demo = await serveDemo();
  browser = await openBrowser();
});
after(async () => {
  await browser.close();
  await demo.stop();
});

/** A page with a transcript of its own in the log, and a list of what a screen reader would tell of it. */
async function open() {
  const { page } = browser;
  await page.goto(demo.url);
  await page.evaluate(async () => {
    const path = '/static/voice-agent/ui/transcript-view.js';
    const { createTranscript } = await import(path);
    const log = /** @type {HTMLElement} */ (globalThis.shown('log'));
    const latest = globalThis.shown('latest');
    const texts = JSON.parse(document.getElementById('texts')?.textContent ?? '').call;
    const root = /** @type {HTMLElement} */ (log.closest('.voice-agent'));
    root.dataset.conversation = 'shown';
    Object.assign(globalThis, {
      transcript: createTranscript({ log, latest }, texts, () => 'Assistant'),
    });
    globalThis.announced = [];
    new MutationObserver((changes) => {
      for (const { addedNodes, target } of changes) {
        const [place] = [...addedNodes].map((node) => (node instanceof Element ? node : target));
        if (!(place instanceof Element) || place.closest('[aria-live="off"]')) continue;
        globalThis.announced.push(place.closest('[aria-atomic="true"]')?.textContent ?? '');
      }
    }).observe(log, { subtree: true, childList: true });
  });
  return page;
}

/** @param {import('playwright-core').Page} page @param {ToolCall[]} calls */
async function tell(page, ...calls) {
  for (const call of calls)
    await page.evaluate((one) => /** @type {any} */ (globalThis).transcript.showTool(one), call);
}

/** @param {Partial<ToolCall>} change @returns {ToolCall} */
const call = (change) => ({
  callId: 'c1',
  name: 'weather',
  args: { city: '<b>Oslo</b>' },
  status: 'running',
  ...change,
});

test('a tool call is one card, told once when it is over, with what it was given and gave', async () => {
  const page = await open();
  await tell(page, call({ status: 'waiting' }));
  await page.getByText('Waiting for your consent').waitFor();
  await tell(page, call({}));
  await page.getByText('Running').waitFor();
  assert.deepEqual(await page.evaluate(() => globalThis.announced), []);

  const result = { text: 'x'.repeat(9_000) };
  await tell(page, call({ status: 'done', result }), call({ status: 'done', result }));
  assert.equal(await page.locator('.tool').count(), 1);
  assert.deepEqual(await page.evaluate(() => globalThis.announced), ['weather Done']);

  await page.locator('.tool summary').focus();
  await page.keyboard.press('Enter');
  await page.getByText('"city": "<b>Oslo</b>"').waitFor();
  await page.getByText(/… and 5,?\d\d\d more characters/).waitFor();
});

test('calls that fail, are refused or cancelled say so', async () => {
  const page = await open();
  const endings = /** @type {const} */ (['failed', 'refused', 'cancelled']);
  for (const status of endings)
    await tell(page, call({ callId: status, status, error: 'No line.' }));

  const states = await page.locator('.tool__state').allTextContents();
  assert.deepEqual(states, ['Failed', 'Not allowed', 'Cancelled']);
  await page.locator('.tool').first().locator('summary').click();
  await page.getByText('No line.').waitFor();
});

test('words keep their direction and language, and a translator away until they are final', async () => {
  const page = await open();
  const shown = await page.evaluate(() => {
    const { transcript } = /** @type {any} */ (globalThis);
    const rows = [
      { id: 'user-1', role: 'user', text: 'שלום, מה שלומך?', final: true },
      { id: 'agent-2', role: 'agent', text: '今日は', final: false },
    ];
    for (const [startedAt, row] of rows.entries())
      transcript.show({ ...row, interrupted: false, startedAt, words: [] });
    const words = [...(globalThis.shown('log')?.querySelectorAll('.turn__text') ?? [])];
    return words.map((one) => {
      const { lang, translate } = /** @type {HTMLElement} */ (one);
      return { lang, translate, direction: getComputedStyle(one).direction };
    });
  });

  assert.deepEqual(shown, [
    { lang: 'he', translate: true, direction: 'rtl' },
    { lang: 'ja', translate: false, direction: 'ltr' },
  ]);
});

test('a page that its browser translates goes on with its call, and gives the spoken words away', async () => {
  const complaints = browser.complaints.length;
  const { page } = browser;
  await page.goto(demo.url);
  await page.locator('#call').click();
  await page.locator('.turn[data-final="true"]').first().waitFor();
  await page.evaluate(translateAll);
  const composer = page.getByRole('textbox');
  for (const [index, text] of ['One two', 'Three four'].entries()) {
    await composer.fill(text);
    await composer.press('Enter');
    // The greeting, and two rows for each message.
    await page.locator(`.turn[data-final="true"] >> nth=${2 * (index + 1)}`).waitFor();
  }
  await page.locator('#call').click();
  await page.locator('body[data-state="ended"]').waitFor();
  await page.locator('.turn .turn__text > font').first().waitFor();

  const download = page.waitForEvent('download');
  await page.locator('#copy-open').click();
  await page.locator('[data-take="json"]').click();
  const { turns } = JSON.parse(readFileSync(await (await download).path(), 'utf8'));
  const said = turns.map((/** @type {Turn} */ { text }) => text);
  const known = await page.evaluate(() =>
    /** @type {any} */ (document.querySelector('voice-agent')).turns.map(
      (/** @type {Turn} */ { text }) => text,
    ),
  );
  assert.equal(said.length, 5);
  assert.deepEqual(said, known);
  assert.deepEqual(browser.complaints.slice(complaints), []);
});

/**
 * Does to the page and its element what translators do to whatever they find: text nodes give way to elements with
 * other words. Harsher than they are, which leave alone what asks for it.
 */
function translateAll() {
  const LEFT = 'font, script, style, textarea, option, title';
  const root = document.querySelector('voice-agent')?.shadowRoot ?? document;

  /** @param {Node} node */
  function translate(node) {
    const texts = [];
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    if (node instanceof Text) texts.push(node);
    while (walker.nextNode()) texts.push(/** @type {Text} */ (walker.currentNode));
    for (const text of texts) {
      if (!text.data.trim() || text.parentElement?.closest(LEFT)) continue;
      const outer = document.createElement('font');
      outer.append(document.createElement('font'));
      outer.firstElementChild?.append(`translated ${text.data.toUpperCase()}`);
      text.replaceWith(outer);
    }
  }

  for (const part of [document.body, root]) {
    translate(part);
    new MutationObserver((changes) => {
      for (const { addedNodes, target } of changes)
        for (const node of addedNodes.length ? addedNodes : [target])
          if (node.isConnected) translate(node);
    }).observe(part, { subtree: true, childList: true, characterData: true });
  }
}

test('rows stand in the order of their times; of too many the oldest go, and stay in copies', async () => {
  const page = await open();
  const { copied, count, first, last } = await page.evaluate(() => {
    const { transcript } = /** @type {any} */ (globalThis);
    const numbers = [...Array(500).keys()];
    const order = numbers.map((number) => (number % 2 ? number - 1 : number + 1)); // two and two swapped
    // The last one is told again when its row is gone.
    for (const number of [...order, 7])
      transcript.show({
        id: `user-${number}`,
        role: 'user',
        text: `Turn ${number}`,
        final: true,
        interrupted: false,
        startedAt: number,
        words: [],
      });
    const rows = globalThis.shown('log')?.querySelectorAll('.turn__text') ?? [];
    const texts = [...rows].map((text) => text.textContent);
    const copied = transcript.items().map((/** @type {any} */ { at }) => at);
    return { copied, count: texts.length, first: texts[0], last: texts.slice(-3) };
  });

  assert.deepEqual(copied, [...Array(500).keys()]);
  assert.equal(count, 400);
  assert.equal(first, 'Turn 100');
  assert.deepEqual(last, ['Turn 497', 'Turn 498', 'Turn 499']);
});

test('a word more changes a text and nothing else', async () => {
  const page = await open();
  const changes = await page.evaluate(async () => {
    const { transcript } = /** @type {any} */ (globalThis);
    const turn = { id: 'agent-1', role: 'agent', final: false, interrupted: false, words: [] };
    transcript.show({ ...turn, startedAt: 1, text: 'Hello' });
    const log = /** @type {HTMLElement} */ (globalThis.shown('log'));
    const observer = new MutationObserver(() => {});
    observer.observe(log, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
    });
    transcript.show({ ...turn, startedAt: 1, text: 'Hello there' });
    return observer.takeRecords().map(({ type }) => type);
  });

  assert.deepEqual(changes, ['characterData']);
});

test('a row is as wide whatever it says: all rows would be laid out again with each word', async () => {
  const page = await open();
  const widths = await page.evaluate(() => {
    const { transcript } = /** @type {any} */ (globalThis);
    const turn = { final: true, interrupted: false, words: [] };
    for (const role of ['user', 'agent'])
      for (const text of ['Yes.', 'Yes, if the day is not too hot, and '.repeat(9)])
        transcript.show({ ...turn, id: `${role}-${text.length}`, role, startedAt: 1, text });
    const rows = globalThis.shown('log')?.querySelectorAll('.turn') ?? [];
    return [...rows].map((row) => row.getBoundingClientRect().width);
  });

  const [shortQuestion, longQuestion, shortAnswer, longAnswer] = widths;
  assert.ok(shortQuestion > 0 && shortAnswer > 0);
  assert.deepEqual([shortQuestion, shortAnswer], [longQuestion, longAnswer]);
});

test('the log follows what is new, unless the reader scrolled back', async () => {
  const page = await open();
  const log = page.getByRole('log');
  const latest = page.getByRole('button', { name: 'Latest' });
  const isAtEnd = () =>
    page.waitForFunction(() => {
      const { scrollHeight, scrollTop, clientHeight } = /** @type {HTMLElement} */ (
        globalThis.shown('log')
      );
      return scrollHeight > clientHeight && scrollHeight - scrollTop - clientHeight < 2;
    });
  /** @param {number} from @param {number} to */
  const say = (from, to) =>
    page.evaluate(
      async ([first, end]) => {
        for (let number = first; number < end; number += 1) {
          /** @type {any} */ (globalThis).transcript.show({
            id: `user-${number}`,
            role: 'user',
            text: 'Some words that were said. '.repeat(1 + (number % 5)),
            final: true,
            interrupted: false,
            startedAt: number,
            words: [],
          });
          await new Promise((resolve) => setTimeout(resolve)); // in the middle of frames, as events come
        }
      },
      [from, to],
    );

  await say(0, 40);
  await isAtEnd();
  await log.evaluate((element) => (element.scrollTop = 100));
  await page.evaluate(() => new Promise(requestAnimationFrame));
  await say(40, 42);
  await latest.waitFor();
  assert.equal(await log.evaluate(({ scrollTop }) => scrollTop), 100);
  await latest.click();
  await isAtEnd();
  assert.equal(await latest.isVisible(), false);
});
