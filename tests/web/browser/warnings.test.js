// What is the matter in a call that goes on is told in one place, and goes away by itself when it is over.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fetchForPage, openBrowser, serveDemo, tellOfMicrophone } from './harness.js';
import { hearLoudspeaker } from './in-page.js';

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
before(async () => {
  demo = await serveDemo();
});
after(() => demo.stop());

/** @typedef {Awaited<ReturnType<typeof openBrowser>> & {told: (code: string) => Promise<void>,
 *   over: () => Promise<void>, focused: () => Promise<string | undefined>}} Call */

/**
 * @param {(call: Call) => Promise<void>} act   in a call that is live
 * @param {Parameters<typeof openBrowser>[0] & {before?: (page: import('playwright-core').Page) => Promise<unknown>}} [options]
 */
async function inCall(act, { before, ...options } = {}) {
  const browser = await openBrowser(options);
  const { page, passed, close } = browser;
  try {
    await before?.(page);
    await page.goto(demo.url);
    await page.getByRole('button', { name: 'Start talking' }).click();
    await passed('connecting', 'live');
    await act({
      ...browser,
      told: (code) => page.locator(`.voice-agent[data-error="${code}"]`).waitFor(),
      over: () => page.locator('.voice-agent:not([data-error])').waitFor(),
      focused: () => page.evaluate(() => globalThis.focused()?.id),
    });
  } finally {
    await close();
  }
}

/** A token whose session is over soon. @param {import('playwright-core').Page} page */
const allowSeconds = (page, /** @type {number} */ seconds) =>
  page.route('**/api/voice-token*', async (route) => {
    const json = await (await fetchForPage(route)).json();
    await route.fulfill({ json: { ...json, max_session_duration_seconds: seconds } });
  });

test('who speaks although muted is told so; unmuting ends it, and the focus is not lost', () =>
  inCall(
    async ({ page, told, over, focused }) => {
      await page.getByRole('button', { name: 'Mute' }).click();
      await told('unheard');
      await page.getByRole('alert').getByRole('button', { name: 'Unmute' }).press('Enter');
      await over();

      assert.equal(await focused(), 'call');
      assert.equal(await page.locator('.voice-agent').getAttribute('data-muted'), 'false');
    },
    { microphone: [4, ...Array(12).fill('question')] },
  ));

test('a microphone that is switched off is told of until it is on again, and a worse thing before it', () =>
  inCall(async (call) => {
    const { page, told, over } = call;
    await tellOfMicrophone(call.page, 'mute');
    await told('microphone-muted');
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = async () => {
        throw new DOMException('gone', 'NotFoundError');
      };
    });
    await tellOfMicrophone(call.page, 'ended');
    await told('microphone-lost');
    await page.getByRole('alert').getByRole('button', { name: 'Dismiss' }).click();
    await over();
  }));

test('an agent that hears itself is told of, and talks to itself for two turns at most', () =>
  inCall(
    async ({ page, told }) => {
      await told('echo');
      await page
        .getByRole('alert')
        .getByText('It now listens only while it does not speak', { exact: false })
        .waitFor();
      const whole = '.turn[data-role="agent"][data-final="true"]:not([data-interrupted])';
      await page.locator(whole).first().waitFor();
      assert.ok((await page.locator('.turn[data-role="user"]').count()) <= 2);
    },
    {
      microphone: [{ roomSeconds: 120 }],
      before: (page) => page.addInitScript(hearLoudspeaker),
      kept: { contexts: 1, tracks: 1 }, // the room that gives the sound back
    },
  ));

test('a dismissed warning does not hide a different one', () =>
  inCall(
    async (call) => {
      const { page, told, focused } = call;
      await told('microphone-silent');
      await page.getByRole('alert').getByRole('button', { name: 'Dismiss' }).press('Enter');
      await page.locator('.voice-agent:not([data-error])').waitFor();
      assert.equal(await focused(), 'call');

      await tellOfMicrophone(call.page, 'mute');
      await told('microphone-muted');
    },
    { microphone: [120] },
  ));

