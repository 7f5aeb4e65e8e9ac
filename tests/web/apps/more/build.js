// Builds the app beside it: `node build.js rspack|rollup|esbuild|parcel|bun FOLDER`, as the bundler's own guide begins.

import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const HERE = import.meta.dirname;
const [name, folder] = process.argv.slice(2);
const output = resolve(folder);
const entry = join(HERE, 'app/page.js');

/** @type {Record<string, () => unknown>} */
const BUILDS = {
  async rspack() {
    const { rspack } = await import('@rspack/core');
    const options = { mode: 'production', entry, output: { path: output, filename: 'page.js' } };
    const stats = await promisify(rspack)(options);
    if (stats.hasErrors() || stats.hasWarnings())
      throw new Error(stats.toString('errors-warnings'));
  },
  async rollup() {
    const { rollup } = await import('rollup');
    const { nodeResolve } = await import('@rollup/plugin-node-resolve');
    const bundle = await rollup({ input: entry, plugins: [nodeResolve()] });
    await bundle.write({ file: join(output, 'page.js'), format: 'es' });
  },
  async esbuild() {
    const { build } = await import('esbuild');
    await build({
      entryPoints: [entry],
      bundle: true,
      format: 'esm',
      minify: true,
      outdir: output,
    });
  },
  parcel() {
    const options = [
      '--dist-dir',
      output,
      '--no-cache',
      '--public-url',
      './',
      '--log-level',
      'warn',
    ];
    run('node_modules/.bin/parcel', 'build', 'app/index.html', ...options);
  },
  bun() {
    const bun = `node_modules/@oven/bun-${process.platform}-${process.arch}/bin/bun`;
    run(bun, 'build', entry, '--outdir', output, '--minify');
    // Bun makes pages, too, and has a Worker but no document.
    run(
      bun,
      '-e',
      "await import('voicegate-client/element'); (await import('voicegate-client')).createVoiceAgent({ gate: '/' })",
    );
  },
};

/** @param {string} program @param {string[]} options */
const run = (program, ...options) =>
  execFileSync(program, options, { cwd: HERE, stdio: ['ignore', 'ignore', 'inherit'] });

await BUILDS[name]();
if (name !== 'parcel') copyFileSync(join(HERE, 'app/index.html'), join(output, 'index.html'));
