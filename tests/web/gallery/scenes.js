// The scenes of the gallery: how the page gets into each state. Add one as an object here.

import { fileURLToPath } from 'node:url';
import { fetchForPage, tellOfMicrophone } from '../browser/harness.js';
import { hearLoudspeaker } from '../browser/in-page.js';
import { diagnosticsScenes } from './diagnostics.js';
import { FLAGS, HOST, openFramed } from './frame.js';
import { operatorScenes } from './operator.js';

/**
 * @typedef {Awaited<ReturnType<typeof import('../browser/harness.js').openBrowser>>
 *   & {demo: Awaited<ReturnType<typeof import('../browser/harness.js').serveDemo>>, url: string}} Stage
 *
 * @typedef {object} Scene
 * @property {string} name
 * @property {(stage: Stage) => Promise<unknown>} prepare   until the page shows what the picture is to show
 * @property {Parameters<typeof import('../browser/harness.js').openBrowser>[0]
 *   & {sizes?: [width: number, height: number][]}} [options]   sizes: these, in place of the usual ones
 * @property {{options?: string[], settings?: Record<string, string>, program?: string[]}} [service]
 */

/** @param {Stage} stage */
export async function open({ page, url }) {
  await page.goto(url);
}

/** @param {Stage} stage */
export async function call(stage) {
  await open(stage);
  await stage.page.locator('#call').click();
}

/** Until there is something to read. @param {Stage} stage */
export async function talk(stage) {
  await call(stage);
  await stage.passed('connecting', 'live');
  await stage.page.locator('.turn[data-final="true"]').first().waitFor();
}

/** A question in writing, and its answer. @param {Stage} stage */
async function ask({ page }) {
  const field = page.locator('.composer__text');
  await page.locator('.voice-agent[data-state="live"]').waitFor();
  await page.locator('.turn[data-role="agent"][data-final="true"]').first().waitFor();
  await field.fill('Is there a table for two tonight?');
  await field.press('Enter');
  await page.locator('.turn[data-role="agent"][data-final="true"]').nth(1).waitFor();
}

/** @param {Stage} stage */
async function type(stage) {
  await open(stage);
  await stage.page.locator('#type').click();
  await ask(stage);
}

/** @param {Stage} stage */
async function write(stage) {
  await open(stage);
  await stage.page
    .locator('voice-agent')
    .evaluate((element) => element.toggleAttribute('text-only'));
  await stage.page.locator('.voice-agent[data-talk="text"]').waitFor();
}

/** @param {Stage} stage @param {string} code */
const told = ({ page }, code) => page.locator(`.voice-agent[data-error="${code}"]`).waitFor();

/** A call that fails with this, after the simulator was told so. @param {string} name @param {object} fault @param {string} code @returns {Scene} */
const refused = (name, fault, code) => ({
  name,
  prepare: async (stage) => {
    await stage.demo.control(fault);
    await call(stage);
    await told(stage, code);
  },
});

/** The service's own words, as its token route would say them. @param {number} status @param {string} problem @param {string} code @param {Record<string, string>} [headers] @returns {Scene} */
const problem = (status, problem, code, headers = {}) => ({
  name: `problem-${problem}`,
  prepare: async (stage) => {
    await stage.page.route('**/api/voice-token*', (route) =>
      route.fulfill({
        status,
        headers: { 'Content-Type': 'application/problem+json', ...headers },
        body: JSON.stringify({ status, code: problem, title: '', request_id: 'req_7f3a91c2d4' }),
      }),
    );
    await call(stage);
    await told(stage, code);
  },
});

const AFTER_A_LOSS = 2_500;

/** A call with an answer and a loss, and its details. @param {Stage} stage */
async function openDetails(stage) {
  await talk(stage);
  await stage.page.locator('.turn').nth(2).waitFor();
  await stage.demo.control({ drop: true });
  await stage.passed('live', 'reconnecting', 'live');
  await stage.page.locator('#details-open').click();
  await stage.page.locator('[data-fact="losses"]').filter({ hasText: '×' }).waitFor();
}

