// axe-core finds nothing to complain about, whatever the page shows. By default in a few scenes that have everything
// in them; ALL_SCENES=1 plays the whole gallery (make test-accessibility).

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import axe from 'axe-core';
import { openStage, playScene } from '../gallery/play.js';
import { scenes } from '../gallery/scenes.js';

const FEW = [
  ...['start', 'settings-end', 'live', 'details', 'access-code', 'problem-rate_limited'],
  ...['diagnostics-asking', 'operator', 'operator-sign-in'],
];

const wanted = scenes.filter(({ name }) => process.env.ALL_SCENES || FEW.includes(name));

const stage = await openStage((scene, demo) => playScene(scene, demo, assertAccessible));
after(() => stage.close());

for (const scene of wanted)
  test(`axe finds nothing in: ${scene.name}`, async () => {
    await stage.show(scene);
  });

test('the few scenes are there', () => assert.ok(wanted.length >= FEW.length));

/** @param {import('../gallery/play.js').View} view */
async function assertAccessible({ page, size, colorScheme }) {
  // Colours that are on their way to others would be judged by chance.
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => {}))),
  );
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const found = violations.map(({ id, help, nodes }) => ({
    id,
    help,
    nodes: nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`),
  }));
  assert.deepEqual(found, [], `at ${size.join('x')}, ${colorScheme}`);
}
