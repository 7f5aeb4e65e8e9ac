// Writes static/voice-agent/index.d.ts, what a TypeScript page knows of the client: the declarations that tsc makes of
// the modules' JSDoc, of which only what the public names lead to is kept, in one file.
// `node types/make.js` writes it; with `--check` it says whether it would change.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { Declarations } from './roll-up.js';

const WEB = fileURLToPath(new URL('..', import.meta.url));
const CLIENT = fileURLToPath(new URL('../../../static/voice-agent/', import.meta.url));
const TARGET = join(CLIENT, 'index.d.ts');
const HEADER =
  '// Made from the JSDoc of the modules beside it by `make types`; change it there.\n\n';

/** The file as it should be. */
export async function publicTypes() {
  const folder = mkdtempSync(join(tmpdir(), 'voicegate-types-'));
  try {
    const tsc = join(WEB, 'node_modules/.bin/tsc');
    execFileSync(tsc, ['-p', join(WEB, 'tsconfig.types.json'), '--outDir', folder]);
    const declarations = new Declarations((path) =>
      readFileSync(join(folder, path.replace(/\.js$/, '.d.ts')), 'utf8'),
    );
    const text = HEADER + declarations.rolledUp('index.js');
    const { default: style } = await import('../.prettierrc.json', { with: { type: 'json' } });
    return await format(text, { .../** @type {object} */ (style), parser: 'typescript' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await publicTypes();
  if (!process.argv.includes('--check')) writeFileSync(TARGET, text);
  else if (!existsSync(TARGET) || readFileSync(TARGET, 'utf8') !== text) {
    console.error('static/voice-agent/index.d.ts is out of date: run make types');
    process.exitCode = 1;
  }
}
