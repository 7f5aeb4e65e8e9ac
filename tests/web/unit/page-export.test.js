// The conversation as a file.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asJson, asText, asWebVtt, fileName } from '../../../static/voice-agent/ui/take.js';
import { texts, textsIn } from './page-texts.js';

/** @typedef {import('../../../static/voice-agent/ui/transcript-view.js').Item} Item */

const START = Date.UTC(2026, 10, 21, 9, 7, 5);

/**
 * @param {'user' | 'agent'} role
 * @param {string} text
 * @param {number} atMs
 * @param {Partial<import('../../../static/voice-agent/ui/ui-types.js').Turn>} [change]
 * @returns {Item}
 */
function said(role, text, atMs, change) {
  const at = START + atMs;
  const about = { final: true, interrupted: false, startedAt: at, words: [] };
  const turn = { id: `${role}-${atMs}`, role, text, ...about, ...change };
  const name = role === 'user' ? 'You' : 'A<B>&C';
  const pauseMs = role === 'agent' ? 812.4 : null;
  return { kind: 'turn', at, endedAt: at + 2_000, turn, name, pauseMs };
}

/** @type {Item} */
const TOOL = {
  kind: 'tool',
  at: START + 5_000,
  call: { callId: 'c1', name: 'weather', args: { city: 'Oslo' }, status: 'done', result: [7] },
};

const ITEMS = [
  said('user', 'What is 1 < 2 --> & so on?\nTell me.', 0),
  TOOL,
  said('agent', 'It is true, of', 6_000, { interrupted: true }),
  said('user', 'still being', 9_000, { final: false }),
];

test('text: one line for each turn that is over, with time, name and mark', () => {
  const lines = asText(ITEMS, texts).trimEnd().split('\n');

  assert.match(lines[0], /November 21, 2026|November 22, 2026|November 20, 2026/);
  assert.match(lines[2], /^\[\d+:\d\d:\d\d.*\] You: What is/);
  assert.match(lines[4], /\] Tool weather: Done$/);
  assert.match(lines[5], /\] A<B>&C: It is true, of \(interrupted\)$/);
  assert.doesNotMatch(lines.join('\n'), /still being/);
});

test('text: what runs from right to left is isolated, so that its punctuation stays with it', () => {
  const items = [
    { ...said('user', 'שלום!', 0), name: 'أحمد' },
    said('agent', 'Hello!', 1_000, { interrupted: true }),
  ];

  const [, , user, agent] = asText(items, texts).split('\n');
  assert.match(user, /\] \u2068أحمد\u2069: \u2068שלום!\u2069$/);
  assert.match(agent, /\] A<B>&C: Hello! \(interrupted\)$/);
});

test('text in another language', () => {
  assert.match(asText(ITEMS, textsIn('de').call), /^Gespräch vom .*\. November 2026/);
});

test('JSON: what a program wants to know of turns and tool calls', () => {
  const { turns, toolCalls } = JSON.parse(asJson(ITEMS));

  assert.equal(turns.length, 2);
  assert.deepEqual(turns[1], {
    id: 'agent-6000',
    role: 'agent',
    name: 'A<B>&C',
    text: 'It is true, of',
    startedAt: '2026-11-21T09:07:11.000Z',
    interrupted: true,
    answeredAfterMs: 812,
  });
  assert.deepEqual(toolCalls, [
    {
      id: 'c1',
      name: 'weather',
      startedAt: '2026-11-21T09:07:10.000Z',
      status: 'done',
      arguments: { city: 'Oslo' },
      result: [7],
    },
  ]);
});

test('WebVTT: voices, times from the first turn, nothing that means markup by accident', () => {
  const [head, first, second] = asWebVtt(ITEMS, texts).trimEnd().split('\n\n');

  assert.equal(head, 'WEBVTT');
  assert.equal(
    first,
    '1\n00:00:00.000 --> 00:00:02.000\n<v You>What is 1 &lt; 2 --&gt; &amp; so on? Tell me.',
  );
  assert.equal(
    second,
    '2\n00:00:06.000 --> 00:00:06.840\n<v A＜B＞＆C>It is true, of <i>(interrupted)</i>',
  );
});

test('WebVTT: a cue is one line, whatever a reader takes for the end of one', () => {
  const items = [
    { ...said('user', 'One\u0085two\u001c\u2028\nthree\u0000', 0), name: ' You\u0085 ' },
  ];

  assert.match(asWebVtt(items, texts), /^<v You>One two three$/m);
});

test('WebVTT: cues follow one another, whatever the times say', () => {
  const crowd = [0, 0, 50, 1_000, 3_600_000].map((atMs) => said('user', 'x'.repeat(50), atMs));
  const times = [...asWebVtt(crowd, texts).matchAll(/(\S+) --> (\S+)/g)];

  const spans = times.map(([, start, end]) => [start, end]);
  assert.deepEqual(spans.at(-1), ['01:00:00.000', '01:00:02.000']);
  spans.forEach(([start, end], index) => {
    assert.ok(start < end, `${start} --> ${end}`);
    assert.ok(index === 0 || start >= spans[index - 1][1]);
  });
});

test('of nothing comes nothing', () => {
  assert.equal(asText([], texts), '');
  assert.deepEqual(JSON.parse(asJson([])), { turns: [], toolCalls: [] });
  assert.equal(asWebVtt([], texts), 'WEBVTT\n\n');
});

test('a file’s name has its day and minute, in an order that sorts', () => {
  assert.equal(
    fileName('conversation', new Date(2026, 0, 2, 3, 4), 'vtt'),
    'conversation-2026-01-02-0304.vtt',
  );
});
