import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import {
  takeWorkletsFrom,
  workletFiles,
} from '../../../static/voice-agent/devices/worklet-files.js';

test('the worklets are beside the client, or where the page says', () => {
  globalThis.document = /** @type {Document} */ ({ baseURI: 'https://shop.example/talk/' });
  const own = workletFiles();
  assert.ok(own.every((url) => existsSync(new URL(url))));

  takeWorkletsFrom('/voice-agent/worklets');
  const elsewhere = 'https://shop.example/voice-agent/worklets';
  assert.deepEqual(workletFiles(), [
    `${elsewhere}/capture.worklet.js`,
    `${elsewhere}/playback.worklet.js`,
  ]);
  takeWorkletsFrom('worklets/');
  assert.equal(workletFiles()[0], 'https://shop.example/talk/worklets/capture.worklet.js');
  assert.throws(() => takeWorkletsFrom('https://'), TypeError);
});
