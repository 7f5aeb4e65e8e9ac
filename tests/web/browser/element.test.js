// <voice-agent> on a page of another origin, under the policy that its guide gives; and the page made for frames.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import { assertOneTokenASocket, frameFrom, openBrowser, serve, serveDemo } from './harness.js';
import { documentedPolicy, openShop } from './shop.js';
import { EXAMPLES, serveSite, wordsFor } from './site.js';

const ELEMENT = '<voice-agent></voice-agent>';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('../../../static/voice-agent/element.js').VoiceAgentElement} VoiceAgentElement */

/** @type {import('./shop.js').Shop} */
let shop;
/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
before(async () => {
  shop = await openShop();
  demo = await serveDemo([], { VOICEGATE_ALLOWED_ORIGINS: shop.url });
  shop.gate = demo.url;
});
after(async () => {
  await demo.stop();
  shop.stop();
});

/**
 * Show a page of the shop in a browser of its own, and see that nothing went wrong.
 * @param {string} markup
 * @param {(page: Page, browser: Awaited<ReturnType<typeof openBrowser>>) => Promise<void>} act
 * @param {Parameters<typeof openBrowser>[0]} [options]
 */
async function inShop(markup, act, options) {
  const browser = await openBrowser(options);
  try {
    shop.markup = markup;
    await browser.page.goto(shop.url);
    await act(browser.page, browser);
  } finally {
    await browser.close();
  }
}

/** @param {Page} page @param {string} state @param {number} [which] */
const reach = (page, state, which = 0) =>
  page.locator(`voice-agent >> nth=${which}`).locator(`[data-state="${state}"]`).waitFor();

/** @param {Page} page @param {string} when */
async function assertAccessible(page, when) {
  await page.evaluate(axe.source);
  const run = () => /** @type {any} */ (globalThis).axe.run();
  const { violations } = await page.evaluate(run);
  const found = violations.map((/** @type {any} */ { id, nodes }) => [id, nodes[0].html]);
  assert.deepEqual(found, [], when);
}

/** What the page hears of the element's events, from now on. @param {Page} page */
async function listen(page) {
  await page.evaluate(() => {
    /** @type {any[]} */
    const told = [];
    Object.assign(globalThis, { told });
    for (const type of ['state', 'transcript', 'error', 'mute'])
      document.addEventListener(`voice-agent-${type}`, (event) => {
        const { detail } = /** @type {CustomEvent} */ (event);
        told.push({ type, state: detail.state, text: detail.text, code: detail.code });
      });
  });
  /** @returns {Promise<any[]>} */
  return () => page.evaluate(() => /** @type {any} */ (globalThis).told);
}

test('a whole conversation on a page of another origin, under the documented policy', () =>
  inShop(
    ELEMENT,
    async (page, { complaints, heard }) => {
      const told = await listen(page);
      await page.getByRole('button', { name: 'Start talking' }).click();
      const log = page.getByRole('log', { name: 'Conversation' });
      await log.getByText("Say something, and I'll answer.").first().waitFor();

      const cut = await frameFrom(demo, ({ status }) => status === 'interrupted');
      assert.ok(cut);
      await log.getByText('interrupted').waitFor();
      await page.getByRole('button', { name: 'End call' }).click();
      await reach(page, 'ended');

      assert.ok((await heard()).some(({ samples }) => samples.some((sample) => sample > 0.01)));
      const events = await told();
      const states = events.filter(({ type }) => type === 'state').map(({ state }) => state);
      assert.deepEqual(states, ['connecting', 'live', 'ended']);
      assert.ok(events.some(({ type, text }) => type === 'transcript' && text));
      assertOneTokenASocket(await demo.stats());
      await page.waitForFunction(() => globalThis.openTracks() === 0);
      assert.deepEqual(complaints, []);
    },
    { microphone: [7, 'question', 3.5, 'interruption', 60] },
  ));

