// Pictures of every state that the page can be in, for people to look at: each scene at two widths, in light and in
// dark. Not a test: `make gallery`, or `node gallery.js --help`.

import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openStage, playScene } from './gallery/play.js';
import { scenes } from './gallery/scenes.js';

const USAGE = `node gallery.js [--to FOLDER] [part of a scene's name ...]
Without a folder the pictures go into a new one of the system's for temporary files.`;

/** What was asked for; anything else is refused, before it becomes the name of a folder. */
function readOptions() {
  const options = /** @type {const} */ ({ to: { type: 'string' }, help: { type: 'boolean' } });
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const unknown = positionals.find((part) => !scenes.some(({ name }) => name.includes(part)));
    if (unknown) throw new Error(`No scene has ${unknown} in its name`);
    if (!values.help) return { folder: values.to, parts: positionals };
    console.log(USAGE);
    process.exit();
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\n${USAGE}`);
    process.exit(2);
  }
}

const { folder = mkdtempSync(join(tmpdir(), 'voicegate-gallery-')), parts } = readOptions();

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
