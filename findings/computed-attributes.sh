#!/usr/bin/env bash
# An element reads where it belongs from an attribute (`server`), and a template computes its value.
# The guess: an element that has no property of that name gets the attribute, as it does where the
# value is written out.
# Seen in Chromium: Solid 1.9.20 (babel-preset-solid 1.9.16) writes `server="a"` as an attribute and
# sets `server={name()}` as a property that the element never looks at; so does Angular 21.2.24 with
# `[server]="name"`. Nothing is said. React 19.3.1, Preact 11.2.0, Vue 3.5.45 and Svelte 5.57.3 look
# whether there is such a property, and write the attribute.
# What helps: properties beside attributes, in the element; `attr:server`, `[attr.server]` in a page.
set -euo pipefail
chromium=${CHROMIUM:-$(command -v chromium)} || { echo "this needs Chromium: name it in CHROMIUM" >&2; exit 2; }
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund react@19.3.1 react-dom@19.3.1 vue@3.5.45 svelte@5.57.3 preact@11.2.0 \
  solid-js@1.9.20 babel-preset-solid@1.9.16 @babel/core@7.29.13 @angular/core@21.2.24 @angular/common@21.2.24 \
  @angular/compiler@21.2.24 @angular/platform-browser@21.2.24 rxjs@7.8.2 esbuild@0.28.2 playwright-core@1.65.1 >/dev/null 2>npm.log || { cat npm.log; exit 1; }
cat >try.mjs <<'JS'
import fs from 'node:fs';
import { transformSync } from '@babel/core';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { compile } from 'svelte/compiler';

const component = '<script>let { name } = $props();</script><live-call server={name}></live-call>';
fs.writeFileSync('Page.js', compile(component, { generate: 'client', filename: 'Page.svelte' }).js.code);
const jsx = (attribute) =>
  transformSync(
    `import { createSignal } from 'solid-js';
     import { render } from 'solid-js/web';
     const [name] = createSignal('a');
     render(() => <live-call ${attribute} />, document.body);`,
    { presets: ['solid'], configFile: false },
  ).code;
const angular = (attribute) => `import '@angular/compiler';
  import { Component, CUSTOM_ELEMENTS_SCHEMA, provideZonelessChangeDetection } from '@angular/core';
  import { bootstrapApplication } from '@angular/platform-browser';
  class Page { name = 'a'; }
  Component({ selector: 'main', schemas: [CUSTOM_ELEMENTS_SCHEMA], template: '<live-call ${attribute}></live-call>' })(Page);
  document.body.append(document.createElement('main'));
  void bootstrapApplication(Page, { providers: [provideZonelessChangeDetection()] });`;
const pages = {
  'Angular, server="a"': angular('server="a"'),
  'Angular, [server]="name"': angular('[server]="name"'),
  'Preact, server={name}': `import { h, render } from 'preact';
    render(h('live-call', { server: 'a' }), document.body);`,
  'React, server={name}': `import { createElement } from 'react';
    import { createRoot } from 'react-dom/client';
    createRoot(document.body).render(createElement('live-call', { server: 'a' }));`,
  'Solid, server="a"': jsx('server="a"'),
  'Solid, server={name()}': jsx('server={name()}'),
  'Svelte, server={name}': `import { mount } from 'svelte';
    import Page from './Page.js';
    mount(Page, { target: document.body, props: { name: 'a' } });`,
  'Vue, :server="name"': `import { createApp, h } from 'vue';
    createApp({ render: () => h('live-call', { server: 'a' }) }).mount(document.body);`,
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
  // Either way.
  await page.waitForFunction(() => {
    const call = document.querySelector('live-call');
    return call && (call.hasAttribute('server') || 'server' in call);
  });
  const attribute = await page.evaluate(() => document.querySelector('live-call').getAttribute('server'));
  console.log(`${name}: attribute ${attribute ?? 'none'}`);
  await page.close();
}
await browser.close();
JS
node try.mjs "$chromium" | tee seen
diff seen - <<'END'
Angular, server="a": attribute a
Angular, [server]="name": attribute none
Preact, server={name}: attribute a
React, server={name}: attribute a
Solid, server="a": attribute a
Solid, server={name()}: attribute none
Svelte, server={name}: attribute a
Vue, :server="name": attribute a
END
