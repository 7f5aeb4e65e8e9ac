// The packed client as more bundlers build it, in Chromium. Not part of `make test`: see apps.test.js.

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { APPS, assertTalks, build, install, policyFor, POLICY } from './app.js';
import { serveDemo } from './harness.js';
import { openShop } from './shop.js';
import { serveSite } from './site.js';

const MORE = join(APPS, 'more');

let folder = '';
/** @type {import('./site.js').Site} */
let site;
/** @type {import('./shop.js').Shop} */
let shop;
/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'voicegate-apps-'));
  site = await serveSite(folder);
  shop = await openShop();
  demo = await serveDemo([], { VOICEGATE_ALLOWED_ORIGINS: `${site.url},${shop.url}` });
  site.policy = policyFor(POLICY, demo.url);
  await install(MORE);
  cpSync(join(APPS, 'page'), join(MORE, 'app'), { recursive: true });
});
after(async () => {
  await demo.stop();
  site.stop();
  shop.stop();
  rmSync(folder, { recursive: true });
  rmSync(join(MORE, 'app'), { recursive: true });
});

for (const name of ['rspack', 'rollup', 'esbuild', 'parcel', 'bun'])
  test(`an app that ${name} built, on a page that requires Trusted Types`, async () => {
    await build(MORE, name, join(folder, name));
    await assertTalks(`${site.url}/${name}/`, shop, demo);
  });