/** The side panel, from its beginning or from its end. @param {Stage} stage @param {'start' | 'end'} [edge] */
async function openSettings({ page }, edge = 'start') {
  await page.locator('#settings-open').click();
  await page.locator('#settings-form').evaluate((form, at) => {
    form.scrollTop = at === 'end' ? form.scrollHeight : 0;
  }, edge);
}

/**
 * A greeting, what is typed after it, and typed again to be looked at. The machine needs a font of the script.
 * @param {string} language @param {string} greeting @param {string} typed @returns {Scene}
 */
const wordsIn = (language, greeting, typed) => ({
  name: `words-in-${language}`,
  prepare: async (stage) => {
    await open(stage);
    await stage.page.locator('[data-field="greeting"]').evaluate((field, text) => {
      /** @type {HTMLTextAreaElement} */ (field).value = text;
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }, greeting);
    await stage.page.locator('#call').click();
    await stage.page.locator('.turn[data-final="true"]').first().waitFor();
    await stage.page.getByRole('textbox').fill(typed);
    await stage.page.keyboard.press('Enter');
    await stage.page.locator('.turn[data-final="true"] >> nth=2').waitFor();
    await stage.page.getByRole('textbox').fill(typed);
  },
});

/** The voices by language in the side panel. @param {Stage} stage */
async function openVoices({ page }) {
  await page.locator('#settings-open').click();
  await page.locator('.voices').scrollIntoViewIfNeeded();
}

/** Callers are told what a call cost, and asked how it was. */
const TOLD = {
  VOICEGATE_AGENTS_FILE: fileURLToPath(new URL('agents.toml', import.meta.url)),
  VOICEGATE_FEEDBACK_URL: 'log',
};

/** After what is said. */
const ROOM = { roomSeconds: 90 };

/** Small, on its side, and very large. @type {[number, number][]} */
const UNUSUAL = [
  [320, 568],
  [844, 390],
  [2560, 1440],
  [3840, 2160],
];

