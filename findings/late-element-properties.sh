#!/usr/bin/env bash
# The script that defines an element often comes after the page that uses it (`async`, a CDN, a
# lazy import). The guess: an object that a framework gives it (`session`) is there once it is
# defined, or given then.
# Seen in Chromium: React 19.3.1, Preact 11.2.0 and Vue 3.5.45 look once whether the element has such
# a property. It has not yet, so they write session="[object Object]" as an attribute and never set
# the property, without a word. Lit 3.3.3 and Svelte 5.57.3 set the property, which the element finds.
# What helps: import the element before the first render, or set the property in an effect.
set -euo pipefail
chromium=${CHROMIUM:-$(command -v chromium)} || { echo "this needs Chromium: name it in CHROMIUM" >&2; exit 2; }
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund react@19.3.1 react-dom@19.3.1 vue@3.5.45 svelte@5.57.3 \
  preact@11.2.0 lit@3.3.3 esbuild@0.28.2 playwright-core@1.65.1 >/dev/null 2>npm.log || { cat npm.log; exit 1; }
cat >try.mjs <<'JS'
import fs from 'node:fs';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { compile } from 'svelte/compiler';

const component = '<script>let { session } = $props();</script><voice-agent {session}></voice-agent>';
fs.writeFileSync('Page.js', compile(component, { generate: 'client', filename: 'Page.svelte' }).js.code);
const shows = {
  Lit: `import { html, render } from 'lit';
    globalThis.show = (host, session) => render(html\`<voice-agent .session=\${session}></voice-agent>\`, host);`,
  Preact: `import { h, render } from 'preact';
    globalThis.show = (host, session) => render(h('voice-agent', { session }), host);`,
  React: `import { createElement } from 'react';
    import { createRoot } from 'react-dom/client';
    globalThis.show = (host, session) => createRoot(host).render(createElement('voice-agent', { session }));`,
  Svelte: `import { mount } from 'svelte';
    import Page from './Page.js';
    globalThis.show = (target, session) => mount(Page, { target, props: { session } });`,
  Vue: `import { createApp, h } from 'vue';
    globalThis.show = (host, session) => createApp({ render: () => h('voice-agent', { session }) }).mount(host);`,
};

/** Runs in the page. */
function define() {
  customElements.define(
    'voice-agent',
    class extends HTMLElement {
      #session;
      get session() {
        return this.#session;
      }
      set session(value) {
        this.#session = value;
      }
    },
  );
}

/** Runs in the page. */
function look() {
  const element = document.querySelector('voice-agent');
  // What was set before the element was defined lies on it as a property of its own.
  const own = Object.getOwnPropertyDescriptor(element, 'session')?.value;
  const greeting = (own ?? element.session)?.greeting;
  return `property ${greeting ? 'set' : 'missing'}, attribute ${element.getAttribute('session') ?? 'none'}`;
}

const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
for (const [name, contents] of Object.entries(shows)) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '.' },
    bundle: true,
    write: false,
    conditions: ['browser', 'production'],
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  for (const order of ['first', 'later']) {
    const page = await browser.newPage();
    await page.setContent('<div id="host"></div>');
    if (order === 'first') await page.evaluate(define);
    await page.evaluate(outputFiles[0].text);
    await page.evaluate(() => void show(document.querySelector('#host'), { greeting: 'Hello' }));
    await page.waitForSelector('voice-agent', { state: 'attached' });
    if (order === 'later') await page.evaluate(define);
    console.log(`${name}, element defined ${order}: ${await page.evaluate(look)}`);
    await page.close();
  }
}
await browser.close();
JS
node try.mjs "$chromium" | tee seen
diff seen - <<'END'
Lit, element defined first: property set, attribute none
Lit, element defined later: property set, attribute none
Preact, element defined first: property set, attribute none
Preact, element defined later: property missing, attribute [object Object]
React, element defined first: property set, attribute none
React, element defined later: property missing, attribute [object Object]
Svelte, element defined first: property set, attribute none
Svelte, element defined later: property set, attribute none
Vue, element defined first: property set, attribute none
Vue, element defined later: property missing, attribute [object Object]
END
