// What is looked at after every browser test is seen where it is there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser } from './harness.js';
import { leftoversOf } from './leftovers.js';

/** One of each kind, kept; and one of each that is let go of. */
const SCRIPT = `
  const life = new AbortController();
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker('worker.js');
  worker.postMessage(port2, [port2]);
  new Worker('worker.js').terminate();
  clearInterval(setInterval(() => {}, 1000));
  setInterval(() => {}, 1000);
  navigator.locks.request('kept', () => new Promise(() => {}));
  navigator.locks.request('let go of', () => {});
  for (const owner of [window, document]) owner.addEventListener('online', () => {}, life);
  document.addEventListener('resume', () => {});
  life.abort();
  new AudioContext();
  new AudioContext().close();
  navigator.mediaDevices.getUserMedia({ audio: true }).then(() => (document.title = 'made'));`;

test('each kind of thing that a page keeps is counted, and none that it has let go of', async () => {
  const { page, close } = await openBrowser();
  try {
    await page.route('**/*', (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === '/page.js') return route.fulfill({ body: SCRIPT });
      if (pathname === '/worker.js') return route.fulfill({ body: '' });
      return route.fulfill({ contentType: 'text/html', body: '<script src="page.js"></script>' });
    });
    await page.goto('http://localhost/');
    await page.waitForFunction(() => document.title === 'made');
    assert.deepEqual(await leftoversOf(page, {}, 1_000), {
      ...{ contexts: 1, tracks: 1, ports: 1, workers: 1, intervals: 1, locks: 1, listeners: 1 },
    });
    await page.close();
  } finally {
    await close();
  }
});
