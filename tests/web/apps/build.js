// Builds an app: `node build.js vite|react|webpack FOLDER`, as the bundler's own guide begins.

import { copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const HERE = import.meta.dirname;
const PAGE = join(HERE, 'page');
const [name, folder] = process.argv.slice(2);

/** @type {Record<string, () => Promise<unknown>>} */
const BUILDS = {
  async vite() {
    const { build } = await import('vite');
    const output = { outDir: resolve(folder), emptyOutDir: true };
    await build({ root: PAGE, base: './', logLevel: 'warn', build: output });
  },
  /** The example, as in development, where StrictMode runs each effect twice. */
  async react() {
    const { build } = await import('vite');
    const { default: react } = await import('@vitejs/plugin-react');
    const root = join(HERE, '../../../static/voice-agent/examples/react');
    const packages = {
      name: 'packages-of-this-folder',
      enforce: 'pre',
      resolveId(source, importer) {
        if (/^[\w@]/.test(source) && importer?.startsWith(root))
          return this.resolve(source, join(HERE, 'build.js'), { skipSelf: true });
      },
    };
    await build({
      root,
      base: './',
      configFile: false,
      mode: 'development',
      logLevel: 'warn',
      plugins: [packages, react()],
      build: { outDir: resolve(folder), emptyOutDir: true },
    });
  },
  async webpack() {
    const { default: webpack } = await import('webpack');
    const output = { path: resolve(folder), filename: 'page.js' };
    const stats = await promisify(webpack)({
      mode: 'production',
      entry: join(PAGE, 'page.js'),
      output,
      // Element, client, Worker and worklets are over the 244 KiB at which it hints to load some of it later.
      performance: { hints: false },
    });
    if (stats.hasErrors() || stats.hasWarnings())
      throw new Error(stats.toString('errors-warnings'));
    copyFileSync(join(PAGE, 'index.html'), join(folder, 'index.html'));
  },
};

await BUILDS[name]();