test('a gate that hangs does not hold the page around up', () =>
  inShop(ELEMENT, async (page) => {
    await page.route('**/element.js', () => {}); // never answered
    await page.reload({ waitUntil: 'domcontentloaded' });
    assert.equal(await page.locator('voice-agent').evaluate((it) => it.matches(':defined')), false);
  }));

test('in a small place it scrolls as a whole, and on paper it is the conversation alone', () =>
  inShop(ELEMENT, async (page) => {
    await page.getByRole('button', { name: 'Start talking' }).click();
    const log = page.getByRole('log', { name: 'Conversation' });
    await log.getByText('Say something').first().waitFor();
    await page.locator('voice-agent').evaluate(({ style }) => {
      style.inlineSize = '320px';
      style.blockSize = '256px';
    });
    const places = () =>
      page.evaluate(() => {
        const { shadowRoot } = /** @type {Element} */ (document.querySelector('voice-agent'));
        return ['.conversation__log', '.composer', '.dock'].map((part) => {
          const { top, bottom } = /** @type {Element} */ (
            shadowRoot?.querySelector(part)
          ).getBoundingClientRect();
          return { top, bottom };
        });
      });
    const [words, composer, dock] = await places();
    assert.ok(words.bottom - words.top > 100, 'a few lines of the conversation');
    assert.ok(words.bottom <= composer.top && composer.bottom <= dock.top, 'nothing is covered');
    await page.getByRole('button', { name: 'End call' }).scrollIntoViewIfNeeded();

    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.getByRole('button', { name: 'End call' }).isVisible(), false);
    const isWhole = () => log.evaluate((it) => it.scrollHeight === it.clientHeight);
    assert.ok((await log.isVisible()) && (await isWhole()));
    await page.emulateMedia({ media: 'screen' });
  }));

test('floating, by keyboard alone: open, talk, type, end, close', () =>
  inShop('<voice-agent floating></voice-agent>', async (page, { complaints }) => {
    const focused = () =>
      page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.className);
    const launcher = page.getByRole('button', { name: 'Talk to the agent' });
    await launcher.waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'launcher');
    await page.keyboard.press('Enter');
    const panel = page.getByRole('dialog', { name: 'Talk to Assistant' });
    await panel.waitFor();
    assert.equal(await focused(), 'call-button');
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'hidden' });
    assert.equal(await focused(), 'launcher');

    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await reach(page, 'live');
    assert.equal(await focused(), 'call-button');
    await panel.getByRole('textbox', { name: 'Message to the agent' }).focus();
    await page.keyboard.type('Hello there');
    await page.keyboard.press('Enter');
    await panel.getByRole('log').getByText('Hello there').first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Assistant: call under way' }).waitFor();
    assert.equal(await focused(), 'launcher');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await reach(page, 'ended');
    assert.deepEqual(complaints, []);
  }));

test('axe finds nothing in a call and around it, inline and floating', () =>
  inShop(`${ELEMENT}<voice-agent floating lang="de"></voice-agent>`, async (page) => {
    const start = page.getByRole('button', { name: 'Start talking' });
    await start.waitFor();
    await assertAccessible(page, 'at rest');
    await start.click();
    await page.getByText("Say something, and I'll answer.").first().waitFor();
    await page.getByRole('button', { name: 'Copy or download' }).click();
    await assertAccessible(page, 'in a call');
    await page.getByRole('button', { name: 'End call' }).click();
    await reach(page, 'ended');
    await page.getByRole('button', { name: 'Mit dem Agenten sprechen' }).click();
    await page.getByRole('dialog', { name: 'Mit Assistant sprechen' }).waitFor();
    await assertAccessible(page, 'after a call, and open');
  }));

