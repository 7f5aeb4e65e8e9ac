// Prints a row of the table for each line of JSON that comes in. Run by ../captions.sh.

import { readFileSync } from 'node:fs';

const expected = JSON.parse(readFileSync('expected.json', 'utf8'));
const ENTITIES = { amp: '&', lt: '<', gt: '>' };
const plain = (text) =>
  text.replace(/<[^>]*>/g, '').replace(/&(amp|lt|gt);/g, (_, name) => ENTITIES[name]);

/** @param {[number, number, string][]} cues */
function judge(cues) {
  if (cues.length !== expected.length) return [`${cues.length} of ${expected.length}`, '–'];
  const late = expected.filter(
    ({ fromMs, untilMs }, index) =>
      Math.abs(cues[index][0] - fromMs) > 1 || Math.abs(cues[index][1] - untilMs) > 1,
  );
  const isSaid = (read) =>
    expected.filter(({ words }, index) => read(cues[index][2]).trim() !== words);
  const [asIs, decoded] = [isSaid((text) => text), isSaid(plain)];
  const wrong = asIs.length <= decoded.length ? asIs : decoded;
  const how = asIs.length <= decoded.length ? 'as said' : 'with tags or escapes';
  return [
    late.length === 0 ? 'all' : `${late.length} at another time`,
    wrong.length > 2
      ? `${how}, ${wrong.length} cues not`
      : [how, ...wrong.map(({ words }) => `not \`${words}\``)].join(', '),
  ];
}

for (const line of readFileSync(0, 'utf8').trim().split('\n')) {
  const { name, cues } = JSON.parse(line);
  console.log(`| ${[name, ...judge(cues)].join(' | ')} |`);
}
