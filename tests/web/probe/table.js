// Writes docs/engines.md of what was seen.

/** @typedef {Record<string, unknown>} Answers by engine */
/** @typedef {{engines: Record<string, string>, rows: Record<string, Answers>}} Seen versions, and answers by row */

const HEAD = `# What a voice page meets in each engine

Made by \`make probe\`, which tries each row in Debian's browsers on one page of its own, on loopback; nothing here is from memory, and nothing is edited by hand.
The engines had a window, a PulseAudio loudspeaker and microphone, and their own settings, but for the microphone, which is allowed without a question.
WebKitGTK is not Safari: what is Apple's own (\`navigator.audioSession\`, the \`interrupted\` state of a context) could not be tried.
`;

/**
 * @param {Seen} seen
 * @param {Record<string, import('./rows.js').Row[]>} sections
 */
export function tableOf({ engines, rows }, sections) {
  const names = Object.keys(engines);
  const columns = names.map((name) => `${name} ${engines[name]}`);
  const lines = [HEAD];
  for (const [title, own] of Object.entries(sections)) {
    lines.push(`## ${title}`, '', line(['', ...columns, 'What the client does']));
    lines.push(line(['---', ...columns.map(() => '---'), '---']));
    for (const { what, weDo } of own)
      lines.push(line([what, ...names.map((name) => cell(rows[what]?.[name])), weDo]));
    lines.push('');
  }
  return lines.join('\n');
}

/** @param {string[]} cells */
const line = (cells) => `| ${cells.join(' | ')} |`;

/** @param {unknown} answer @returns {string} */
function cell(answer) {
  if (answer === undefined) return 'not tried';
  if (typeof answer === 'boolean') return answer ? 'yes' : 'no';
  if (Array.isArray(answer)) return answer.map(cell).join(', ') || 'none';
  if (answer === null || typeof answer !== 'object') return String(answer).replaceAll('|', '\\|');
  return Object.entries(answer)
    .map(([name, value]) => `${name}: ${cell(value)}`)
    .join('; ');
}
