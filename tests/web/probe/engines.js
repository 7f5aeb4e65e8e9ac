// Starts each engine as users have it: with a window, a loudspeaker and a microphone, and with nothing switched off that
// a test would want switched off (timers of hidden pages, the back/forward cache, the partitions of storage).

import puppeteer from 'puppeteer-core';
import { Builder } from 'selenium-webdriver';
import { freePort } from '../browser/machine.js';
import { run, until } from '../browsers/processes.js';

/**
 * One tab of an engine.
 * @typedef {object} Engine
 * @property {string} version
 * @property {(url: string) => Promise<void>} open in a new tab, in place of the one before
 * @property {() => Promise<void>} press the page's button, as a person does
 * @property {<Value>(ask: (argument: any) => Value, argument?: unknown) => Promise<Awaited<Value>>} evaluate what the
 *   page answers; only the function's text goes there
 * @property {() => Promise<() => Promise<void>>} cover hide the page behind another tab, until the returned function runs
 * @property {() => Promise<void>} close
 */

/** @typedef {(environment: Record<string, string>) => Promise<Engine>} OpenEngine */

const PATIENCE_MS = 60_000;

const CHROMIUM_ARGUMENTS = [
  ...['--no-sandbox', '--no-first-run', '--disable-gpu', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
  '--use-fake-ui-for-media-stream', // the microphone is allowed without a question
  'about:blank',
];

const FIREFOX_PREFERENCES = { 'media.navigator.permission.disabled': true };

/** @type {Record<string, OpenEngine>} by name */
export const ENGINES = {
  Chromium: (environment) =>
    openByPuppeteer({
      executablePath: process.env.CHROMIUM,
      ignoreDefaultArgs: true,
      args: CHROMIUM_ARGUMENTS,
      env: environment,
    }),
  Firefox: (environment) =>
    openByPuppeteer({
      browser: 'firefox',
      executablePath: process.env.FIREFOX,
      extraPrefsFirefox: FIREFOX_PREFERENCES,
      env: environment,
    }),
  WebKitGTK: openWebKit,
};

/**
 * A display that nobody sees.
 * @returns {Promise<{name: string, stop: () => Promise<void>}>}
 */
export async function openDisplay() {
  const screen = ['-displayfd', '1', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'];
  const display = await run('Xvfb', screen);
  const number = await until(() => /^\d+$/m.exec(display.output())?.[0], 'Xvfb has a display');
  return { name: `:${number}`, stop: display.stop };
}

/** @param {import('puppeteer-core').LaunchOptions} options @returns {Promise<Engine>} */
async function openByPuppeteer({ env, ...options }) {
  const browser = await puppeteer.launch({
    ...options,
    headless: false,
    timeout: PATIENCE_MS,
    defaultViewport: null,
    env: { ...process.env, ...env },
  });
  let page = await browser.newPage();
  return {
    version: (await browser.version()).replace(/^\D+/, ''),
    open: async (url) => {
      const former = page;
      page = await browser.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      await former.close();
      await page.goto(url);
    },
    press: () => page.click('button'),
    evaluate: (ask, argument) => page.evaluate(ask, argument),
    cover: async () => {
      const other = await browser.newPage();
      await other.bringToFront();
      return async () => {
        await other.close();
        await page.bringToFront();
      };
    },
    close: () => browser.close(),
  };
}

/** @type {OpenEngine} */
async function openWebKit(environment) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await run('WebKitWebDriver', ['--host=127.0.0.1', `--port=${port}`], environment);
  await until(() => fetch(`${url}/status`).then(Boolean, () => false), 'WebKitWebDriver answers');
  const browserOptions = {
    binary: process.env.WEBKIT,
    args: ['--automation', '--enable-media-stream=true'],
  };
  const driver = await new Builder()
    .usingServer(url)
    .withCapabilities({ 'browserName': 'MiniBrowser', 'webkitgtk:browserOptions': browserOptions })
    .build();
  await driver.manage().setTimeouts({ script: PATIENCE_MS });
  return {
    version: String((await driver.getCapabilities()).getBrowserVersion()),
    open: async (address) => {
      const former = await driver.getWindowHandle();
      await driver.switchTo().newWindow('tab');
      const own = await driver.getWindowHandle();
      await driver.switchTo().window(former);
      await driver.close();
      await driver.switchTo().window(own);
      await driver.get(address);
    },
    press: () => driver.findElement({ css: 'button' }).click(),
    evaluate: async (ask, argument) => {
      const { value, error } = await driver.executeAsyncScript(
        `const [argument, done] = arguments;
        (async () => (${ask})(argument))().then((value) => done({ value }), (e) => done({ error: String(e) }));`,
        argument,
      );
      if (error) throw new Error(error);
      return value;
    },
    cover: async () => {
      const own = await driver.getWindowHandle();
      await driver.switchTo().newWindow('tab');
      return async () => {
        await driver.close();
        await driver.switchTo().window(own);
      };
    },
    close: () => driver.quit().finally(server.stop),
  };
}
