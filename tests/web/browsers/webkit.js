// Drives WebKitGTK by WebDriver: MiniBrowser, the browser of WebKit's own tests, on a display that nobody sees.

import { Builder } from 'selenium-webdriver';
import { watchStates } from '../browser/in-page.js';
import { buttonNamed } from './browser-page.js';
import { freePort } from '../browser/machine.js';
import { run, until } from './processes.js';

/** How long an action may take on a busy machine. */
const PATIENCE_MS = 60_000;

/** @type {import('./browser-page.js').OpenBrowser} */
export async function openWebKit(environment) {
  const screen = ['-displayfd', '1', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'];
  const display = await run('Xvfb', screen);
  const number = await until(() => /^\d+$/m.exec(display.output())?.[0], 'Xvfb has a display');
  const port = await freePort();
  const server = await run('WebKitWebDriver', ['--host=127.0.0.1', `--port=${port}`], {
    ...environment,
    DISPLAY: `:${number}`,
  });
  const stop = () => server.stop().then(display.stop);
  try {
    const driver = await startMiniBrowser(`http://127.0.0.1:${port}`);
    return pageOf(driver, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * @param {import('selenium-webdriver').WebDriver} driver
 * @param {() => Promise<void>} stop
 * @returns {import('./browser-page.js').BrowserPage}
 */
function pageOf(driver, stop) {
  return {
    // WebDriver has no script that runs before the page's own; what happens before a click is not watched.
    open: async (url) => {
      await driver.get(url);
      await driver.executeScript(watchStates);
      await driver.executeScript(watchComplaints);
    },
    press: async (name) => {
      const find = () => driver.executeScript(buttonNamed, name);
      const button = /** @type {import('selenium-webdriver').WebElement} */ (
        await driver.wait(find, PATIENCE_MS)
      );
      await button.click();
    },
    evaluate: (ask) => driver.executeScript(ask),
    complaints: () => driver.executeScript(() => globalThis.complaints),
    close: () => driver.quit().finally(stop),
  };
}

/**
 * In a browser under automation the microphone is allowed without a question.
 * @param {string} url of WebKitWebDriver
 */
async function startMiniBrowser(url) {
  await until(() => fetch(`${url}/status`).then(Boolean, () => false), 'WebKitWebDriver answers');
  return new Builder()
    .usingServer(url)
    .withCapabilities({
      'browserName': 'MiniBrowser',
      'webkitgtk:browserOptions': {
        binary: process.env.WEBKIT,
        args: ['--automation', '--enable-media-stream=true'],
      },
    })
    .build();
}

/** Runs in the page: write down what goes wrong there. */
function watchComplaints() {
  globalThis.complaints = [];
  const { error } = console;
  console.error = (...words) => {
    globalThis.complaints.push(words.join(' '));
    error(...words);
  };
  addEventListener('error', ({ message }) => void globalThis.complaints.push(message));
  addEventListener('unhandledrejection', ({ reason }) => {
    globalThis.complaints.push(String(reason));
  });
}
