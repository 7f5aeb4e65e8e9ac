#!/usr/bin/env bash
# An element that holds something live (a call, a video) stands in a list with keys, and the list is
# sorted anew: the last of four becomes the first. The guess: the library moves that one, and leaves
# the others where they are.
# Seen in Chromium: Preact 11.2.0, Vue 3.5.45, Svelte 5.57.3, Lit 3.3.3 and Solid 1.9.20 do. React
# 19.3.1 leaves the last one and moves the three others behind it: each of them is taken out of the
# page and put back, and hears `disconnectedCallback`.
# What helps: an element that waits a task before it takes leaving for the end.
set -euo pipefail
chromium=${CHROMIUM:-$(command -v chromium)} || { echo "this needs Chromium: name it in CHROMIUM" >&2; exit 2; }
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund react@19.3.1 react-dom@19.3.1 vue@3.5.45 svelte@5.57.3 preact@11.2.0 \
  lit@3.3.3 solid-js@1.9.20 esbuild@0.28.2 playwright-core@1.65.1 >/dev/null 2>npm.log || { cat npm.log; exit 1; }
cat >try.mjs <<'JS'
import fs from 'node:fs';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { compile } from 'svelte/compiler';

const component = `<script>
  let { ids } = $props();
  let shown = $state(ids);
  globalThis.order = (next) => (shown = next);
</script>
{#each shown as id (id)}<live-call {id}></live-call>{/each}`;
fs.writeFileSync('List.js', compile(component, { generate: 'client', filename: 'List.svelte' }).js.code);
const lists = {
  Lit: `import { html, render } from 'lit';
    import { repeat } from 'lit/directives/repeat.js';
    const list = (ids) => html\`\${repeat(ids, (id) => id, (id) => html\`<live-call id=\${id}></live-call>\`)}\`;
    globalThis.order = (ids) => render(list(ids), host);
    order(ids);`,
  Preact: `import { h, render } from 'preact';
    globalThis.order = (ids) => render(h('div', null, ids.map((id) => h('live-call', { key: id, id }))), host);
    order(ids);`,
  React: `import { createElement as h } from 'react';
    import { createRoot } from 'react-dom/client';
    const root = createRoot(host);
    globalThis.order = (ids) => root.render(h('div', null, ids.map((id) => h('live-call', { key: id, id }))));
    order(ids);`,
  Solid: `import { createSignal, mapArray } from 'solid-js';
    import { render } from 'solid-js/web';
    const [shown, setShown] = createSignal(ids);
    globalThis.order = setShown;
    const call = (id) => Object.assign(document.createElement('live-call'), { id });
    render(() => mapArray(shown, call), host);`,
  Svelte: `import { mount } from 'svelte';
    import List from './List.js';
    mount(List, { target: host, props: { ids } });`,
  Vue: `import { createApp, h, shallowRef } from 'vue';
    const shown = shallowRef(ids);
    globalThis.order = (next) => (shown.value = next);
    createApp({ render: () => shown.value.map((id) => h('live-call', { key: id, id })) }).mount(host);`,
};

/** Runs in the page. */
function prepare() {
  globalThis.ids = ['a', 'b', 'c', 'd'];
  globalThis.left = [];
  globalThis.host = document.body.appendChild(document.createElement('main'));
  customElements.define(
    'live-call',
    class extends HTMLElement {
      disconnectedCallback() {
        left.push(this.id);
      }
    },
  );
}

const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
for (const [name, contents] of Object.entries(lists)) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '.' },
    bundle: true,
    write: false,
    conditions: ['browser', 'production'],
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  const page = await browser.newPage();
  await page.evaluate(prepare);
  await page.evaluate(outputFiles[0].text);
  const shows = (/** @type {string} */ wanted) =>
    page.waitForFunction((ids) => [...document.querySelectorAll('live-call')].map(({ id }) => id).join('') === ids, wanted);
  await shows('abcd');
  await page.evaluate(() => void order(['d', 'a', 'b', 'c']));
  await shows('dabc');
  console.log(`${name}: ${(await page.evaluate(() => left)).join(', ')} left the page`);
  await page.close();
}
await browser.close();
JS
node try.mjs "$chromium" | tee seen
diff seen - <<'END'
Lit: d left the page
Preact: d left the page
React: a, b, c left the page
Solid: d left the page
Svelte: d left the page
Vue: d left the page
END
