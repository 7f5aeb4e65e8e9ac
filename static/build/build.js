// Builds what browsers load: bundles the scripts and style sheets of `static/` into `static/dist/`, compresses them, and
// writes the manifest by which the service finds them (app/web/static_files.py). `make build` runs it.
//
// dist/
//   page/main-HASH.js …       scripts, style sheets, icons and texts; a name with a content hash is cached for good
//   voice-agent/element.js …  what other sites name: the same bytes under names that stay
//   *.map *.br *.gz           beside each: its source map, and what is sent to browsers
//   manifest.json             which file was built of which source, and a digest of every source
//
// What scripts load on demand is kept from the build before: a page that was open when a release came asks for it by the
// name that it knows, and a Worker of another release may not understand it.

import { hash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'esbuild';

const STATIC = join(import.meta.dirname, '..');
const DIST = join(STATIC, 'dist');

/** What the templates name besides scripts. */
const STYLES = ['main', 'details', 'diagnostics', 'docs', 'operator'];
const ICONS = ['favicon.svg', '192.png', '512.png', 'maskable.png', 'touch.png'];
/** What scripts load by its address or on demand: built first, as they must know its hash. */
const LOADED = [
  ...['voice-agent/core/worker.js', 'voice-agent/worklets/audio.worklet.js'],
  ...['voice-agent/element.css', 'voice-agent/texts/de.json', 'voice-agent/texts/en.json'],
  ...['voice-agent/ui/in-call.js', 'voice-agent/ui/element/access-question.js'],
  ...['page/details.js', 'page/voice-list.js'],
];
/** What pages load: those of other sites, and ours. */
const SCRIPTS = [
  ...['voice-agent/index.js', 'voice-agent/element.js'],
  ...['page/main.js', 'page/diagnostics/diagnostics.js', 'page/docs.js'],
];
/** Names that other sites write down, by source: they stay. @type {Record<string, string>} */
const STABLE = {
  'voice-agent/index.js': 'voice-agent/index.js',
  'voice-agent/element.js': 'voice-agent/element.js',
  'voice-agent/core/worker.js': 'voice-agent/worker.js',
  'voice-agent/worklets/audio.worklet.js': 'voice-agent/audio.worklet.js',
};

/** @type {Map<string, Uint8Array>} every built file by its path below dist/ */
const files = new Map();
/** @type {Record<string, string>} that path, by source */
const built = {};
/** @type {Set<string>} whatever was read */
const sources = new Set();

/**
 * @param {string[]} entries paths below static/
 * @param {import('esbuild').Plugin[]} [plugins]
 * @param {'copy' | 'json'} [json] what becomes of JSON: files as they are, or part of the script that imports it
 */
async function bundle(entries, plugins = [], json = 'copy') {
  const { outputFiles, metafile } = await build({
    absWorkingDir: STATIC,
    entryPoints: entries.map((path) => {
      return { in: path, out: (STABLE[path] ?? path).slice(0, -extname(path).length) };
    }),
    plugins,
    outdir: DIST,
    entryNames: '[dir]/[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome123', 'firefox124', 'safari17.5'], // as the README says; tests/web/tsconfig.*.json bound the library
    charset: 'utf8',
    sourcemap: 'linked',
    loader: { '.json': json, '.svg': 'copy', '.png': 'copy' },
    write: false,
    metafile: true,
    logLevel: 'warning',
  });
  for (const { path, contents } of outputFiles) files.set(relative(DIST, path), contents);
  for (const [path, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (entryPoint) built[entryPoint] = relative('dist', path);
  }
  for (const path of Object.keys(metafile.inputs)) sources.add(path);
}

/**
 * Let a script name what it loads by the names that it has now, as seen from where the script is written to.
 * @param {string} entry
 * @returns {import('esbuild').Plugin}
 */
function hashedNames(entry) {
  const addresses = new Map(LOADED.map((path) => [path, address(dirname(entry), built[path])]));
  return {
    name: 'hashed-names',
    setup({ onLoad, onResolve }) {
      onLoad({ filter: /\.js$/ }, async ({ path }) => {
        const folder = dirname(relative(STATIC, path));
        let contents = await readFile(path, 'utf8');
        // esbuild does not follow such an address; ours are all written in this form, which Prettier keeps.
        for (const [source, now] of addresses) {
          const written = `new URL('${address(folder, source)}', import.meta.url)`;
          contents = contents.replaceAll(written, `new URL('${now}', import.meta.url)`);
        }
        return { contents };
      });
      onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined;
        const source = relative(STATIC, join(resolveDir, path));
        if (addresses.has(source)) return { path: addresses.get(source), external: true };
        return { errors: [{ text: `${source} is imported on demand, so it belongs into LOADED` }] };
      });
    },
  };
}

