// The scenes of the operator's page.

/** @typedef {import('./scenes.js').Scene} Scene */
/** @typedef {import('./scenes.js').Stage} Stage */

const TOKEN = 'the-token-of-whoever-operates-this';
const service = { settings: { VOICEGATE_OPERATOR_TOKEN: TOKEN, VOICEGATE_MINUTES_PER_DAY: '90' } };

/** @param {Stage} stage @param {string} [token] */
async function enter({ page, url }, token = TOKEN) {
  await page.goto(`${url}/operator`);
  await page.locator('#token').fill(token);
  await page.locator('form button').last().click();
}

/** With calls that are open, and one that was refused. @param {Stage} stage */
async function used(stage) {
  await stage.page.goto(stage.url);
  await stage.page.evaluate(async () => {
    for (const seconds of [900, 900, 600, 1800, 3600])
      await fetch(`/api/voice-token?max_session_duration_seconds=${seconds}`);
  });
  await enter(stage);
  await stage.page.locator('.usage-bar').waitFor();
}

/** @type {Scene[]} */
export const operatorScenes = [
  {
    name: 'operator-sign-in',
    service,
    prepare: async (stage) => {
      await enter(stage, 'a-token-that-is-wrong');
      await stage.page.locator('#token-error').waitFor();
    },
  },
  { name: 'operator', service, prepare: used },
  {
    name: 'operator-after-a-fortnight',
    service: { ...service, program: ['-m', 'tests.web.gallery.fortnight'] },
    prepare: used,
  },
  {
    name: 'operator-in-german',
    service,
    options: { context: { locale: 'de-DE' } },
    prepare: async (stage) => {
      await used(stage);
      await stage.page.locator('button[value="stop"]').click();
      await stage.page.locator('button[value="go"]').waitFor();
    },
  },
];
