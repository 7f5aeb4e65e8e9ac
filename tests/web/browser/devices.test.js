// Microphones, speakers and the audio system of a real browser, with devices that are not real.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeSound, holdDevices, openSound } from './devices-page.js';
import { openBrowser, serveDemo } from './harness.js';
import { refuseOtherRates } from './in-page.js';

/** @typedef {import('playwright-core').Page} Page */

/** Loud enough to be a sentence, not a hum. */
const LOUD = 0.02;

/** Chromium's fake microphones, of which the first is the default. */
const [DEFAULT, FIRST, SECOND] = [
  'Fake Default Audio Input',
  'Fake Audio Input 1',
  'Fake Audio Input 2',
];

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
before(async () => {
  demo = await serveDemo();
});
after(() => demo.stop());

/**
 * Run a test in a page whose microphones all say the same long sentences.
 * @param {(page: Page) => Promise<unknown>} body
 * @param {Parameters<typeof openBrowser>[0]} [options]
 */
async function inPage(body, options) {
  const { page, close } = await openBrowser({
    microphone: Array.from({ length: 12 }, () => 'question'),
    ...options,
  });
  try {
    await page.addInitScript(holdDevices);
    await page.goto(demo.url);
    await body(page);
  } finally {
    await page.evaluate(closeSound);
    await close();
  }
}

/**
 * Open the sound of a call, and wait until the microphone is heard.
 * @param {Page} page
 * @param {import('../../../static/voice-agent/main-thread/audio/call-audio.js').AudioOptions} [wanted]
 */
async function open(page, wanted = {}) {
  assert.equal(await page.evaluate(openSound, wanted), 'open');
  await page.waitForFunction((loud) => sound.level > loud, LOUD);
}

/**
 * Wait for so many more frames, whatever is in them.
 * @param {Page} page
 */
async function moreFrames(page) {
  const frames = await page.evaluate(() => sound.frames);
  await page.waitForFunction((before) => sound.frames > before + 25, frames);
}

/**
 * Use the microphone of this name, as a page's menu would.
 * @param {Page} page
 * @param {string} name
 */
const choose = (page, name) =>
  page.evaluate(async (label) => {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const { deviceId } = /** @type {MediaDeviceInfo} */ (
      devices.find((one) => one.label === label)
    );
    await sound.audio.setMicrophone(deviceId);
  }, name);

/** @param {Page} page */
const state = (page) =>
  page.evaluate(() => ({
    open: hold.open(),
    mostOpen: hold.mostOpen,
    contexts: hold.contexts.filter(({ state }) => state !== 'closed').length,
    events: sound.events,
    lost: sound.lost,
  }));

test('the microphone is changed in mid-call: the new one is open before the old one is closed', () =>
  inPage(async (page) => {
    await open(page);

    await choose(page, SECOND);
    await page.waitForFunction((loud) => sound.level > loud, LOUD);

    assert.deepEqual(await state(page), {
      open: 1,
      mostOpen: 2,
      contexts: 1,
      events: [`opened: ${DEFAULT}`, `replaced: ${SECOND}`],
      lost: [],
    });
  }));

test('when the new microphone cannot be had, the call goes on with the old one', () =>
  inPage(async (page) => {
    await open(page);
    await page.evaluate(() => (hold.refusal = 'NotReadableError'));

    await assert.rejects(choose(page, FIRST), /could not be opened/);
    await page.waitForFunction((loud) => sound.level > loud, LOUD);

    assert.equal((await state(page)).open, 1);
  }));

test('a microphone that is taken away is replaced, and frames never stop', () =>
  inPage(async (page) => {
    await open(page);

    await page.evaluate(() => {
      hold.tracks[0].stop();
      hold.tracks[0].dispatchEvent(new Event('ended'));
    });
    await page.waitForFunction(() => sound.events.length === 2);
    await page.waitForFunction((loud) => sound.level > loud, LOUD);

    assert.deepEqual((await state(page)).events.at(-1), `replaced: ${DEFAULT}`);
  }));

test('without a microphone the wire gets silence at pace, until there is one again', () =>
  inPage(async (page) => {
    await open(page);

    await page.evaluate(() => {
      hold.refusal = 'NotFoundError';
      hold.tracks[0].stop();
      hold.tracks[0].dispatchEvent(new Event('ended'));
    });
    await page.waitForFunction(() => sound.events.at(-1) === 'lost: ');
    await page.waitForFunction(() => sound.level === 0);
    await moreFrames(page);
    await page.evaluate(() => {
      hold.refusal = null;
      navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
    });
    await page.waitForFunction((loud) => sound.level > loud, LOUD);

    assert.deepEqual((await state(page)).lost, []);
  }));

