// Pictures of every state that the page can be in, for people to look at: each scene at two widths, in light and in
// dark. Not a test: `node gallery.js [folder] [part of a scene's name …]`, or `make gallery`.

import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStage, playScene } from './gallery/play.js';
import { scenes } from './gallery/scenes.js';

const [folder = mkdtempSync(join(tmpdir(), 'voicegate-gallery-')), ...parts] =
  process.argv.slice(2);

/** @param {import('./gallery/scenes.js').Scene} scene */
function isWanted({ name }) {
  return parts.length === 0 || parts.some((part) => name.includes(part));
}

mkdirSync(folder, { recursive: true });
const stage = await openStage((scene, demo) =>
  playScene(
    scene,
    demo,
    ({ page, size, colorScheme }) =>
      page.screenshot({
        path: join(folder, `${scene.name}-${size.join('x')}-${colorScheme}.png`),
      }),
    (page) => page.screenshot({ path: join(folder, `${scene.name}-failed.png`) }),
  ),
);
for (const scene of scenes.filter(isWanted)) {
  try {
    await stage.show(scene);
    console.log(scene.name);
  } catch (error) {
    console.error(`${scene.name}: ${error}`);
    process.exitCode = 1;
  }
}
await stage.close();
console.log(`The pictures are in ${folder}`);
