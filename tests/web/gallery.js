// Pictures of every state that the page can be in, for people to look at: each scene at two widths, in light and in
// dark. Not a test: `node gallery.js [folder] [part of a scene's name …]`, or `make gallery`.

import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBrowser, serveDemo } from './browser/harness.js';
import { scenes } from './gallery/scenes.js';

const [folder = mkdtempSync(join(tmpdir(), 'voicegate-gallery-')), ...parts] =
  process.argv.slice(2);

/** @type {[width: number, height: number][]} */
const SIZES = [
  [1280, 800],
  [390, 844],
];

/** What a scene may have changed of the simulator that they share. */
const AS_AT_FIRST = { token_status: null, set: { resume: 'not_found_1008' } };

/**
 * A scene is played once and looked at from all sides.
 * @param {import('./gallery/scenes.js').Scene} scene
 * @param {Awaited<ReturnType<typeof serveDemo>>} demo
 */
async function show({ name, prepare, options: { sizes = SIZES, ...options } = {} }, demo) {
  const browser = await openBrowser({
    microphone: [{ roomSeconds: 90 }],
    ...options,
    context: { reducedMotion: 'reduce', ...options.context },
  });
  const { page, close } = browser;
  page.setDefaultTimeout(20_000);
  try {
    await setSize(page, sizes[0]);
    await prepare({ ...browser, demo, url: demo.url });
    for (const size of sizes) {
      await setSize(page, size);
      for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({
          path: join(folder, `${name}-${size.join('x')}-${colorScheme}.png`),
        });
      }
    }
    console.log(name);
  } catch (error) {
    console.error(`${name}: ${error}`);
    await page.screenshot({ path: join(folder, `${name}-failed.png`) });
    process.exitCode = 1;
  } finally {
    await close();
  }
}

/** @param {import('./gallery/scenes.js').Scene} scene */
function isWanted({ name }) {
  return parts.length === 0 || parts.some((part) => name.includes(part));
}

/** @param {import('playwright-core').Page} page @param {[number, number]} size */
const setSize = (page, [width, height]) => page.setViewportSize({ width, height });

mkdirSync(folder, { recursive: true });
const shared = await serveDemo();
for (const scene of scenes.filter(isWanted)) {
  const { service } = scene;
  const demo = service ? await serveDemo(service.options, service.settings) : shared;
  if (!service) await shared.control(AS_AT_FIRST);
  await show(scene, demo);
  if (service) await demo.stop();
}
await shared.stop();
console.log(`The pictures are in ${folder}`);
