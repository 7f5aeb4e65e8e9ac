// Writes call.vtt, as the client exports a conversation, and expected.json, what a reader has to find in it:
// `node sample.js STATIC/voice-agent/ui/take.js`. Run by ../captions.sh.

import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const { asWebVtt } = await import(pathToFileURL(process.argv[2]).href);

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 10, 21, 9, 7, 5);

/** Each turn's start, end, name and words; then, where the cue differs, its own start, end and words. */
const TURNS = [
  [
    0,
    2_000,
    'You',
    'What is 1 < 2 --> & so on?\nTell me.',
    { words: 'What is 1 < 2 --> & so on? Tell me.' },
  ],
  [
    6_000,
    8_000,
    'Reception',
    'It is true, of',
    { untilMs: 6_840, words: 'It is true, of (interrupted)' },
  ],
  [
    10_000,
    16_000,
    'Reception',
    'Both of us speak at once, and so this one ends here.',
    { untilMs: 12_000 },
  ],
  [12_000, 12_500, 'You', 'Wait a second.', { untilMs: 12_100 }],
  [12_000, 13_000, 'Reception', 'Yes, of course.', { fromMs: 12_100 }],
  [15_000, 16_000, 'You', '', { untilMs: 15_100 }],
  [17_000, 18_000, 'You', 'A tag: <i>not italic</i> <b>'],
  [19_000, 20_000, 'אחמד', 'שלום עולם! 42?', { untilMs: 19_840 }],
  [21_000, 22_000, 'Reception', 'An emoji 😀 and a family 👩‍👩‍👧.'],
  [23_000, 23_000, 'You', 'No time at all.', { untilMs: 23_100 }],
  [24_000, 24_100, 'You', '-->'],
  [25_000, 25_500, 'You', 'NOTE this'],
  [26_000, 26_100, 'You', '42'],
  [27_000, 28_000, 'You', 'Said as written: &amp; &lt; &nbsp; &#38;'],
  [29_000, 30_000, 'You', 'A time <00:00:29.500> in it'],
  [31_000, 32_000, 'You', 'Braces {x} and {\\an8} in it'],
  [33_000, 34_000, 'You', 'A path C:\\Notes\\new'],
  [35_000, 36_000, 'You', 'Words\u0085after\u001ca break', { words: 'Words after a break' }],
  [HOUR_MS - 1, HOUR_MS + 999, 'You', 'Over the first hour'],
  [
    3 * HOUR_MS + 61_234,
    3 * HOUR_MS + 62_345,
    'Reception',
    'Three hours later',
    { untilMs: 3 * HOUR_MS + 62_254 },
  ],
];

const items = TURNS.map(([fromMs, untilMs, name, text], index) => ({
  kind: 'turn',
  at: START_MS + fromMs,
  endedAt: START_MS + untilMs,
  name,
  turn: { text, final: true, interrupted: index === 1 },
}));
writeFileSync('call.vtt', asWebVtt(items, { transcript: { interrupted: 'interrupted' } }));
const expected = TURNS.map(([fromMs, untilMs, , words, cue]) => ({
  fromMs,
  untilMs,
  words,
  ...cue,
}));
writeFileSync('expected.json', JSON.stringify(expected));
