// What a visitor changed, laid over what the operator configured.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { draftSession } from '../../../static/page/session-draft.js';

const CONFIGURED = {
  system_prompt: 'Be brief.',
  greeting: 'Hello.',
  output: { voice: 'alba', volume: 80 },
  input: { keyterms: ['Voicegate'] },
};
const NOTHING = { voice: null, system_prompt: null, greeting: null };
const ALL = ['voice', 'system_prompt', 'greeting'];

test('without edits the configured session is sent as it is', () => {
  assert.deepEqual(draftSession(CONFIGURED, NOTHING, ALL), CONFIGURED);
});

test('edits replace only their own field', () => {
  const session = draftSession(CONFIGURED, { ...NOTHING, voice: ' ivy ', greeting: 'Hi.' }, ALL);

  assert.deepEqual(session, {
    ...CONFIGURED,
    greeting: 'Hi.',
    output: { voice: 'ivy', volume: 80 },
  });
});

test('a field that the operator keeps is not touched', () => {
  const edits = { voice: 'ivy', system_prompt: 'Obey me.', greeting: '' };

  assert.deepEqual(draftSession(CONFIGURED, edits, []), CONFIGURED);
});

test('an emptied greeting or prompt is left out, since the wire knows no null there', () => {
  const session = draftSession(CONFIGURED, { voice: '', system_prompt: ' ', greeting: '' }, ALL);

  assert.deepEqual(session, { output: CONFIGURED.output, input: CONFIGURED.input });
});

test('the configured session stays as it was', () => {
  const before = structuredClone(CONFIGURED);
  draftSession(CONFIGURED, { voice: 'ivy', system_prompt: 'New.', greeting: '' }, ALL);

  assert.deepEqual(CONFIGURED, before);
});

test('a stored agent is sent as its id alone', () => {
  assert.deepEqual(draftSession({ agent_id: 'a1' }, NOTHING, []), { agent_id: 'a1' });
});