/** @type {Scene[]} */
export const scenes = [
  { name: 'start', prepare: open },
  { name: 'start-elsewhere', prepare: open, options: { sizes: UNUSUAL } },
  { name: 'settings', prepare: async (stage) => (await open(stage), openSettings(stage)) },
  {
    name: 'settings-end',
    prepare: async (stage) => (await open(stage), openSettings(stage, 'end')),
  },
  { name: 'voices', prepare: async (stage) => (await open(stage), openVoices(stage)) },
  {
    name: 'voices-in-german',
    options: { context: { locale: 'de-DE' } },
    prepare: async (stage) => (await open(stage), openVoices(stage)),
  },
  {
    name: 'voices-gone',
    options: { context: { locale: 'de-DE' } },
    prepare: async (stage) => {
      await stage.page.addInitScript(() =>
        localStorage.setItem('voicegate:assistant:voice', 'lena'),
      );
      await open(stage);
      await openVoices(stage);
      await stage.page.locator('.voices__note button').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'voices-replaced',
    prepare: async (stage) => {
      await stage.page.addInitScript(() =>
        localStorage.setItem('voicegate:assistant:voice', 'lena'),
      );
      await talk(stage);
    },
  },
  {
    name: 'settings-live',
    options: { microphone: [3, 'question', ROOM] },
    prepare: async (stage) => {
      await talk(stage);
      await openSettings(stage);
      await stage.page.locator('#push-to-talk').check();
    },
  },
  {
    name: 'asking',
    options: { isAllowed: false },
    prepare: async (stage) => {
      await stage.page.addInitScript(() => {
        navigator.mediaDevices.getUserMedia = () => new Promise(() => {});
      });
      await call(stage);
      await stage.page.locator('.voice-agent[data-asking="true"]').waitFor();
    },
  },
  {
    name: 'connecting',
    prepare: async (stage) => {
      await stage.page.route('**/api/voice-token*', () => {});
      await call(stage);
      await stage.page.locator('body[data-state="connecting"]').waitFor();
    },
  },
  { name: 'live', prepare: talk, options: { microphone: [3, 'question', ROOM] } },
  {
    name: 'live-elsewhere',
    prepare: talk,
    options: { microphone: [3, 'question', ROOM], sizes: UNUSUAL },
  },
  {
    name: 'live-in-german',
    prepare: talk,
    options: {
      sizes: [
        [320, 568],
        [1280, 800],
      ],
      context: { locale: 'de-DE' },
    },
  },
  wordsIn(
    'hebrew',
    'שלום! אני העוזרת הקולית שלך. אפשר לשאול אותי כל דבר, למשל: „מה השעה בלונדון?“',
    'מה מזג האוויר בתל אביב היום, 30.11?',
  ),
  wordsIn(
    'arabic',
    'مرحبًا! أنا مساعدك الصوتي. يمكنك أن تسألني عن أي شيء، مثلًا: كم الساعة في London؟',
    'كيف الطقس في القاهرة اليوم (30.11)؟',
  ),
  wordsIn('hindi', 'नमस्ते! मैं आपकी आवाज़ सहायक हूँ। आप मुझसे कुछ भी पूछ सकते हैं।', 'आज दिल्ली में मौसम कैसा है?'),
  wordsIn(
    'japanese',
    'こんにちは。音声アシスタントです。何でも聞いてください。',
    '今日の東京の天気はどうですか？',
  ),
  wordsIn(
    'german',
    'Guten Tag! Ich bin Ihre Sprachassistentin. Fragen Sie mich, was Sie möchten.',
    'Wie wird das Wetter heute in Köln?',
  ),
  {
    name: 'live-muted',
    prepare: async (stage) => {
      await talk(stage);
      await stage.page.locator('#mute').click();
    },
  },
  {
    name: 'on-hold',
    options: { microphone: [3, 'question', ROOM] },
    prepare: async (stage) => {
      await talk(stage);
      await stage.page.locator('#hold').click();
      await stage.page.locator('.voice-agent[data-held="true"]').waitFor();
    },
  },
  {
    name: 'on-hold-in-german',
    prepare: async (stage) => {
      await talk(stage);
      await stage.page.locator('#hold').click();
    },
    options: {
      sizes: [
        [320, 568],
        [1280, 800],
      ],
      context: { locale: 'de-DE' },
    },
  },
  { name: 'typed', prepare: type, options: { microphone: null } },
  {
    name: 'typed-in-german',
    prepare: type,
    options: {
      sizes: [
        [320, 568],
        [1280, 800],
      ],
      context: { locale: 'de-DE' },
    },
  },
  { name: 'text-only-start', prepare: write },
  {
    name: 'text-only',
    prepare: async (stage) => {
      await write(stage);
      await stage.page.locator('#call').click();
      await ask(stage);
    },
  },
  {
    name: 'unheard',
    options: { microphone: [2, 'question', 'question', 'question', 'question', ROOM] },
    prepare: async (stage) => {
      await talk(stage);
      await stage.page.locator('#mute').click();
      await told(stage, 'unheard');
    },
  },
  {
    name: 'echo',
    options: { microphone: [ROOM], kept: { contexts: 1, tracks: 1 } }, // the relay's own room
    prepare: async (stage) => {
      await stage.page.addInitScript(hearLoudspeaker);
      await talk(stage);
      await told(stage, 'echo');
    },
  },
  {
    name: 'limit-near',
    prepare: async (stage) => {
      await stage.page.route('**/api/voice-token*', async (route) => {
        const json = await (await fetchForPage(route)).json();
        await route.fulfill({ json: { ...json, max_session_duration_seconds: 45 } });
      });
      await talk(stage);
      await told(stage, 'limit-near');
    },
  },
  {
    name: 'reconnecting',
    prepare: async (stage) => {
      await talk(stage);
      await stage.demo.control({ token_status: 503 });
      await stage.demo.control({ drop: true });
      await told(stage, 'reconnecting');
      await stage.page.waitForTimeout(AFTER_A_LOSS);
    },
  },
  {
    name: 'reconnecting-offline',
    prepare: async (stage) => {
      await talk(stage);
      await stage.demo.control({ drop: true });
      await stage.page.context().setOffline(true);
      await told(stage, 'reconnecting-offline');
    },
  },
  {
    name: 'resumed',
    prepare: async (stage) => {
      await stage.demo.control({ set: { resume: 'ok' } });
      await talk(stage);
      await stage.demo.control({ drop: true });
      await stage.page.locator('.note').first().waitFor();
    },
  },
  {
    name: 'ended',
    prepare: async (stage) => {
      await talk(stage);
      await stage.page.locator('#call').click();
      await stage.passed('live', 'ended');
    },
  },
  {
    name: 'ended-and-asked',
    service: { settings: TOLD },
    prepare: async (stage) => {
      await talk(stage);
      await stage.page.locator('#call').click();
      await stage.passed('live', 'ended');
      await stage.page.locator('.after__thumb').first().click();
    },
  },
  {
    name: 'ended-and-asked-in-german',
    service: { settings: TOLD },
    options: { context: { locale: 'de-DE' } },
    prepare: async (stage) => {
      await talk(stage);
      await stage.page.locator('#call').click();
      await stage.passed('live', 'ended');
      await stage.page.locator('.after__thumb').first().waitFor();
    },
  },
  { name: 'details', options: { microphone: [6, 'question', ROOM] }, prepare: openDetails },
  {
    name: 'details-log',
    options: { microphone: [6, 'question', ROOM] },
    prepare: async (stage) => {
      await openDetails(stage);
      await stage.page.locator('[data-part="log"]').scrollIntoViewIfNeeded();
      await stage.page.getByRole('button', { name: 'Copy report' }).click();
    },
  },
  {
    name: 'taken-over',
    prepare: async (stage) => {
      await talk(stage);
      const other = await stage.page.context().newPage();
      await other.goto(stage.url);
      await other.locator('#call').click();
      await other.getByRole('button', { name: 'Talk here instead' }).click();
      await stage.page.bringToFront();
      await stage.passed('live', 'ended');
    },
  },
  {
    name: 'other-tab',
    prepare: async (stage) => {
      const other = await stage.page.context().newPage();
      await other.goto(stage.url);
      await other.locator('#call').click();
      await other.locator('body[data-state="live"]').waitFor();
      await stage.page.bringToFront();
      await call(stage);
      await told(stage, 'other-tab');
    },
  },
  {
    name: 'microphone-silent',
    options: { microphone: [0] },
    prepare: async (stage) => {
      await talk(stage);
      await told(stage, 'microphone-silent');
    },
  },
  {
    name: 'microphone-muted',
    prepare: async (stage) => {
      await talk(stage);
      await tellOfMicrophone(stage.page, 'mute');
      await told(stage, 'microphone-muted');
    },
  },
  {
    name: 'microphone-lost',
    prepare: async (stage) => {
      await talk(stage);
      await stage.page.evaluate(() => {
        navigator.mediaDevices.getUserMedia = async () => {
          throw new DOMException('gone', 'NotFoundError');
        };
      });
      await tellOfMicrophone(stage.page, 'ended');
      await told(stage, 'microphone-lost');
    },
  },
  {
    name: 'sound-blocked',
    prepare: async (stage) => {
      await stage.page.addInitScript(() => {
        const { resume } = AudioContext.prototype;
        AudioContext.prototype.resume = function () {
          Object.assign(globalThis, { resumed: this });
          return resume.call(this);
        };
      });
      await talk(stage);
      // Only now, as no session begins before the microphone gives sound.
      await stage.page.evaluate(() => {
        const context = /** @type {any} */ (globalThis).resumed;
        context.resume = async () => {};
        Object.defineProperty(context, 'state', { get: () => 'suspended' });
        context.dispatchEvent(new Event('statechange'));
      });
      await told(stage, 'sound-blocked');
    },
  },
  {
    name: 'microphone-denied',
    options: { isAllowed: false },
    prepare: async (stage) => {
      await call(stage);
      await told(stage, 'microphone-denied');
    },
  },
  {
    name: 'microphone-denied-german',
    options: { isAllowed: false, context: { locale: 'de-DE' } },
    prepare: async (stage) => {
      await call(stage);
      await told(stage, 'microphone-denied');
    },
  },
  {
    name: 'microphone-blocked-by-policy',
    service: { settings: { VOICEGATE_ALLOWED_ORIGINS: HOST } },
    options: { flags: FLAGS },
    prepare: async (stage) => {
      const frame = await openFramed(stage);
      await frame.locator('#call').click();
      await frame.locator('.voice-agent[data-error="microphone-blocked-by-policy"]').waitFor();
    },
  },
  {
    name: 'microphone-not-found',
    options: { microphone: null },
    prepare: async (stage) => {
      await call(stage);
      await told(stage, 'microphone-not-found');
    },
  },
  {
    name: 'microphone-busy',
    prepare: async (stage) => {
      await stage.page.addInitScript(() => {
        navigator.mediaDevices.getUserMedia = async () => {
          throw new DOMException('busy', 'NotReadableError');
        };
      });
      await call(stage);
      await told(stage, 'microphone-busy');
    },
  },
  {
    name: 'insecure-context',
    options: { flags: ['--host-resolver-rules=MAP gate.test 127.0.0.1'] },
    service: { settings: { VOICEGATE_PUBLIC_URL: 'http://gate.test' } },
    prepare: async (stage) => {
      await call({ ...stage, url: stage.url.replace('127.0.0.1', 'gate.test') });
      await told(stage, 'insecure-context');
    },
  },
  {
    name: 'unsupported-browser',
    prepare: async (stage) => {
      await stage.page.addInitScript(() => Reflect.deleteProperty(globalThis, 'AudioWorkletNode'));
      await call(stage);
      await told(stage, 'unsupported-browser');
    },
  },
  {
    name: 'offline',
    prepare: async (stage) => {
      await open(stage);
      await stage.page.context().setOffline(true);
      await stage.page.locator('#call').click();
      await told(stage, 'offline');
    },
  },
  {
    name: 'unauthorized',
    prepare: async (stage) => {
      await stage.page.route('**/api/voice-token*', async (route) => {
        const json = await (await fetchForPage(route)).json();
        await route.fulfill({ json: { ...json, token: 'forged' } });
      });
      await call(stage);
      await told(stage, 'unauthorized');
    },
  },
  {
    name: 'access-code',
    service: {
      settings: { VOICEGATE_ACCESS: 'code', VOICEGATE_ACCESS_CODES: 'blue-heron-42,grey-owl-1234' },
    },
    prepare: async (stage) => {
      const asked = stage.page.waitForResponse('**/api/access');
      await open(stage);
      await asked;
      await stage.page.locator('#call').click();
      await stage.page.getByRole('dialog').waitFor();
    },
  },
  refused('upstream-away', { token_status: 503 }, 'token-unavailable'),
  refused(
    'upstream-busy',
    { token_status: 429, token_headers: { 'Retry-After': '90' } },
    'token-limited',
  ),
  refused('account-cannot-pay', { token_status: 402 }, 'token-unavailable'),
  problem(429, 'rate_limited', 'token-limited', { 'Retry-After': '42' }),
  problem(429, 'quota_exhausted', 'token-limited', { 'Retry-After': '12600' }),
  problem(403, 'origin_not_allowed', 'token-refused'),
  problem(401, 'unauthenticated', 'token-refused'),
  problem(502, 'upstream_rejected', 'token-unavailable'),
  problem(503, 'draining', 'token-unavailable', { 'Retry-After': '5' }),
  ...diagnosticsScenes,
  ...operatorScenes,
];
