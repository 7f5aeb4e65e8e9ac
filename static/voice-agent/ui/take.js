// Takes the conversation along: copied as text, or downloaded as a file. Fetched once there is something to take.

import { asJson, asText, asWebVtt, fileName } from './export.js';

/** A download has begun by then, and the browser needs its address no more. */
const DOWNLOAD_MS = 10_000;

/** @typedef {'copy' | 'text' | 'json' | 'captions'} Kind */

/**
 * @param {Kind} kind
 * @param {import('./row-list.js').Item[]} items
 * @param {import('./ui-types.js').Texts} texts
 * @returns {Promise<string>} what to say of it
 */
export async function take(kind, items, texts) {
  if (kind === 'copy') return copy(asText(items, texts), texts.export);
  const [text, type, ending] = fileOf(kind, items, texts);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  link.download = fileName(texts.export.file, new Date(), ending);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), DOWNLOAD_MS);
  return texts.export.downloaded;
}

/**
 * @param {string} text
 * @param {import('./ui-types.js').Texts['export']} said
 */
async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
    return said.copied;
  } catch {
    return said.refused;
  }
}

/**
 * @param {Exclude<Kind, 'copy'>} kind
 * @param {import('./row-list.js').Item[]} items
 * @param {import('./ui-types.js').Texts} texts
 */
function fileOf(kind, items, texts) {
  if (kind === 'json') return [asJson(items), 'application/json', 'json'];
  if (kind === 'captions') return [asWebVtt(items, texts), 'text/vtt', 'vtt'];
  return [asText(items, texts), 'text/plain', 'txt'];
}
