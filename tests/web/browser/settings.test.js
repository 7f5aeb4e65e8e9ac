// The side panel: what is chosen there is heard, sent, shown and remembered.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { holdDevices } from './devices-page.js';
import { openBrowser, serveDemo } from './harness.js';
import { loudest } from './listening.js';
import { silence as silentFor, writeWav } from './wav.js';

/** @typedef {import('playwright-core').Page} Page */

const BESIDE = { viewport: { width: 1280, height: 800 } };
const OVER = { viewport: { width: 390, height: 844 } };

/** Below it a frame is silence, in dB relative to full scale. */
const QUIET_DB = -60;

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
before(async () => {
  demo = await serveDemo();
});
after(() => demo.stop());

/**
 * @param {(browser: Awaited<ReturnType<typeof openBrowser>>) => Promise<unknown>} body
 * @param {Parameters<typeof openBrowser>[0]} [options]
 */
async function inPage(body, options) {
  const browser = await openBrowser({ context: BESIDE, ...options });
  try {
    await browser.page.goto(demo.url);
    await body(browser);
    assert.deepEqual(browser.complaints, []);
  } finally {
    await browser.close();
  }
}

const focused = (/** @type {Page} */ page) => page.evaluate(() => globalThis.focused()?.id);
const panel = (/** @type {Page} */ page) => page.locator('#settings');

/** @param {Page} page */
async function openPanel(page) {
  await page.getByRole('button', { name: 'Settings' }).click();
  await panel(page).waitFor();
}

/**
 * Wait until the simulator has had some sound of which the last frames are all as loud or as quiet as wanted.
 * @param {(levelDb: number) => boolean} isWanted
 * @param {{frames: number, last: number}} amount
 */
async function soundThatIs(isWanted, { frames, last }) {
  const since = demo.readLog().length;
  const end = Date.now() + 30_000;
  while (Date.now() < end) {
    const levels = demo
      .readLog()
      .slice(since)
      .filter(({ dir, audio }) => dir === 'c2s' && audio)
      .map(({ audio }) => audio.level_db);
    if (levels.length >= frames && levels.slice(-last).every(isWanted)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail('no such sound came');
}

const silence = () => soundThatIs((level) => level < QUIET_DB, { frames: 10, last: 10 });
/** Long enough that what is held meanwhile was no short press. */
const voice = () => soundThatIs((level) => level > QUIET_DB, { frames: 50, last: 3 });

test('with room for both, page and panel are used side by side, by keyboard alone', () =>
  inPage(async ({ page, passed }) => {
    await page.locator('#settings-open').focus();
    await page.keyboard.press('Enter');
    assert.equal(
      await page.evaluate(() => document.activeElement?.closest('dialog')?.id),
      'settings',
    );
    assert.equal(await page.locator('#settings-open').getAttribute('aria-expanded'), 'true');

    await page.locator('#call').focus();
    await page.keyboard.press('Enter');
    await passed('connecting', 'live');
    await page.locator('#microphone-level[aria-valuenow]').waitFor();
    const [call, side] = [
      await page.locator('#call').boundingBox(),
      await panel(page).boundingBox(),
    ];
    assert.ok(call && side && call.x + call.width <= side.x, 'the panel covers the button');

    await page.locator('#volume').focus();
    await page.keyboard.press('Escape');
    await panel(page).waitFor({ state: 'hidden' });
    assert.equal(await focused(page), 'settings-open');
  }));

test('with little room the panel takes the focus and gives it back', () =>
  inPage(
    async ({ page }) => {
      await page.locator('#settings-open').focus();
      await page.keyboard.press('Enter');
      assert.ok(await panel(page).evaluate((dialog) => dialog.matches(':modal')));
      await page.keyboard.press('Escape');
      await panel(page).waitFor({ state: 'hidden' });
      assert.equal(await focused(page), 'settings-open');

      await openPanel(page);
      await page.setViewportSize(BESIDE.viewport);
      await page.locator('#settings:not(:modal)').waitFor();
      await page.getByRole('button', { name: 'Close settings' }).click();
      await panel(page).waitFor({ state: 'hidden' });
    },
    { context: OVER },
  ));

test('volume reaches the sound at once, and a prompt reaches the agent in the call', () =>
  inPage(async ({ page, passed, heard }) => {
    await openPanel(page);
    await page.locator('#volume').focus();
    await page.keyboard.press('Home');
    await page.locator('#call').click();
    await passed('connecting', 'live');
    await page.locator('.voice-agent[data-speaking="agent"]').waitFor();
    await page.locator('.voice-agent[data-speaking="none"]').waitFor();
    assert.equal(loudest(await heard()), 0);

    await page.getByLabel('System prompt').fill('Be brief.');
    await page.getByRole('button', { name: 'Apply now' }).click();
    await panel(page).getByText('The agent goes by it now.').waitFor();
    assert.ok(demo.readLog().some(({ frame }) => frame?.session?.system_prompt === 'Be brief.'));

    await page.locator('#volume').focus();
    await page.keyboard.press('End');
    await page.getByRole('textbox', { name: 'Message to the agent' }).fill('Hello there');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() =>
      globalThis.heard().some(({ samples }) => samples.some((sample) => Math.abs(sample) > 0.05)),
    );
    await page.locator('#volume').fill('30');
    await page.reload();
    assert.equal(await page.locator('#volume').inputValue(), '30');
  }));

test('with push-to-talk the agent hears nothing but what is said while the button or the space bar is held', () =>
  inPage(
    async ({ page, passed }) => {
      const button = page.getByRole('button', { name: 'Hold to talk' });
      await openPanel(page);
      await page.getByRole('switch', { name: 'Push to talk' }).check();
      await page.locator('#call').click();
      await passed('connecting', 'live');
      await silence();
      assert.equal(await button.getAttribute('aria-pressed'), 'false');

      await button.hover();
      await page.mouse.down();
      await voice();
      assert.equal(await button.getAttribute('aria-pressed'), 'true');
      await page.mouse.up();
      await silence();

      await page.getByRole('log').focus();
      await page.keyboard.down('Space');
      await voice();
      await page.evaluate(() => window.dispatchEvent(new Event('blur'))); // its release would not be told
      await silence();
      await page.keyboard.up('Space');

      await button.evaluate((element) => /** @type {HTMLButtonElement} */ (element).click());
      await voice();
      await button.evaluate((element) => /** @type {HTMLButtonElement} */ (element).click());
      await silence();

      await page.getByRole('switch', { name: 'Push to talk' }).uncheck();
      await voice();
      await page.getByRole('button', { name: 'Mute' }).waitFor();
    },
    { microphone: Array.from({ length: 60 }, () => 'question') },
  ));

test('the chosen theme is there before anything is painted, and the language after a choice', () =>
  inPage(async ({ page }) => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await openPanel(page);
    await page.getByRole('radio', { name: 'Dark' }).check();
    const dark = await ground();
    assert.notEqual(dark, light);

    const answer = await page.reload();
    assert.match(
      (await answer?.text()) ?? '',
      /^<!doctype html>\s*<html lang="en" data-theme="dark">/,
    );
    assert.equal(await ground(), dark);
    assert.equal(await page.locator('meta[name="theme-color"][media="all"]').count(), 1);

    await openPanel(page);
    await page.getByRole('radio', { name: 'System' }).check();
    assert.equal(await ground(), light);
    await page.getByRole('radio', { name: 'Huge' }).check();
    await page.getByLabel('Language').selectOption('Deutsch');
    await page.getByRole('button', { name: 'Einstellungen' }).click();
    assert.equal(await page.locator('html').getAttribute('data-theme'), null);
    assert.ok(await page.getByRole('radio', { name: 'Riesig' }).isChecked());
  }));

