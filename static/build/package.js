// Builds the scripts of the npm package `voicegate-client` into static/voice-agent/dist/: `npm pack` runs it.
//
// dist/
//   index.js element.js react.js    what an app imports, each a single file with its map; the last two import the first
//   worker.js audio.worklet.js      what is in index.js as text, for apps whose policy lets no blob in
//
// Nothing names a file by `new URL(…, import.meta.url)`: of eight bundlers each does something else with such a file, and
// none knows a form for worklets.

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const CLIENT = join(import.meta.dirname, '../voice-agent');

/** @type {import('esbuild').BuildOptions} */
const COMMON = {
  absWorkingDir: CLIENT,
  outdir: 'dist',
  entryNames: '[name]',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  define: { 'import.meta.url': '"file:///"' }, // where the package is says nothing of where a gate is
  logLevel: 'warning',
};

/** @param {string} path below static/voice-agent/ */
const text = async (path) => (await readFile(join(CLIENT, path), 'utf8')).trim();

/** @param {Record<string, unknown>} values by export @returns {import('esbuild').OnLoadResult} */
const constants = (values) => ({
  contents: Object.entries(values)
    .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)
    .join('\n'),
});

/** @param {import('esbuild').BuildOptions} options */
async function bundle(options) {
  const { warnings, outputFiles } = await build({ ...COMMON, ...options });
  if (warnings.length > 0) process.exit(1); // told already: what is left out without an error is missed by users only
  return outputFiles;
}

await rm(join(CLIENT, 'dist'), { recursive: true, force: true });
await bundle({ entryPoints: ['core/worker.js', 'worklets/audio.worklet.js'] });
const [styles] = (await bundle({ entryPoints: ['element.css'], write: false })) ?? [];
const scripts = {
  WORKER: { file: '', text: await text('dist/worker.js') },
  WORKLET: { file: '', text: await text('dist/audio.worklet.js') },
};
const parts = {
  STYLES: styles.text.trim(),
  TEXTS: {
    en: JSON.parse(await text('texts/en.json')),
    de: JSON.parse(await text('texts/de.json')),
  },
};

/** What are files of their own where the client comes from a gate. @type {import('esbuild').Plugin} */
const inside = {
  name: 'inside',
  setup({ onLoad }) {
    onLoad({ filter: /\/audio\/thread-scripts\.js$/ }, () => constants(scripts));
    onLoad({ filter: /\/element\/built-in\.js$/ }, () => constants(parts));
    // Here nothing is loaded on demand, and webpack would warn of an address that it cannot follow.
    onLoad({ filter: /\/ui\/import-again\.js$/ }, () => ({
      contents: 'export const importAgain = (load) => load();',
    }));
  },
};

/** An app that uses several entries has one client, and one class of errors. @type {import('esbuild').Plugin} */
const aroundIndex = {
  name: 'around-index',
  setup({ onResolve }) {
    onResolve({ filter: /\/(index|errors)\.js$/ }, () => ({ path: './index.js', external: true }));
  },
};

// White space is left to the app's own bundler: with it go the comments for bundlers.
await bundle({
  entryPoints: ['index.js'],
  plugins: [inside],
  ...{ minify: false, minifyIdentifiers: true, minifySyntax: true },
  sourcemap: 'linked',
});
await bundle({
  entryPoints: ['element.js', 'react.js'],
  plugins: [inside, aroundIndex],
  external: ['react'],
  sourcemap: 'linked',
});