test('of two elements on a page one talks at a time, and the other may take over', () =>
  inShop(`${ELEMENT}<voice-agent variant="compact"></voice-agent>`, async (page) => {
    const [first, second] = [0, 1].map((which) => page.locator(`voice-agent >> nth=${which}`));
    await first.getByRole('button', { name: 'Start talking' }).click();
    await reach(page, 'live');
    await second.getByRole('button', { name: 'Start talking' }).click();
    const problem = second.getByRole('alert');
    await problem.getByText('Another agent is talking').waitFor();
    await assertAccessible(page, 'refused');
    const takeOver = problem.getByRole('button', { name: 'Talk here instead' });
    /** @param {boolean} isWanted */
    const disable = (isWanted) =>
      second.evaluate((node, value) => void Object.assign(node, { disabled: value }), isWanted);
    await disable(true);
    await takeOver.click();
    assert.ok(await takeOver.isVisible(), 'it may not be started');
    await disable(false);
    await takeOver.click();
    await reach(page, 'live', 1);
    await reach(page, 'ended');
    await first.getByText('It was taken over after').waitFor();
    await page.waitForFunction(() => globalThis.openTracks() === 1);
  }));

test('attributes: theme and disabled at once; variant and language after the call', () =>
  inShop(ELEMENT, async (page) => {
    const element = page.locator('voice-agent');
    const start = page.getByRole('button', { name: 'Start talking' });
    await start.waitFor();
    const set = (/** @type {string} */ name, /** @type {string} */ value) =>
      element.evaluate((node, [key, text]) => node.setAttribute(key, text), [name, value]);
    const ground = () =>
      page.locator('.frame').evaluate((frame) => getComputedStyle(frame).backgroundColor);
    const light = await ground();
    await set('theme', 'dark');
    assert.notEqual(await ground(), light);
    await set('disabled', '');
    assert.ok(await start.isDisabled());
    assert.ok(await page.getByRole('button', { name: 'Type instead' }).isDisabled());
    await element.evaluate((node) => {
      node.remove();
      node.removeAttribute('disabled');
      node.setAttribute('theme', 'light');
      document.body.append(node);
    });
    assert.equal(await ground(), light);
    await start.click();
    await page.getByText("Say something, and I'll answer.").first().waitFor();
    await set('lang', 'de');
    await page.getByRole('button', { name: 'End call' }).click();
    await page.getByRole('button', { name: 'Gespräch starten' }).waitFor();
    await page.getByText("Say something, and I'll answer.").first().waitFor({ state: 'attached' });
    await set('variant', 'compact');
    await page.getByRole('log').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Gespräch starten' }).waitFor();
    await assertAccessible(page, 'compact');
  }));

test('as frameworks set it: what is off as "false", texts as properties', () =>
  inShop('<voice-agent floating="false" disabled="false"></voice-agent>', async (page) => {
    const button = page.getByRole('button', { name: 'Start talking' });
    await button.waitFor(); // not behind a launcher
    assert.ok(await button.isEnabled());
    const seen = await page.locator('voice-agent').evaluate((/** @type {any} */ node) => {
      const off = [node.floating, node.disabled, node.pushToTalk];
      Object.assign(node, {
        variant: 'compact',
        theme: 'dark',
        pushToTalk: true,
        agent: undefined,
      });
      return { off, names: node.getAttributeNames().sort(), variant: node.variant };
    });
    assert.deepEqual(seen, {
      off: [false, false, false],
      names: ['disabled', 'floating', 'push-to-talk', 'theme', 'variant'],
      variant: 'compact',
    });
    await page.getByRole('log').waitFor({ state: 'detached' });
  }));