test('the language waits while there is a call to lose', () =>
  inPage(async ({ page, passed }) => {
    await openPanel(page);
    await page.locator('#call').click();
    await passed('connecting', 'live');
    await page.getByLabel('Language').selectOption('Deutsch');
    await page.getByText('Used when the page is loaded again').waitFor();
    assert.equal(await page.locator('#language-reload').isVisible(), false);

    await page.getByRole('button', { name: 'End call' }).click();
    await passed('live', 'ended');
    await page.getByRole('button', { name: 'Load the page again' }).click();
    await page.locator('html[lang="de"]').waitFor();
  }));

test('the microphone is remembered, and used by the next call', () =>
  inPage(async ({ page, passed }) => {
    await page.addInitScript(holdDevices);
    await page.context().grantPermissions(['microphone']);
    await openPanel(page);
    const microphone = page.getByLabel('Microphone', { exact: true });
    const name = 'Fake Audio Input 2';
    await microphone.locator('option', { hasText: name }).waitFor({ state: 'attached' });
    await microphone.selectOption({ label: name });
    await page.reload();
    await openPanel(page);
    await microphone.locator('option:checked', { hasText: name }).waitFor({ state: 'attached' });

    await page.locator('#call').click();
    await passed('connecting', 'live');
    assert.equal(await page.evaluate(() => hold.tracks.at(-1)?.label), name);
  }));

test('voices stand by language and can be heard; one that is gone is told at once, with the nearest', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'voicegate-'));
  const [agents, sample] = [join(folder, 'agents.toml'), join(folder, 'alba.wav')];
  writeFileSync(
    agents,
    '[agents.assistant]\neditable = ["voice"]\n[voice_samples]\nalba = "/samples/alba.wav"\n',
  );
  writeWav(sample, [silentFor(60)]);
  const own = await serveDemo([], { VOICEGATE_AGENTS_FILE: agents });
  const { page, complaints, passed, close } = await openBrowser({ context: BESIDE });
  const voicesSent = () =>
    own
      .readLog()
      .flatMap(({ dir, frame }) => (dir === 'c2s' && frame?.session?.output?.voice) || []);
  try {
    await page.route('**/samples/alba.wav', (route) => route.fulfill({ path: sample }));
    await page.goto(own.url);
    await page.evaluate(() => localStorage.setItem('voicegate:assistant:voice', 'lena'));
    await page.reload();
    await page.locator('#call').click();
    // The simulator says `invalid_value` to a voice that it does not list.
    await page.getByText('You hear “juergen”, the nearest in the same language (German)').waitFor();
    await passed('connecting', 'live');
    assert.deepEqual(voicesSent(), ['lena', 'juergen']);
    await page.locator('#call').click();
    await passed('live', 'ended');

    await openPanel(page);
    await page.getByText('The service does not have “lena” any more').waitFor();
    await page.getByRole('button', { name: 'Use juergen' }).click();
    await page
      .getByRole('group', { name: 'German' })
      .getByRole('radio', { checked: true })
      .waitFor();
    const hear = page.getByRole('button', { name: 'Hear alba' });
    await hear.click();
    await page.locator('.voice__hear[aria-pressed="true"]').waitFor();
    await hear.click();
    await page.locator('.voice__hear[aria-pressed="false"]').waitFor();
    await page.getByRole('radio', { name: 'paul British English' }).check();
    await page.locator('#call').click();
    await passed('ended', 'connecting', 'live');
    assert.deepEqual(voicesSent(), ['lena', 'juergen', 'paul']);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
    await own.stop();
    rmSync(folder, { recursive: true });
  }
});
