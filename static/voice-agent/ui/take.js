// Takes the conversation along: copied as text, or downloaded as a file. Fetched once there is something to take.

import { fill } from './format.js';

/** A download has begun by then, and the browser needs its address no more. */
const DOWNLOAD_MS = 10_000;

/** @typedef {'copy' | 'text' | 'json' | 'captions'} Kind */

/**
 * @param {Kind} kind
 * @param {import('./transcript-view.js').Item[]} items
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
 * @param {import('./transcript-view.js').Item[]} items
 * @param {import('./ui-types.js').Texts} texts
 */
function fileOf(kind, items, texts) {
  if (kind === 'json') return [asJson(items), 'application/json', 'json'];
  if (kind === 'captions') return [asWebVtt(items, texts), 'text/vtt', 'vtt'];
  return [asText(items, texts), 'text/plain', 'txt'];
}

// The conversation as a file: plain text, JSON, or captions (WebVTT).

/** A caption stays at least this long, even where the next one follows at once. */
const LEAST_CUE_MS = 100;

/** Where no end is known: how fast people read. */
const MS_A_CHARACTER = 60;

/** @typedef {import('./transcript-view.js').Item} Item */
/** @typedef {Extract<Item, {kind: 'turn'}>} TurnItem */
/** @typedef {import('./ui-types.js').Texts} Texts */

/**
 * One line for each turn, with time and name.
 *
 * @param {Item[]} items
 * @param {Texts} texts
 */
export function asText(items, texts) {
  const time = new Intl.DateTimeFormat(texts.language, { timeStyle: 'medium' });
  const day = new Intl.DateTimeFormat(texts.language, { dateStyle: 'long' });
  const lines = settled(items).map((item) => `[${time.format(item.at)}] ${line(item, texts)}`);
  if (lines.length === 0) return '';
  const title = fill(texts.export.heading, { date: day.format(items[0].at) });
  return `${[title, '', ...lines].join('\n')}\n`;
}

/** @param {Item} item @param {Texts} texts */
function line(item, texts) {
  if (item.kind === 'note') return `– ${item.text}`;
  if (item.kind === 'turn') {
    const mark = item.turn.interrupted ? ` (${texts.transcript.interrupted})` : '';
    return `${isolated(item.name)}: ${isolated(item.turn.text)}${mark}`;
  }
  return `${texts.export.tool} ${item.call.name}: ${texts.tools.states[item.call.status]}`;
}

/** The blocks of Hebrew, Arabic and their neighbours. Source: Unicode 16, DerivedBidiClass. */
const RIGHT_TO_LEFT =
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/**
 * Words that run the other way keep their order and their punctuation among the rest of a line (UAX #9, isolates).
 * @param {string} text
 */
const isolated = (text) => (RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text);

/** @param {Item[]} items */
export function asJson(items) {
  const turns = settled(items).flatMap((item) => (item.kind === 'turn' ? turnRecord(item) : []));
  const toolCalls = items.flatMap((item) => (item.kind === 'tool' ? toolRecord(item) : []));
  return `${JSON.stringify({ turns, toolCalls }, null, 2)}\n`;
}

/** @param {TurnItem} item */
function turnRecord({ turn: { id, role, text, startedAt, interrupted }, name, pauseMs }) {
  const record = { id, role, name, text, startedAt: isoTime(startedAt), interrupted };
  return pauseMs === null ? record : { ...record, answeredAfterMs: Math.round(pauseMs) };
}

/** @param {Extract<Item, {kind: 'tool'}>} item */
function toolRecord({ at, call: { callId, name, args, status, result, error } }) {
  return { id: callId, name, startedAt: isoTime(at), status, arguments: args, result, error };
}

/**
 * Captions beside a recording: times count from the first turn, each ends where the next begins, at the latest.
 *
 * @param {Item[]} items
 * @param {Texts} texts
 */
export function asWebVtt(items, texts) {
  const turns = settled(items).flatMap((item) => (item.kind === 'turn' ? item : []));
  const startsMs = cueStartsMs(turns);
  const cues = turns.map((item, index) => {
    const { turn, name, at, endedAt } = item;
    const startMs = startsMs[index];
    const endMs = startMs + Math.min(endedAt - at, turn.text.length * MS_A_CHARACTER);
    const lastMs = startsMs[index + 1] ?? Infinity;
    const untilMs = Math.min(Math.max(endMs, startMs + LEAST_CUE_MS), lastMs);
    const mark = turn.interrupted ? ` <i>(${escape(texts.transcript.interrupted)})</i>` : '';
    const said = `<v ${inTag(name)}>${escape(turn.text)}${mark}`;
    return `${index + 1}\n${cueTime(startMs)} --> ${cueTime(untilMs)}\n${said}\n`;
  });
  return `WEBVTT\n\n${cues.join('\n')}`;
}

/** One after the other, also where two began at the same moment. @param {TurnItem[]} turns */
function cueStartsMs(turns) {
  let earliestMs = 0;
  return turns.map(({ at }) => {
    const startMs = Math.max(at - turns[0].at, earliestMs);
    earliestMs = startMs + LEAST_CUE_MS;
    return startMs;
  });
}

/** "00:01:02.345" @param {number} ms */
function cueTime(ms) {
  const pad = (/** @type {number} */ value, length = 2) =>
    String(Math.floor(value)).padStart(length, '0');
  return `${pad(ms / 3_600_000)}:${pad((ms / 60_000) % 60)}:${pad((ms / 1000) % 60)}.${pad(ms % 1000, 3)}`;
}

/** A cue is one line, for those too that take more of Unicode for the end of one (pycaption). @param {string} text */
const oneLine = (text) => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

/** What means something in a cue must be spelt. @param {string} text */
function escape(text) {
  return oneLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * In a tag readers take escapes for what they look like, and ffmpeg takes `;` for its end (`findings/vtt-entities.sh`): wide
 * forms mean nothing anywhere.
 * @param {string} name
 */
const inTag = (name) =>
  oneLine(name).replaceAll('&', '＆').replaceAll('<', '＜').replaceAll('>', '＞');

/** Words that may still change are no part of a copy. @param {Item[]} items */
const settled = (items) => items.filter((item) => item.kind !== 'turn' || item.turn.final);

/** @param {number} epochMs */
const isoTime = (epochMs) => new Date(epochMs).toISOString();

/**
 * "conversation-2026-11-21-0907.txt", by the visitor's clock.
 *
 * @param {string} name
 * @param {Date} date
 * @param {string} ending
 */
export function fileName(name, date, ending) {
  const pad = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())].join('-');
  return `${name}-${day}-${pad(date.getHours())}${pad(date.getMinutes())}.${ending}`;
}
