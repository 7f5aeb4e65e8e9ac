// The scenes of the diagnostics page.

import { fetchForPage } from '../browser/harness.js';

/** @typedef {import('./scenes.js').Scene} Scene */
/** @typedef {import('./scenes.js').Stage} Stage */

/** @param {Stage} stage */
async function open({ page, url }) {
  await page.goto(`${url}/diagnostics`);
}

/** @param {Stage} stage */
async function run(stage) {
  await open(stage);
  await stage.page.locator('#run').click();
}

/** @param {Stage} stage @param {string} id */
const answer = ({ page }, id) => page.locator(`[data-answer="${id}"]`).click();

/** @param {Stage} stage */
const done = ({ page }) => page.locator('body[data-phase="done"]').waitFor({ timeout: 60_000 });

const SPEAKING = [1.2, 'question', 60];

/** @type {Scene[]} */
export const diagnosticsScenes = [
  { name: 'diagnostics-start', prepare: open },
  {
    name: 'diagnostics-running',
    prepare: async (stage) => {
      await run(stage);
      await stage.page.locator('.meter:not([hidden])').waitFor();
    },
  },
  {
    name: 'diagnostics-asking',
    options: { microphone: SPEAKING },
    prepare: async (stage) => {
      await run(stage);
      await stage.page.locator('[data-answer="heard"]').waitFor();
    },
  },
  {
    name: 'diagnostics-call',
    options: { microphone: SPEAKING },
    prepare: async (stage) => {
      await run(stage);
      await answer(stage, 'heard');
      await answer(stage, 'start');
      await stage.page.locator('#words p').nth(1).waitFor();
    },
  },
  {
    name: 'diagnostics-passed',
    options: { microphone: SPEAKING },
    prepare: async (stage) => {
      await run(stage);
      await answer(stage, 'heard');
      await answer(stage, 'start');
      await done(stage);
    },
  },
  {
    name: 'diagnostics-failed',
    prepare: async (stage) => {
      await stage.page.route('**/api/voice-token*', async (route) => {
        const json = await (await fetchForPage(route)).json();
        await route.fulfill({ json: { ...json, token: 'forged' } });
      });
      await run(stage);
      await answer(stage, 'unheard');
      await done(stage);
    },
  },
];