test('headless, by script: what is set before, methods and events; it ends with the element', () =>
  inShop('<voice-agent variant="headless"></voice-agent>', async (page, { complaints }) => {
    const told = await listen(page);
    await page.evaluate(() => {
      const element = /** @type {any} */ (document.querySelector('voice-agent'));
      element.session = { greeting: 'Good morning.', tools: [] };
      const begin = () => element.start().catch(() => {});
      document.addEventListener('click', begin, { once: true });
    });
    await page.locator('h1').click();
    const isState = (/** @type {string} */ state) =>
      page.waitForFunction(
        (wanted) => /** @type {any} */ (document.querySelector('voice-agent')).state === wanted,
        state,
      );
    await isState('live');
    const seen = await page.evaluate(() => {
      const element = /** @type {any} */ (document.querySelector('voice-agent'));
      element.mute();
      element.say('Hello there');
      return { muted: element.agentClient.muted, children: element.shadowRoot.childElementCount };
    });
    assert.deepEqual(seen, { muted: true, children: 0 });
    await frameFrom(demo, ({ type }) => type === 'reply.done');
    assert.ok((await told()).some(({ type }) => type === 'mute'));
    assert.match(complaints.join('\n'), /does not let a page set tools/);

    await page.evaluate(() => {
      const element = /** @type {any} */ (document.querySelector('voice-agent'));
      element.remove();
      element.removeAttribute('variant');
      /** @type {any} */ (globalThis).kept = element;
    });
    await page.waitForFunction(() => globalThis.openTracks() === 0);
    await page.waitForFunction(() => /** @type {any} */ (globalThis).kept.state === 'ended');
    await page.evaluate(() => document.body.append(/** @type {any} */ (globalThis).kept));
    await page.getByRole('button', { name: 'Start talking' }).click();
    await reach(page, 'live');
  }));

test('a call goes on when its element is moved in one task, and ends once when it is taken out', () =>
  inShop(`${ELEMENT}<div></div>`, async (page, { complaints }) => {
    const told = await listen(page);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await reach(page, 'live');
    await page.evaluate(async () => {
      const element = /** @type {HTMLElement} */ (document.querySelector('voice-agent'));
      document.querySelector('div')?.append(element); // as a page's script does
      const body = document.createElement('body'); // as Turbo and Astro do
      element.remove();
      document.body.replaceWith(body);
      body.append(element);
    });
    await frameFrom(demo, ({ type }) => type === 'reply.done');
    await reach(page, 'live');
    assert.equal(await page.evaluate(() => globalThis.openTracks()), 1);
    await page.evaluate(() => {
      const element = /** @type {HTMLElement} */ (document.querySelector('voice-agent'));
      Object.assign(globalThis, { kept: element });
      element.remove();
      document.body.append(element);
      element.remove();
    });
    await page.waitForFunction(() => globalThis.openTracks() === 0);
    await page.waitForFunction(() => /** @type {any} */ (globalThis).kept.state === 'ended');
    const states = (await told()).filter(({ type }) => type === 'state').map(({ state }) => state);
    assert.deepEqual(states, ['connecting', 'live']); // out of the page, the rest bubbles to nobody
    assert.deepEqual(complaints, []);
  }));

test('an element that is taken out in a call leaves no wake lock, no timer and no media session', async () => {
  const browser = await openBrowser();
  try {
    const { page } = browser;
    await page.addInitScript(() => {
      const held = new Set();
      const timers = new Set();
      const { setInterval: set, clearInterval: clear } = globalThis;
      const request = async () => {
        const lock = Object.assign(new EventTarget(), { release: async () => held.delete(lock) });
        held.add(lock);
        return lock;
      };
      Object.defineProperty(navigator, 'wakeLock', { value: { request } });
      Object.assign(globalThis, {
        left: () => {
          const { playbackState, metadata } = navigator.mediaSession;
          return [held.size, timers.size, playbackState, metadata];
        },
        setInterval: (/** @type {[any, any]} */ ...all) => {
          const id = set(...all);
          timers.add(id);
          return id;
        },
        clearInterval: (/** @type {any} */ id) => (timers.delete(id), clear(id)),
      });
    });
    shop.markup = ELEMENT;
    await page.goto(shop.url);
    const left = () => page.evaluate(() => /** @type {any} */ (globalThis).left());
    await page.getByRole('button', { name: 'Start talking' }).click();
    await reach(page, 'live');
    await page.waitForFunction(() => /** @type {any} */ (globalThis).left()[0] === 1);
    await page.locator('voice-agent').evaluate((element) => element.remove());
    await page.waitForFunction(() => globalThis.openTracks() === 0);
    assert.deepEqual(await left(), [0, 0, 'none', null]);
  } finally {
    await browser.close();
  }
});

