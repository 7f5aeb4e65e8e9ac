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
/** What is beside the client for its readers, and is not part of it. */
const EXAMPLES = 'examples/';

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

test('the package is every file of the client and nothing else', () => {
  const tracked = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const known = run('git', tracked, CLIENT).split('\0').filter(Boolean).sort();
  const ofClient = known.filter((path) => !path.startsWith(EXAMPLES));
  assert.deepEqual(packed, ofClient);
  assert.ok(packed.includes('index.d.ts') && packed.includes('LICENSE'));
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

test('a module that does something when it is loaded is named, so that no bundler leaves it out', () => {
  const { sideEffects } = JSON.parse(readFileSync(join(CLIENT, 'package.json'), 'utf8'));
  const patterns = sideEffects.map((/** @type {string} */ pattern) => pattern.replace('./', ''));
  const acts = /^(?:registerProcessor\(|self\.|globalThis\.|customElements\.|\w+\.on\w+ =)/m;
  const acting = packed
    .filter((path) => path.endsWith('.js'))
    .filter((path) => acts.test(readFileSync(join(CLIENT, path), 'utf8')));
  assert.ok(acting.length > 0);
  for (const path of acting) {
    const isNamed = patterns.some((/** @type {string} */ pattern) =>
      new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`).test(path),
    );
    assert.ok(isNamed, `package.json says that ${path} has no side effect`);
  }
});
