// What a token service may answer: ours, and any other backend that mints tokens.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fetchToken } from '../../../static/voice-agent/core/connection/token/token.js';

/** @param {unknown} body @param {string} [wsUrl] what the page says */
const granted = (body, wsUrl) =>
  fetchToken(async () => Response.json(body), { tokenUrl: 'https://shop.example/token', wsUrl });

test('an answer that is only a token is used where the page says, or at the vendor', async () => {
  assert.deepEqual(await granted({ token: 'a' }), {
    token: 'a',
    wsUrl: 'wss://agents.assemblyai.com/v1/ws',
    expiresInSeconds: 0,
    maxSessionDurationSeconds: null,
    receipt: null,
  });
  assert.equal(
    (await granted({ token: 'a' }, 'wss://own.example/ws')).wsUrl,
    'wss://own.example/ws',
  );
});

test('a token is used where its answer says, whatever the page says', async () => {
  const answer = { token: 'a', ws_url: 'wss://agents.eu.assemblyai.com/v1/ws' };
  assert.equal((await granted(answer, 'wss://own.example/ws')).wsUrl, answer.ws_url);
  await assert.rejects(granted({ token: 'a', ws_url: 'https://x' }), { code: 'token-unavailable' });
});
