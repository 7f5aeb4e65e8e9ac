import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const WEB = join(ROOT, 'tests/web');
const CLIENT = join(ROOT, 'static/voice-agent');

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

let folder = '';
/** @type {string[]} */
let packed = [];

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'voicegate-package-'));
  const output = run('npm', ['pack', '--json', '--pack-destination', folder], CLIENT);
  const [{ filename, files }] = JSON.parse(output);
  packed = files.map((/** @type {{path: string}} */ { path }) => path).sort();
  const modules = join(folder, 'node_modules');
  cpSync(join(WEB, 'consumer'), join(folder, 'consumer'), { recursive: true });
  run('mkdir', ['-p', modules], folder);
  run('tar', ['-xzf', join(folder, filename), '-C', modules], folder);
  run('mv', ['package', 'voicegate-client'], modules);
});
after(() => rmSync(folder, { recursive: true }));

const client = () => join(folder, 'node_modules/voicegate-client');

test('the package is a single file for each way in, with its map, types and what tells of it', () => {
  assert.deepEqual(packed, [
    ...['LICENSE', 'README.md', 'custom-elements.json'],
    ...['dist/audio.worklet.js', 'dist/element.js', 'dist/element.js.map', 'dist/index.js'],
    ...['dist/index.js.map', 'dist/react.js', 'dist/react.js.map', 'dist/worker.js'],
    ...['element.d.ts', 'index.d.ts', 'package.json', 'react.d.ts', 'svelte.d.ts', 'vue.d.ts'],
  ]);
  const { exports } = JSON.parse(readFileSync(join(client(), 'package.json'), 'utf8'));
  const named = Object.values(exports).flatMap((way) => Object.values(Object(way)));
  for (const path of named.filter((path) => path.length > 1))
    assert.ok(packed.includes(path.slice(2)), `exports names ${path}, which is not there`);
  const manifest = JSON.parse(readFileSync(join(client(), 'custom-elements.json'), 'utf8'));
  for (const { path } of manifest.modules) assert.ok(packed.includes(path), path);
});

for (const name of ['index.js', 'element.js', 'react.js'])
  test(`${name} looks for no file beside it, and its map holds its sources`, () => {
    const text = readFileSync(join(client(), 'dist', name), 'utf8');
    assert.doesNotMatch(text, /import\.meta/);
    const imported = [...text.matchAll(/^import[^;]*?from"([^"]*)"|;import[^;]*?from"([^"]*)"/g)];
    const allowed = name === 'index.js' ? [] : ['react', './index.js'];
    for (const [, first, later] of imported) assert.ok(allowed.includes(first ?? later));
    const map = JSON.parse(readFileSync(join(client(), `dist/${name}.map`), 'utf8'));
    assert.ok(map.sourcesContent.every(Boolean));
  });

test('where pages are made without a browser the package loads, an agent is made, and nothing happens', () => {
  writeFileSync(
    join(folder, 'server.mjs'),
    `import { createVoiceAgent } from 'voicegate-client';
     import { VoiceAgentElement } from 'voicegate-client/element';
     const agent = createVoiceAgent({ gate: '/gate', agent: 'reception', workletsUrl: '/voice-agent/' });
     agent.on('state', () => {});
     console.log(agent.state, agent.isActive, typeof VoiceAgentElement);
     await agent.dispose();`,
  );
  assert.equal(run(process.execPath, ['server.mjs'], folder), 'idle false function\n');
});

test("the package's version is the service's", () => {
  const { version } = JSON.parse(readFileSync(join(CLIENT, 'package.json'), 'utf8'));
  const python = readFileSync(join(ROOT, 'app/__init__.py'), 'utf8');
  assert.equal(version, /__version__ = "(.+)"/.exec(python)?.[1]);
});

for (const [resolution, module] of [
  ['bundler', 'esnext'],
  ['nodenext', 'nodenext'],
]) {
  test(`a strict TypeScript app compiles against the package (${resolution}), and its mistakes do not`, () => {
    const config = JSON.parse(readFileSync(join(WEB, 'tsconfig.consumer.json'), 'utf8'));
    const { paths } = config.compilerOptions;
    Object.assign(config.compilerOptions, { moduleResolution: resolution, module });
    for (const name in paths) {
      if (name.startsWith('voicegate-client')) delete paths[name]; // found as installed
      if (name.startsWith('https:')) paths[name] = ['./node_modules/voicegate-client/index.d.ts'];
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');

    run(join(WEB, 'node_modules/.bin/tsc'), ['-p', folder], folder);

    // A mistake that compiles is told by its own `@ts-expect-error`; this shows that it would be.
    const mistakes = join(folder, 'consumer/mistakes.ts');
    const text = readFileSync(mistakes, 'utf8');
    const right = text.replace("agent.on('transcripts'", "agent.on('transcript'");
    writeFileSync(mistakes, right);
    assert.notEqual(right, text);
    assert.throws(() => run(join(WEB, 'node_modules/.bin/tsc'), ['-p', folder], folder));
    writeFileSync(mistakes, text);
  });
}
