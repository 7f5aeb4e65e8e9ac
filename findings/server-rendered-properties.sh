#!/usr/bin/env bash
# An element that takes an object (`session`) is rendered on a server, where there are no
# properties. The guess: what cannot be written as an attribute is left out.
# Seen: React 19.3.1, Vue 3.5.45 and Lit's `.session` leave it out. preact-render-to-string 6.8.2
# and Svelte 5.57.3 write session="[object Object]" into the page, for the element to find before
# its script runs.
# What helps: an element that reads settings from attributes must not take this for one.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund react@19.3.1 react-dom@19.3.1 vue@3.5.45 svelte@5.57.3 \
  preact@11.2.0 preact-render-to-string@6.8.2 lit@3.3.3 @lit-labs/ssr@4.1.0 >/dev/null 2>npm.log || { cat npm.log; exit 1; }
cat >try.mjs <<'JS'
import fs from 'node:fs';
import { render as litRender } from '@lit-labs/ssr';
import { collectResult } from '@lit-labs/ssr/lib/render-result.js';
import { html } from 'lit';
import { h as preactElement } from 'preact';
import preactRender from 'preact-render-to-string';
import { createElement } from 'react';
import { renderToString as reactRender } from 'react-dom/server';
import { compile } from 'svelte/compiler';
import { render as svelteRender } from 'svelte/server';
import { createSSRApp, h as vueElement } from 'vue';
import { renderToString as vueRender } from 'vue/server-renderer';

const session = { greeting: 'Hello' };
const component = '<script>let { session } = $props();</script><voice-agent {session}></voice-agent>';
fs.writeFileSync('Page.mjs', compile(component, { generate: 'server', filename: 'Page.svelte' }).js.code);
const { default: Page } = await import('./Page.mjs');
const pages = {
  Lit: await collectResult(litRender(html`<voice-agent .session=${session}></voice-agent>`)),
  Preact: preactRender(preactElement('voice-agent', { session })),
  React: reactRender(createElement('voice-agent', { session })),
  Svelte: svelteRender(Page, { props: { session } }).body,
  Vue: await vueRender(createSSRApp({ render: () => vueElement('voice-agent', { session }) })),
};
for (const [name, page] of Object.entries(pages)) {
  console.log(`${name}: ${/session="[^"]*"/.exec(page)?.[0] ?? 'left out'}`);
}
JS
node try.mjs | tee seen
diff seen - <<'END'
Lit: left out
Preact: session="[object Object]"
React: left out
Svelte: session="[object Object]"
Vue: left out
END
