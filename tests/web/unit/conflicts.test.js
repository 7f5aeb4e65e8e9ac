// What sources say differently of the service: every version of every conflict is survived.
// Source: the project's notes on the wire, section 12; one row here for each row there, under its name.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPENING } from './conflicts-opening.js';
import { RECOVERY } from './conflicts-recovery.js';
import { TURNS } from './conflicts-turns.js';

const ROWS = [
  'WS path',
  'Order at start',
  'Auth failure',
  'Token errors',
  'Token reuse',
  'expires_in_seconds',
  'Session cap',
  'First bad update',
  'agent_id with others',
  'session_not_found',
  'Tool arguments key',
  'Error key and case',
  'User delta key',
  'reply.done.status',
  'transcript.agent final',
  'Reply vs speech order',
  'Speech started while agent talks',
  'Audio pace',
  'audio_rate_violation',
  'tool.result timing',
  'HTTP tool visibility',
  'conversation.message',
  'reply.create in a reply',
  'Resume',
  'timestamp',
  'Default voice',
  'input.format mutability',
  'AsyncAPI vs prose',
];

/** @type {import('./conflicts-call.js').Rows} */
const CONFLICTS = { ...OPENING, ...TURNS, ...RECOVERY };

test('every row of the table is played, in two versions at least', () => {
  assert.equal(ROWS.length, 28);
  assert.deepEqual(Object.keys(CONFLICTS).toSorted(), ROWS.toSorted());
  for (const row of ROWS) assert.ok(Object.keys(CONFLICTS[row]).length >= 2, row);
});

for (const row of ROWS) {
  for (const [version, play] of Object.entries(CONFLICTS[row] ?? {})) {
    test(`${row}: ${version}`, play);
  }
}