test('while a lost connection is recovered the page says what is kept and when the next try is', () =>
  inCall(
    async ({ page, told, over, passed }) => {
      await demo.control({ token_status: 503 });
      try {
        await demo.control({ drop: true });
        await told('reconnecting');
        const alert = page.getByRole('alert');
        await alert.getByText(/up to 20 seconds of what you say are kept/).waitFor();
        await alert
          .getByRole('timer')
          .getByText(/^The next try is in \d+ seconds?\.$/)
          .waitFor();
        assert.ok(Number(await alert.locator('progress').getAttribute('value')) <= 1);
        await page.context().setOffline(true);
        await told('reconnecting-offline');
      } finally {
        await page.context().setOffline(false);
        await demo.control({ token_status: null });
      }
      await passed('live', 'reconnecting', 'live');
      await over();
    },
    { microphone: [{ roomSeconds: 120 }] }, // exact silence is a trouble of its own
  ));

test('the time that is left is shown, counted down near the end, and put off', () =>
  inCall(
    async ({ page, told, over }) => {
      await page
        .locator('#time-left')
        .getByText(/^0:\d\d left$/)
        .waitFor();
      await told('limit-near');
      await page
        .getByRole('timer')
        .getByText(/^It ends in \d+ seconds?\.$/)
        .waitFor();
      await page.unroute('**/api/voice-token*');
      await page.getByRole('button', { name: 'Go on talking' }).click();
      await over();
      await page
        .locator('#time-left')
        .getByText(/^1\d:\d\d left$/)
        .waitFor();
    },
    { before: (page) => allowSeconds(page, 55) },
  ));

test('the tab that a call was taken from says so', () =>
  inCall(async ({ page, passed }) => {
    const other = await page.context().newPage();
    await other.goto(demo.url);
    await other.getByRole('button', { name: 'Start talking' }).click();
    await other.getByRole('button', { name: 'Talk here instead' }).click();
    await other.locator('body[data-state="live"]').waitFor();

    await passed('live', 'ended');
    await page
      .getByRole('status')
      .getByText(/Another tab took it over/)
      .waitFor();
  }));

test('the screen stays on while there is a call, and no longer', () =>
  inCall(
    async ({ page }) => {
      await page.waitForFunction(
        () => globalThis.wakeLocks.filter((lock) => !lock.released).length === 1,
      );
      await page.getByRole('button', { name: 'End call' }).click();
      await page.waitForFunction(() => globalThis.wakeLocks.every((lock) => lock.released));
    },
    {
      before: (page) =>
        page.addInitScript(() => {
          globalThis.wakeLocks = [];
          const request = navigator.wakeLock.request.bind(navigator.wakeLock);
          navigator.wakeLock.request = async (type) => {
            const lock = await request(type);
            globalThis.wakeLocks.push(lock);
            return lock;
          };
        }),
    },
  ));

test('in silence nothing is painted and nothing moves', () =>
  inCall(
    async ({ page }) => {
      await page.getByRole('button', { name: 'Mute' }).click();
      await page.locator('.voice-agent[data-speaking="none"]').waitFor();
      await page.waitForFunction(
        () => {
          const strokes = globalThis.strokes;
          globalThis.strokes = 0;
          return strokes === 0 && document.getAnimations().length === 0;
        },
        null,
        { polling: 1_000 },
      );
    },
    {
      before: (page) =>
        page.addInitScript(() => {
          globalThis.strokes = 0;
          const stroke = CanvasRenderingContext2D.prototype.stroke;
          CanvasRenderingContext2D.prototype.stroke = function (/** @type {any[]} */ ...rest) {
            globalThis.strokes += 1;
            Reflect.apply(stroke, this, rest);
          };
        }),
    },
  ));
