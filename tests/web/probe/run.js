// Asks each engine every row, and writes what it answered: node probe/run.js [--row PART_OF_ITS_NAME] [ENGINE...]

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startSoundServer } from '../browsers/sound-server.js';
import { ENGINES, openDisplay } from './engines.js';
import { SECTIONS } from './rows.js';
import { openSite } from './server.js';
import { tableOf } from './table.js';
import { Visit } from './visit.js';

const SEEN = new URL('seen.json', import.meta.url);
const TABLE = new URL('../../../docs/engines.md', import.meta.url);

/** @type {Record<import('./rows.js').Row['shape'], (answer: any) => boolean>} */
const IS_OF_SHAPE = {
  list: Array.isArray,
  table: (answer) => answer !== null && typeof answer === 'object' && !Array.isArray(answer),
  word: (answer) => ['string', 'number', 'boolean'].includes(typeof answer),
};

/** @type {import('./table.js').Seen} */
const seen = JSON.parse(readFileSync(SEEN, 'utf8'));
const { values, positionals: names } = parseArgs({
  options: { row: { type: 'string', default: '' } },
  allowPositionals: true,
});
const rows = Object.values(SECTIONS).flat();
const wanted = rows.filter(({ what }) => what.includes(values.row));
const display = await openDisplay();
const site = await openSite();
try {
  for (const [name, open] of Object.entries(ENGINES))
    if (names.length === 0 || names.includes(name)) await ask(name, open);
} finally {
  site.stop();
  await display.stop();
}
seen.rows = Object.fromEntries(rows.map(({ what }) => [what, seen.rows[what]])); // those of old rows go
writeFileSync(SEEN, `${JSON.stringify(seen, null, 2)}\n`);
writeFileSync(TABLE, tableOf(seen, SECTIONS));

/** @param {string} name @param {import('./engines.js').OpenEngine} open */
async function ask(name, open) {
  const sound = await startSoundServer();
  const engine = await open({ ...sound.environment, DISPLAY: display.name });
  try {
    seen.engines[name] = engine.version;
    const visit = new Visit(engine, site);
    for (const row of wanted) {
      const answer = await row.ask(visit).catch((error) => `could not be tried: ${error.message}`);
      if (!IS_OF_SHAPE[row.shape](answer)) console.error(`${name}: not a ${row.shape}:`, answer);
      (seen.rows[row.what] ??= {})[name] = answer;
      console.log(`${name}: ${row.what}:`, answer);
    }
  } finally {
    await engine.close();
    await sound.stop();
  }
}
