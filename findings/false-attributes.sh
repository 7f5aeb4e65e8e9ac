#!/usr/bin/env bash
# An element of a page has attributes that say yes by being there, as `disabled` has in HTML; a
# template gives them `false`. The guess: what is false is not written.
# Seen in Chromium, of an element that has no property of such a name: React 19.3.1 and Lit 3.3.3
# (`?name`) write nothing. Vue 3.5.45 and Svelte 5.57.3 write floating="false" and
# push-to-talk="false". Preact 11.2.0 leaves floating out and writes push-to-talk="false", since it
# takes a name whose fifth character is a dash for one of `data-` and `aria-`.
# What helps: a property of the same name, or an element that takes "false" for no.
set -euo pipefail
chromium=${CHROMIUM:-$(command -v chromium)} || { echo "this needs Chromium: name it in CHROMIUM" >&2; exit 2; }
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund react@19.3.1 react-dom@19.3.1 vue@3.5.45 svelte@5.57.3 preact@11.2.0 \
  lit@3.3.3 esbuild@0.28.2 playwright-core@1.65.1 >/dev/null 2>npm.log || { cat npm.log; exit 1; }
cat >try.mjs <<'JS'
import fs from 'node:fs';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { compile } from 'svelte/compiler';

const component = '<script>let { off } = $props();</script><live-call floating={off} push-to-talk={off}></live-call>';
fs.writeFileSync('Page.js', compile(component, { generate: 'client', filename: 'Page.svelte' }).js.code);
const props = "{ 'floating': false, 'push-to-talk': false }";
const pages = {
  Lit: `import { html, render } from 'lit';
    render(html\`<live-call ?floating=\${false} ?push-to-talk=\${false}></live-call>\`, document.body);`,
  Preact: `import { h, render } from 'preact';
    render(h('live-call', ${props}), document.body);`,
  React: `import { createElement } from 'react';
    import { createRoot } from 'react-dom/client';
    createRoot(document.body).render(createElement('live-call', ${props}));`,
  Svelte: `import { mount } from 'svelte';
    import Page from './Page.js';
    mount(Page, { target: document.body, props: { off: false } });`,
  Vue: `import { createApp, h } from 'vue';
    createApp({ render: () => h('live-call', ${props}) }).mount(document.body);`,
};
const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
for (const [name, contents] of Object.entries(pages)) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '.' },
    bundle: true,
    write: false,
    conditions: ['browser', 'production'],
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  const page = await browser.newPage();
  await page.evaluate(() => customElements.define('live-call', class extends HTMLElement {}));
  await page.evaluate(outputFiles[0].text);
  await page.waitForSelector('live-call', { state: 'attached' });
  console.log(`${name}: ${await page.evaluate(() => document.querySelector('live-call').cloneNode().outerHTML)}`);
  await page.close();
}
await browser.close();
JS
node try.mjs "$chromium" | tee seen
diff seen - <<'END'
Lit: <live-call></live-call>
Preact: <live-call push-to-talk="false"></live-call>
React: <live-call></live-call>
Svelte: <live-call floating="false" push-to-talk="false"></live-call>
Vue: <live-call floating="false" push-to-talk="false"></live-call>
END
