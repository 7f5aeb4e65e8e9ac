import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser, serveDemo } from './harness.js';

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let server;
before(async () => {
  server = await serveDemo();
});
after(() => server.stop());

/**
 * Every rule of a sheet as the browser understood it, those of imported sheets in place.
 * @param {string} href
 */
async function rulesOf(href) {
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href });
  const loaded = new Promise((resolve) => (link.onload = resolve));
  document.head.append(link);
  await loaded;
  /**
   * @param {CSSRuleList} rules
   * @param {string} layer
   * @returns {string[]}
   */
  const flat = (rules, layer) =>
    [...rules].flatMap((rule) => {
      if (rule instanceof CSSImportRule)
        return rule.styleSheet ? flat(rule.styleSheet.cssRules, rule.layerName ?? '') : [];
      if (rule instanceof CSSLayerBlockRule) return flat(rule.cssRules, rule.name);
      return [`${layer}: ${rule.cssText}`];
    });
  const rules = link.sheet ? flat(link.sheet.cssRules, '') : [];
  link.remove();
  return rules;
}

/**
 * A rule without what means nothing: spaces, and how numbers, colours and no background are written.
 * @param {string} rule
 */
const meaning = (rule) =>
  rule
    .replace(/\s+/g, '')
    .replace(/(?<=\/)(\d+)%(?=\))/g, (_percent, hundredths) => `${hundredths / 100}`)
    .replace(/(?<![\d.])0\.(?=\d)/g, '.')
    .replace('background:0px0px;', 'background:none;')
    .replace(/#([\da-f])\1([\da-f])\2([\da-f])\3\b/gi, '#$1$2$3')
    .toLowerCase();

test('a call needs a handful of files, each fetched once and none of them again', async () => {
  const { page, complaints, close } = await openBrowser();
  /** @type {string[]} */
  const fetched = [];
  page
    .context()
    .on('request', (request) => fetched.push(new URL(request.url()).pathname))
    .on('requestfailed', (request) => fetched.push(`failed ${request.url()}`));
  try {
    await page.goto(server.url);
    await page.locator('#call').click();
    await page.locator('body[data-speaking="agent"]').waitFor();
    const files = fetched.filter((path) => !path.startsWith('/api/') && path !== '/');
    assert.deepEqual(
      files.filter((path) => !/^\/static\/v-[\da-f]{12}\//.test(path)),
      ['/details'],
    );
    const scripts = files.filter((path) => path.endsWith('.js')).map((path) => basename(path));
    const atFirst = ['main.js', 'worker.js', 'audio.worklet.js'];
    assert.deepEqual(new Set(scripts.slice(0, 3)), new Set(atFirst));
    // With the call comes what must be there when its line is gone.
    assert.deepEqual(new Set(scripts), new Set([...atFirst, 'details.js', 'take.js']));
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test('the joined style sheet says what the separate ones say', async () => {
  const { page, close } = await openBrowser();
  try {
    await page.goto(server.url);
    const joined = await page.locator('link[rel="stylesheet"]').getAttribute('href');
    const ours = await page.evaluate(rulesOf, joined ?? '');
    const written = await page.evaluate(rulesOf, '/static/styles/main.css');
    assert.ok(written.length > 50);
    assert.deepEqual(ours.map(meaning), written.map(meaning));
  } finally {
    await close();
  }
});

test('the files as they are written make the same page', async () => {
  const plain = await serveDemo([], { VOICEGATE_PLAIN_SCRIPTS: 'true' });
  const { page, complaints, passed, close } = await openBrowser();
  try {
    await page.goto(plain.url);
    await page.locator('#call').click();
    await passed('connecting', 'live');
    assert.deepEqual(complaints, []);
  } finally {
    await close();
    await plain.stop();
  }
});

test('without the core the call fails in words, and the next one finds it', async () => {
  const { page, passed, close } = await openBrowser();
  try {
    await page.route('**/voice-agent/core/*.js', (route) => route.abort());
    await page.goto(server.url);
    await page.locator('#call').click();
    await passed('failed');
    await page.unrouteAll();
    await page.locator('#call').click();
    await passed('failed', 'connecting', 'live');
  } finally {
    await close();
  }
});
