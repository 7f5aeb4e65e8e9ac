// Drives Firefox by WebDriver BiDi.

import puppeteer from 'puppeteer-core';
import { watchStates } from '../browser/in-page.js';
import { BrowserCrashed, buttonNamed } from './browser-page.js';

/** The microphone is allowed without a question. */
const PREFERENCES = { 'media.navigator.permission.disabled': true };

/** When the process of a page crashes, Firefox ends as a whole and tells nobody, instead of showing a dead page. */
const CRASHES = { MOZ_CRASHREPORTER_SHUTDOWN: '1', MOZ_CRASHREPORTER_NO_REPORT: '1' };

/** How long an action may take on a busy machine. */
const PATIENCE_MS = 60_000;

/** @type {import('./browser-page.js').OpenBrowser} */
export async function openFirefox(environment) {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
    headless: true,
    timeout: PATIENCE_MS,
    extraPrefsFirefox: PREFERENCES,
    env: { ...process.env, ...environment, ...CRASHES },
  });
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.evaluateOnNewDocument(watchStates);
  /** @type {string[]} */
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });

  /**
   * Firefox itself ends in a crash now and then, under WebDriver BiDi and without a sound device: once in 16
   * runs when this was measured. Say so, instead of showing what the driver makes of the loss.
   * @template T
   * @param {Promise<T>} action
   */
  const orCrash = (action) =>
    action.catch((cause) => {
      const child = browser.process();
      if (child && child.exitCode === null && child.signalCode === null) throw cause;
      throw new BrowserCrashed('Firefox ended by itself', { cause });
    });
  return {
    open: async (url) => void (await orCrash(page.goto(url))),
    press: async (name) => {
      const found = await orCrash(page.waitForFunction(buttonNamed, {}, name));
      await orCrash(/** @type {import('puppeteer-core').ElementHandle} */ (found).click());
    },
    evaluate: (ask) => orCrash(page.evaluate(ask)),
    complaints: async () => complaints,
    close: () => browser.close(),
  };
}
