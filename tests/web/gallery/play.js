// Plays scenes of the gallery one after the other, and lets somebody look at each from all sides.

import { openBrowser, serveDemo } from '../browser/harness.js';

/** @typedef {import('./scenes.js').Scene} Scene */

/** @type {[width: number, height: number][]} */
const SIZES = [
  [1280, 800],
  [390, 844],
];

/** What a scene may have changed of the simulator that they share. */
const AS_AT_FIRST = { token_status: null, set: { resume: 'not_found_1008' } };

/**
 * How a scene is looked at.
 * @typedef {object} View
 * @property {import('playwright-core').Page} page
 * @property {[width: number, height: number]} size
 * @property {'light' | 'dark'} colorScheme
 */

/**
 * @param {Scene} scene
 * @param {Awaited<ReturnType<typeof serveDemo>>} demo
 * @param {(view: View) => Promise<unknown>} look at each size, in light and in dark
 * @param {(page: import('playwright-core').Page) => Promise<unknown>} [onFailure] before the page is closed
 * @throws the scene could not be played, or `look` threw
 */
export async function playScene(scene, demo, look, onFailure = async () => {}) {
  const { sizes = SIZES, ...options } = scene.options ?? {};
  const browser = await openBrowser({
    microphone: [{ roomSeconds: 90 }],
    ...options,
    context: { reducedMotion: 'reduce', ...options.context },
  });
  const { page, close } = browser;
  page.setDefaultTimeout(20_000);
  try {
    await setSize(page, sizes[0]);
    await scene.prepare({ ...browser, demo, url: demo.url });
    for (const size of sizes) {
      await setSize(page, size);
      for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
        await page.emulateMedia({ colorScheme });
        await look({ page, size, colorScheme });
      }
    }
  } catch (error) {
    await onFailure(page);
    throw error;
  } finally {
    await close();
  }
}

/**
 * A service that most scenes share, and one of its own for those that need it.
 * @param {(scene: Scene, demo: Awaited<ReturnType<typeof serveDemo>>) => Promise<unknown>} play
 */
export async function openStage(play) {
  const shared = await serveDemo();
  return {
    /** @param {Scene} scene */
    async show(scene) {
      const { service } = scene;
      if (!service) {
        await shared.control(AS_AT_FIRST);
        return play(scene, shared);
      }
      const own = await serveDemo(service.options, service.settings, service.program);
      try {
        return await play(scene, own);
      } finally {
        await own.stop();
      }
    },
    close: () => shared.stop(),
  };
}

/** @param {import('playwright-core').Page} page @param {[number, number]} size */
const setSize = (page, [width, height]) => page.setViewportSize({ width, height });