/**
 * Put the element's styles, and its texts in the language that most ask for, into its own file.
 * @type {import('esbuild').Plugin}
 */
const builtIn = {
  name: 'built-in',
  setup({ onLoad }) {
    onLoad({ filter: /element\/built-in\.js$/ }, () => {
      const text = (/** @type {string} */ path) =>
        Buffer.from(files.get(built[path]) ?? '').toString();
      const styles = text('voice-agent/element.css').replace(/\/\*# sourceMappingURL.*/, '');
      const texts = `{ en: ${text('voice-agent/texts/en.json')} }`;
      const contents = `export const STYLES = ${JSON.stringify(styles.trim())}, TEXTS = ${texts};`;
      return { contents };
    });
  },
};

/** @param {string} folder @param {string} path both below the same folder */
function address(folder, path) {
  const found = relative(folder, path);
  return found.startsWith('.') ? found : `./${found}`;
}

/** @param {Uint8Array} contents @param {string[]} paths below dist/ that it is written to */
async function write(contents, paths) {
  /** @type {[suffix: string, bytes: Uint8Array][]} */
  const forms = [['', contents]];
  if (!paths[0].endsWith('.png')) {
    // Nobody waits for a source map, and at the best quality all of them take three times as long as all else.
    const params = { [constants.BROTLI_PARAM_QUALITY]: paths[0].endsWith('.map') ? 5 : 11 };
    forms.push(['.br', await promisify(brotliCompress)(contents, { params })]);
    forms.push(['.gz', await promisify(gzip)(contents, { level: 9 })]);
  }
  for (const path of paths) {
    await mkdir(dirname(join(DIST, path)), { recursive: true });
    for (const [suffix, bytes] of forms) await writeFile(join(DIST, path + suffix), bytes);
  }
}

/** Of the build before, or, where nothing of it has changed, what that one kept. @returns {Promise<Map<string, Buffer>>} */
async function readKept() {
  const manifest = await readFile(join(DIST, 'manifest.json'), 'utf8').catch(() => '{}');
  const { built: before = {}, kept: older = [] } = JSON.parse(manifest);
  const old = LOADED.map((path) => before[path]).filter((path) => path && !files.has(path));
  const paths = old.length > 0 ? old.flatMap((path) => [path, `${path}.br`, `${path}.gz`]) : older;
  /** @type {Map<string, Buffer>} */
  const kept = new Map();
  for (const path of paths) kept.set(path, await readFile(join(DIST, path)));
  return kept;
}

const others = [...STYLES.map((name) => `styles/${name}.css`), ...ICONS.map((n) => `icons/${n}`)];
const isScript = (/** @type {string} */ path) => path.endsWith('.js');
await bundle([...others, ...LOADED.filter((path) => !isScript(path))]);
await bundle(LOADED.filter(isScript), [], 'json');
for (const entry of SCRIPTS) await bundle([entry], [builtIn, hashedNames(entry)], 'json');
const scripts = SCRIPTS.map((path) => Buffer.from(files.get(built[path]) ?? ''));
for (const path of LOADED) {
  if (!scripts.some((script) => script.includes(basename(built[path]))))
    throw new Error(`${path} was built, and no script names it`);
}

const kept = await readKept();
await rm(DIST, { recursive: true, force: true });
for (const [path, contents] of kept) {
  await mkdir(dirname(join(DIST, path)), { recursive: true });
  await writeFile(join(DIST, path), contents);
}
const stable = new Map(Object.entries(STABLE).map(([source, path]) => [built[source], path]));
for (const [path, contents] of files) {
  await write(contents, [path, ...(stable.has(path) ? [String(stable.get(path))] : [])]);
}
/** @type {Record<string, string>} */
const digests = {};
for (const path of [...sources].sort())
  digests[path] = hash('sha256', await readFile(join(STATIC, path)));
// The last, as without it nothing counts as built.
await writeFile(
  join(DIST, 'manifest.json'),
  JSON.stringify({ built, kept: [...kept.keys()], sources: digests }, null, 1),
);
