// Presses at random for ten minutes: `node browser/presses.js [--minutes N] [--seed N]`. Whatever is pressed in whatever
// order, the page ends where a person can go on, with one microphone or none, and nothing thrown. Prints its seed.

import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { seeded } from '../unit/random.js';
import { openBrowser, serveDemo } from './harness.js';

/** Where a person can go on: at rest, or in a call. */
const GOOD_STATES = ['idle', 'live', 'ended', 'failed'];

/** Not a fault: what a browser says itself of a network that was taken away. */
const OFFLINE = /ERR_INTERNET_DISCONNECTED|Failed to load resource|style sheet could not be loaded/;

/** How long it may take to come to rest once everything is mended: an attempt and a backoff. */
const REST_MS = 30_000;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 100_000);
const random = seeded(seed);
console.log(`presses: seed ${seed}, ${values.minutes} minutes`);

const demo = await serveDemo([], {
  VOICEGATE_CALLER_MINTS_PER_MINUTE: '0',
  VOICEGATE_MINTS_PER_MINUTE: '0',
  VOICEGATE_CALLER_MINUTES_PER_DAY: '0',
  VOICEGATE_MINUTES_PER_DAY: '0',
});
const { page, complaints, close } = await openBrowser();
const button = page.locator('#call');

/** @type {Record<string, () => Promise<unknown>>} */
const PRESSES = {
  'start or stop': () => button.click({ timeout: 500 }),
  'start': () => page.getByRole('button', { name: /Start|again/ }).click({ timeout: 500 }),
  'start or stop twice': () => button.click({ timeout: 500, clickCount: 2 }),
  'mute': () => page.locator('#mute').click({ timeout: 500 }),
  'settings': () => page.locator('#settings-open').click({ timeout: 500 }),
  'escape': () => page.keyboard.press('Escape'),
  'reload': () => page.reload(),
  'away and back': () => page.goto('about:blank').then(() => page.goBack()),
  'move the element': () => page.evaluate(() => document.querySelector('main')?.append(element())),
  'take the element out': () =>
    page.evaluate(() => {
      element().remove();
      setTimeout(() => document.querySelector('main')?.append(element()), 50);
    }),
  'offline': () => page.context().setOffline(true),
  'online': () => page.context().setOffline(false),
  'device gone': () =>
    page.evaluate(() => {
      for (const track of globalThis.tracks()) {
        track.stop();
        track.dispatchEvent(new Event('ended'));
      }
    }),
  'wait': () => page.waitForTimeout(random() * 2_000),
};

/** @type {string[]} */
const pressed = [];
try {
  await page.addInitScript(() => {
    /** @type {Element | null} */
    let kept = null;
    globalThis.element = () =>
      (kept ??= /** @type {Element} */ (document.querySelector('voice-agent')));
  });
  await page.goto(demo.url);
  const endMs = Date.now() + Number(values.minutes) * 60_000;
  while (Date.now() < endMs) {
    for (let press = 0; press < 12; press += 1) {
      const names = Object.keys(PRESSES);
      const name = names[Math.floor(random() * names.length)];
      pressed.push(name);
      await PRESSES[name]().catch(() => {}); // what is not there cannot be pressed
      await page.waitForTimeout(random() * 300);
    }
    await page.context().setOffline(false);
    await page
      .locator(GOOD_STATES.map((state) => `.voice-agent[data-state="${state}"]`).join(', '))
      .waitFor({ timeout: REST_MS });
    const open = await page.evaluate(() => globalThis.openTracks());
    assert.ok(open <= 1, `${open} microphones`);
    assert.deepEqual(
      complaints.filter((text) => !OFFLINE.test(text)),
      [],
    );
  }
  await page.goto('about:blank');
  const {
    tokens_minted: minted,
    sockets_opened: opened,
    tokens_redeemed: used,
  } = await demo.stats();
  console.log({ presses: pressed.length, minted, opened, used });
  assert.equal(used, opened, 'a token was used twice');
} catch (error) {
  console.error(`seed ${seed}, after: ${pressed.slice(-24).join(', ')}`);
  throw error;
} finally {
  await close();
  await demo.stop();
}
