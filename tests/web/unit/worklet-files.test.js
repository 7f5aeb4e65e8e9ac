import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import {
  takeScriptsFrom,
  workletFiles,
} from '../../../static/voice-agent/main-thread/audio/script-url.js';

test('the worklets are beside the client, or where the page says', () => {
  globalThis.document = /** @type {Document} */ ({ baseURI: 'https://shop.example/talk/' });
  const [file, ...others] = workletFiles();
  assert.ok(existsSync(new URL(file)));
  assert.deepEqual(others, []);

  takeScriptsFrom('/voice-agent/worklets');
  assert.deepEqual(workletFiles(), ['https://shop.example/voice-agent/worklets/audio.worklet.js']);
  takeScriptsFrom('worklets/');
  assert.deepEqual(workletFiles(), ['https://shop.example/talk/worklets/audio.worklet.js']);
  assert.throws(() => takeScriptsFrom('https://'), TypeError);
});
