import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const STATIC = fileURLToPath(new URL('../../../static', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'voicegate-build-'));
after(() => rmSync(folder, { recursive: true }));

/** @returns {string} the built Worker's file */
function build() {
  execFileSync(process.execPath, [join(folder, 'build/build.js')]);
  const { built } = JSON.parse(readFileSync(join(folder, 'dist/manifest.json'), 'utf8'));
  return join(folder, 'dist', built['voice-agent/core/worker.js']);
}

test('a Worker that pages of the build before ask for is kept, and one of older builds is not', () => {
  cpSync(STATIC, folder, { recursive: true, filter: (path) => !/static\/dist$/.test(path) });
  const change = () => appendFileSync(join(folder, 'voice-agent/core/worker.js'), 'self.name;\n');
  const first = build();
  change();
  const second = build();
  assert.notEqual(second, first);
  build(); // anew, with nothing changed
  for (const file of [first, `${first}.br`, second]) assert.ok(existsSync(file), file);
  change();
  build();
  assert.deepEqual([existsSync(first), existsSync(second)], [false, true]);
});