test('what frameworks set on an element: muted, and the access token in lower case', () =>
  inShop('', async (page) => {
    const seen = await page.evaluate(async () => {
      const element = /** @type {any} */ (document.createElement('voice-agent'));
      element.muted = true;
      element.accesstoken = 'word';
      document.body.append(element);
      await customElements.whenDefined('voice-agent');
      return { muted: element.muted, client: element.agentClient.muted, word: element.accessToken };
    });
    assert.deepEqual(seen, { muted: true, client: true, word: 'word' });
  }));

test('an object that a framework wrote as an attribute is told to whoever made the page', () =>
  inShop('<voice-agent tools="[object Object]"></voice-agent>', async (page, { complaints }) => {
    await page.getByRole('button', { name: 'Start talking' }).waitFor();
    assert.match(complaints.join('\n'), /"tools" came as the text .* Import the element first/);
    const tools = { look_up: {} };
    await page
      .locator('voice-agent')
      .evaluate((node, it) => void Object.assign(node, it), { tools });
    await page.getByRole('button', { name: 'Start talking' }).click();
    await page.getByRole('alert').getByText('Something broke on this page').waitFor();
    assert.match(complaints.join('\n'), /<voice-agent>: TypeError: .*look_up/);
    complaints.length = 0;
  }));

test('a page whose origin is not listed is refused, on the screen and in the console', async () => {
  const other = await serve(['-m', 'app', '--demo']);
  shop.gate = other.url;
  try {
    await inShop(ELEMENT, async (page, { complaints }) => {
      await page.getByRole('button', { name: 'Start talking' }).click();
      await reach(page, 'failed');
      await page.getByRole('alert').getByText('This page may not make calls').waitFor();
      await assertAccessible(page, 'refused');
      const words = complaints.join('\n');
      assert.match(words, /does not take calls from this page/);
      assert.ok(words.includes(`VOICEGATE_ALLOWED_ORIGINS=${shop.url}`));
      await page.waitForFunction(() => globalThis.openTracks() === 0);
    });
  } finally {
    shop.gate = demo.url;
    await other.stop();
  }
});

test('where the gate wants a code, the element asks for it and shows it with each request', async () => {
  const settings = { VOICEGATE_ACCESS: 'code', VOICEGATE_ACCESS_CODES: 'blue-heron-42' };
  const other = await serve(['-m', 'app', '--demo'], {
    ...settings,
    VOICEGATE_ALLOWED_ORIGINS: shop.url,
  });
  shop.gate = other.url;
  try {
    await inShop(ELEMENT, async (page) => {
      await page.getByRole('button', { name: 'Start talking' }).click();
      const dialog = page.getByRole('dialog', { name: 'This page needs an access code.' });
      await dialog.waitFor();
      await assertAccessible(page, 'asked for a code');
      const field = dialog.getByRole('textbox', { name: 'Access code' });
      await field.fill('wrong');
      await page.keyboard.press('Enter');
      await dialog.getByText('That code is not right.').waitFor();
      await field.fill('blue-heron-42');
      await page.keyboard.press('Enter');
      await reach(page, 'live');
      await page.getByRole('button', { name: 'End call' }).click();
      await page.getByRole('button', { name: 'Start talking' }).click();
      await reach(page, 'live');
    });
  } finally {
    shop.gate = demo.url;
    await other.stop();
  }
});

