// Writes static/voice-agent/{index,element}.d.ts, what a TypeScript page knows of the client and the element: the declarations that tsc makes of
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
const HEADER =
  '// Made from the JSDoc of the modules beside it by `make types`; change it there.\n\n';

/** What JSDoc cannot say: the element's name and its events, as the page's own TypeScript knows them. */
const ELEMENT_GLOBALS = `
/** The event log is the client's alone. */
type AgentEvents = Omit<import('./index.js').AgentEvents, 'debug'>;

export type VoiceAgentEventMap = {
  [Type in keyof AgentEvents as \`voice-agent-\${Type}\`]: CustomEvent<AgentEvents[Type]>;
} & {
  'voice-agent-settings': CustomEvent<null>;
};

/** What may stand in markup. */
export type VoiceAgentAttributes = {
  gate?: string;
  agent?: string;
  variant?: 'full' | 'page' | 'compact' | 'headless';
  theme?: 'light' | 'dark' | 'auto';
  lang?: string;
  floating?: boolean;
  'push-to-talk'?: boolean;
  'text-only'?: boolean;
  disabled?: boolean;
  id?: string;
  class?: string;
};

declare global {
  interface HTMLElementTagNameMap {
    'voice-agent': VoiceAgentElement;
  }
  interface GlobalEventHandlersEventMap extends VoiceAgentEventMap {}
}
`;

const INDEX = { entry: 'index.js', file: './index.js' };

/** @type {{entry: string, told?: typeof INDEX, globals?: string}[]} */
export const ENTRIES = [
  { entry: 'index.js' },
  { entry: 'element.js', told: INDEX, globals: ELEMENT_GLOBALS },
];

/** The files as they should be, by name. */
export async function publicTypes() {
  const folder = mkdtempSync(join(tmpdir(), 'voicegate-types-'));
  try {
    const tsc = join(WEB, 'node_modules/.bin/tsc');
    // Not checked here: modules of the element see the client by the declarations that are about to be made anew.
    execFileSync(tsc, ['-p', join(WEB, 'tsconfig.types.json'), '--outDir', folder, '--noCheck']);
    const { default: style } = await import('../.prettierrc.json', { with: { type: 'json' } });
    const read = (/** @type {string} */ path) =>
      readFileSync(join(folder, path.replace(/\.js$/, '.d.ts')), 'utf8');
    /** @type {Map<string, string>} */
    const files = new Map();
    for (const { entry, told, globals = '' } of ENTRIES) {
      const text = HEADER + new Declarations(read, told).rolledUp(entry) + globals;
      const options = { .../** @type {object} */ (style), parser: 'typescript' };
      files.set(entry.replace('.js', '.d.ts'), await format(text, options));
    }
    return files;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of await publicTypes()) {
    const target = join(CLIENT, name);
    if (!process.argv.includes('--check')) writeFileSync(target, text);
    else if (!existsSync(target) || readFileSync(target, 'utf8') !== text) {
      console.error(`static/voice-agent/${name} is out of date: run make types`);
      process.exitCode = 1;
    }
  }
}
