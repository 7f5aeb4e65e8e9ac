// Makes a page of each framework: `node build.js FOLDER` writes NAME.js, which shows it in a browser, and NAME.html, which a
// server makes of it. Run by ../frameworks.sh.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformAsync } from '@babel/core';
import { build } from 'esbuild';
import { compile } from 'svelte/compiler';

// Lit is last, as its server makes a DOM that the others would find.
const NAMES = ['angular', 'preact', 'react', 'solid', 'svelte', 'vue', 'lit'];
const [folder] = process.argv.slice(2);
const props = {
  gate: 'https://gate.example',
  session: { greeting: 'Hello' },
  no: false,
  heard() {},
  ids: ['a', 'b', 'c'],
};

/** What Svelte and Solid are written in. @param {'client' | 'server'} side @returns {import('esbuild').Plugin} */
const compilers = (side) => ({
  name: 'compilers',
  setup(builder) {
    builder.onLoad({ filter: /\.svelte$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      return { contents: compile(source, { generate: side, filename: path }).js.code };
    });
    builder.onLoad({ filter: /\.jsx$/ }, async ({ path }) => {
      const generate = side === 'client' ? 'dom' : 'ssr';
      const presets = [['solid', { generate, hydratable: true }]];
      const made = await transformAsync(readFileSync(path, 'utf8'), { filename: path, presets });
      return { contents: made.code };
    });
  },
});

for (const name of NAMES) {
  const entry = (/** @type {string} */ side) =>
    join('pages', `${name}.${side}.${name === 'solid' ? 'jsx' : 'js'}`);
  await build({
    entryPoints: [entry('client')],
    outfile: join(folder, `${name}.js`),
    bundle: true,
    format: 'esm',
    conditions: ['browser', 'production'],
    define: { 'process.env.NODE_ENV': '"production"' },
    alias: { vue: 'vue/dist/vue.esm-bundler.js' },
    plugins: [compilers('client')],
    logLevel: 'error',
  });
  const outfile = `${name}.server.mjs`;
  await build({
    entryPoints: [entry('server')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    plugins: [compilers('server')],
    logLevel: 'error',
  });
  const { render } = await import(pathToFileURL(outfile).href);
  writeFileSync(join(folder, `${name}.html`), await render(props));
}