test('a permission taken back silences the call, asks nobody, and works again once it is given', () =>
  inPage(
    async (page) => {
      await page.context().grantPermissions(['microphone']);
      await open(page);

      await page.context().clearPermissions();
      await page.waitForFunction(() => sound.events.at(-1) === 'permission-lost: ');
      await moreFrames(page);
      assert.equal((await state(page)).open, 0);
      assert.equal(await page.evaluate(() => hold.asked), 1);
      await page.context().grantPermissions(['microphone']);
      await page.waitForFunction((loud) => sound.level > loud, LOUD);

      assert.equal((await state(page)).open, 1);
    },
    { isAllowed: false },
  ));

test('a microphone that arrives after hanging up is let go of', () =>
  inPage(async (page) => {
    const release = await page.evaluateHandle(() => {
      let free = () => {};
      hold.until = new Promise((resolve) => (free = () => resolve(undefined)));
      return { free };
    });
    const outcome = page.evaluate(openSound, {});
    await page.waitForFunction(() => hold.asked === 1);
    await page.evaluate(() => sound.audio.close());
    await release.evaluate(({ free }) => free());

    assert.equal(await outcome, 'audio-failed');
    await page.waitForFunction(() => hold.tracks.length === 1 && hold.open() === 0);
  }));

test('when the audio system cannot start, the microphone is let go of', () =>
  inPage(async (page) => {
    await page.evaluate(() => {
      AudioWorklet.prototype.addModule = () => Promise.reject(new Error('offline'));
    });

    assert.equal(await page.evaluate(openSound, {}), 'audio-failed');

    const { open: tracks, contexts } = await state(page);
    assert.deepEqual({ tracks, contexts }, { tracks: 0, contexts: 0 });
  }));

test('a context that stops is reported, asked to go on, and reported again', () =>
  inPage(async (page) => {
    await open(page);
    await page.waitForFunction(() => hold.contexts[0].state === 'running');

    await page.evaluate(async () => {
      const [context] = hold.contexts;
      context.resume = async () => void (sound.asked = true); // or it would go on before it counts as held back
      await context.suspend();
    });
    await page.waitForFunction(() => sound.asked && sound.interruptions.at(-1) === true);
    await page.evaluate(() => {
      Reflect.deleteProperty(hold.contexts[0], 'resume');
      sound.audio.wake();
    });
    await page.waitForFunction(() => sound.interruptions.at(-1) === false);
    await moreFrames(page);
  }));

for (const [name, prepare] of /** @type {const} */ ([
  ['at the rate of the wire', () => {}],
  ['at the device’s own rate', refuseOtherRates],
])) {
  test(`frames of 50 ms come ${name}, each as long as asked for`, () =>
    inPage(async (page) => {
      await page.addInitScript(prepare);
      await page.reload();

      await open(page, { frameMs: 50 });
      await moreFrames(page);

      assert.deepEqual(await page.evaluate(() => sound.sizes), [2_400]);
    }));
}

test('the speaker is changed in mid-call, and one that is not there leaves the sound where it was', () =>
  inPage(async (page) => {
    await open(page);

    const [chosen, used] = await page.evaluate(async () => {
      const file = new URL('/static/voice-agent/main-thread/audio/devices.js', location.href).href;
      const { listSpeakers } = await import(file);
      const { deviceId } = (await listSpeakers()).at(-1);
      await sound.audio.setSpeaker(deviceId);
      return [deviceId, /** @type {any} */ (hold.contexts[0]).sinkId];
    });
    assert.equal(used, chosen);
    await assert.rejects(
      page.evaluate(() => sound.audio.setSpeaker('stolen')),
      /speaker could not be used/,
    );

    assert.equal(await page.evaluate(() => /** @type {any} */ (hold.contexts[0]).sinkId), chosen);
  }));

test('a call on the page keeps its session when the microphone is changed', async () => {
  const before = await demo.stats();
  await inPage(async (page) => {
    await page.evaluate(async () => {
      const file = new URL('/static/voice-agent/index.js', location.href).href;
      const { createVoiceAgent, listMicrophones } = await import(file);
      const agent = createVoiceAgent({ session: {} });
      await agent.start();
      const { deviceId } = (await listMicrophones()).at(-1);
      await agent.setMicrophone(deviceId);
      Object.assign(globalThis, { agent });
    });
    await page.waitForFunction(() => hold.open() === 1);

    assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).agent.state), 'live');
    await page.evaluate(() => /** @type {any} */ (globalThis).agent.dispose());
    assert.equal(await page.evaluate(() => hold.open()), 0);
  });
  const { sockets_opened: sockets } = await demo.stats();
  assert.equal(sockets, before.sockets_opened + 1);
});
