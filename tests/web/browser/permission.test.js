// The microphone's permission, before a call: asked for, refused, given after all, or kept back by another page.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FLAGS, HOST, openFramed } from '../gallery/frame.js';
import { openBrowser, serveDemo } from './harness.js';

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
before(async () => {
  demo = await serveDemo([], {
    VOICEGATE_ALLOWED_ORIGINS: HOST,
    VOICEGATE_PUBLIC_URL: 'http://gate.test',
  });
});
after(() => demo.stop());

test('while the browser asks, the page says so and points there; then it connects', async () => {
  const { page, passed, close } = await openBrowser({ isAllowed: false });
  try {
    await page.addInitScript(() => {
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      const allowed = new Promise((resolve) => (globalThis.allow = () => resolve(undefined)));
      navigator.mediaDevices.getUserMedia = (wish) => allowed.then(() => ask(wish));
    });
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await page.getByRole('status').getByText('Allow the microphone').waitFor();
    await page.locator('#pointer').waitFor();

    await page.context().grantPermissions(['microphone']);
    await page.evaluate(() => globalThis.allow());
    await passed('connecting', 'live');
    assert.equal(await page.locator('#pointer').isVisible(), false);
  } finally {
    await close();
  }
});

test('when a blocked microphone is allowed, the page says that the call can start', async () => {
  const { page, passed, close } = await openBrowser({ isAllowed: false });
  try {
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await page
      .getByRole('alert')
      .getByText(/press the icon left of the address/)
      .waitFor();
    for (const [width, height] of [
      [1280, 800],
      [390, 844],
    ]) {
      await page.setViewportSize({ width, height });
      const { y = NaN, height: own = NaN } =
        (await page.getByRole('button', { name: 'Type instead' }).boundingBox()) ?? {};
      assert.ok(y + own <= height, `${width}: every way to a call is on the screen`);
    }

    await page.context().grantPermissions(['microphone']);
    await page.locator('.voice-agent:not([data-error])').waitFor();
    await page.getByRole('status').getByText('You can start now.').waitFor();
    await page.getByRole('button', { name: 'Start talking' }).click();
    await passed('failed', 'connecting', 'live');
  } finally {
    await close();
  }
});

test('a blocked microphone is allowed by the button of the browser, and the call begins', async () => {
  const { page, complaints, passed, close } = await openBrowser();
  try {
    await page.addInitScript(() => {
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      let isBlocked = true;
      globalThis.allow = () => (isBlocked = false);
      navigator.mediaDevices.getUserMedia = (wish) =>
        isBlocked ? Promise.reject(new DOMException('denied', 'NotAllowedError')) : ask(wish);
      const query = navigator.permissions.query.bind(navigator.permissions);
      navigator.permissions.query = async (wish) => {
        const status = await query(wish);
        return isBlocked ? Object.defineProperty(status, 'state', { value: 'denied' }) : status;
      };
    });
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await page
      .getByRole('alert')
      .getByText(/press the button with a microphone/)
      .waitFor();

    await page.evaluate(() => globalThis.allow()); // which is done by the answer to what the press asks
    const button = page.locator('microphone');
    // Until it has stood there for a moment, the browser ignores a press, and tells nobody.
    while ((await button.count()) > 0) await button.click({ timeout: 5_000 }).catch(() => {});
    await passed('failed', 'connecting', 'live');
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test('a page that keeps the microphone from ours is named as the cause, before anything is asked', async () => {
  const { page, close } = await openBrowser({ flags: FLAGS });
  try {
    const { tokens_minted: before } = await demo.stats();
    const frame = await openFramed({ page, url: demo.url });
    await frame.getByRole('button', { name: 'Start talking' }).click();
    await frame.locator('.voice-agent[data-error="microphone-blocked-by-policy"]').waitFor();

    const alone = frame.getByRole('alert').getByRole('link', { name: 'Open in a tab of its own' });
    assert.equal(await alone.getAttribute('target'), '_blank');
    assert.equal(await alone.evaluate((link) => link.matches(':focus')), true);
    assert.equal((await demo.stats()).tokens_minted, before);
  } finally {
    await close();
  }
});

test('a sandboxed frame is told so, before anything is asked', async () => {
  const { page, close } = await openBrowser({ flags: FLAGS });
  try {
    const frame = await openFramed(
      { page, url: demo.url },
      'allow="microphone" sandbox="allow-scripts"',
    );
    await frame.getByRole('button', { name: 'Start talking' }).click();
    await frame.locator('.voice-agent[data-error="sandboxed-frame"]').waitFor();
    await frame.getByRole('alert').getByRole('link', { name: 'tab of its own' }).waitFor();
  } finally {
    await close();
  }
});

test('without a network the page says so at once, and that it is back', async () => {
  const url = demo.url.replace('127.0.0.1', 'gate.test');
  const { page, close } = await openBrowser({
    isAllowed: false,
    flags: [
      '--host-resolver-rules=MAP gate.test 127.0.0.1',
      `--unsafely-treat-insecure-origin-as-secure=${new URL(url).origin}`,
    ],
  });
  try {
    await page.goto(url);
    await page.context().setOffline(true);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await page.getByRole('alert').getByText('You are offline').waitFor();

    await page.context().setOffline(false);
    await page
      .getByRole('status')
      .getByText(/online again/)
      .waitFor();
    await page.getByRole('button', { name: 'Start talking' }).waitFor();
  } finally {
    await close();
  }
});