test('the page that the guide gives as an example talks, under the policy that it gives', async () => {
  const site = await serveSite(EXAMPLES);
  const other = await serve(['-m', 'app', '--demo'], { VOICEGATE_ALLOWED_ORIGINS: site.url });
  site.words = wordsFor(other.url);
  const { page, complaints, close } = await openBrowser();
  try {
    const text = readFileSync(join(EXAMPLES, 'element/index.html'), 'utf8');
    const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(text) ?? [];
    const own = policy.trim().replace(/\s+/g, ' ').replace("style-src 'self'; ", '');
    assert.equal(own, documentedPolicy());
    await page.goto(`${site.url}/element/`);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await reach(page, 'live');
    assert.deepEqual(complaints, []);
  } finally {
    await close();
    await other.stop();
    site.stop();
  }
});

test('the page for frames talks where its frame allows the microphone', () =>
  inShop(`<iframe title="Agent" src="${demo.url}/embed" allow="microphone">`, async (page) => {
    const frame = page.frameLocator('iframe');
    await frame.getByRole('button', { name: 'Start talking' }).click();
    await frame.getByText("Say something, and I'll answer.").first().waitFor();
    await frame.getByRole('button', { name: 'End call' }).click();
    await frame.locator('[data-state="ended"]').waitFor();
  }));

test('the page for frames is one even where its own markup comes after the script', async () => {
  let goOn = () => {};
  const hasScript = new Promise((resolve) => (goOn = () => resolve(undefined)));
  const slow = createServer(async (request, response) => {
    const answer = await fetch(`${demo.url}${request.url}`);
    const body = Buffer.from(await answer.arrayBuffer());
    response.setHeader('Content-Type', String(answer.headers.get('content-type')));
    const isPage = request.url === '/embed';
    const start = isPage ? body.indexOf('<div class="voice-agent"') : 0;
    response.write(body.subarray(0, start));
    if (isPage) await hasScript;
    response.end(body.subarray(start));
  });
  slow.listen(0, '127.0.0.1');
  await once(slow, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (slow.address());
  const { page, complaints, close } = await openBrowser();
  try {
    const script = page.waitForEvent('requestfinished', (one) =>
      /\/element-\w+\.js$/.test(one.url()),
    );
    await page.goto(`http://127.0.0.1:${port}/embed`, { waitUntil: 'commit' });
    await script;
    await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
    goOn();
    await page.waitForFunction(() => customElements.get('voice-agent'));
    await page.waitForLoadState();
    assert.equal(await page.getByRole('button', { name: 'Start talking' }).count(), 1);
    assert.deepEqual(complaints, []);
  } finally {
    goOn();
    await close();
    slow.close();
    slow.closeAllConnections();
  }
});

test('the page for frames says so where its frame does not', () =>
  inShop(
    `<iframe title="Agent" src="${demo.url}/embed?theme=dark&lang=de">`,
    async (page, { complaints }) => {
      const frame = page.frameLocator('iframe');
      await frame.getByRole('button', { name: 'Gespräch starten' }).click();
      await frame.getByRole('link', { name: /eigenem Tab/ }).waitFor();
      assert.match(complaints.join('\n'), /allow="microphone"/);
    },
  ));

test('a page whose policy does not name the agent is told so, and does not wait for its socket', async () => {
  const { amend } = shop;
  shop.amend = (documented) => documented.replace(/ wss?:\/\/[^ ;]+/, '');
  try {
    await inShop(ELEMENT, async (page) => {
      await page.evaluate(() => {
        const onError = (/** @type {any} */ { detail }) =>
          Object.assign(globalThis, { told: detail.message });
        document.addEventListener('voice-agent-error', onError);
      });
      await page.getByRole('button', { name: 'Start talking' }).click();
      await reach(page, 'failed');
      const told = await page.evaluate(() => /** @type {any} */ (globalThis).told);
      assert.match(told, /connect-src has to name ws:/);
    });
  } finally {
    shop.amend = amend;
  }
});
