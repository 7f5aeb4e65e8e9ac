// The button that mutes, or is held to talk.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMuteButton } from '../../../static/voice-agent/ui/mute-button.js';
import { texts } from './page-texts.js';

/** @returns the button, and what it asked for: true is to mute */
function setUp() {
  const mute = Object.assign(new EventTarget(), {
    ...{ dataset: {}, hidden: true, setAttribute() {}, removeAttribute() {} },
  });
  /** @type {boolean[]} */
  const asked = [];
  const { signal } = new AbortController();
  const elements = /** @type {any} */ ({ mute, muteLabel: {} });
  const ask = (/** @type {boolean} */ muted) => void asked.push(muted);
  return { button: createMuteButton(elements, texts.muteButton, ask, signal), asked };
}

test('a call that is typed opens no microphone as nothing need be held to talk any more', () => {
  const { button, asked } = setUp();
  button.usePushToTalk(true);
  button.showState('live');
  button.showMuted(true, false);
  asked.length = 0;

  button.usePushToTalk(false);
  assert.deepEqual(asked, []);
  button.showState('ended');
  button.showMuted(true, true); // by the wish of before
  assert.deepEqual(asked, [false], 'the next call is heard');
  button.showMuted(false, true);
  assert.deepEqual(asked, [false]);
});

test('what need not be held any more, and then must, is muted', () => {
  const { button, asked } = setUp();
  button.showState('live');
  button.showMuted(true, false);
  button.usePushToTalk(true);
  button.usePushToTalk(false);
  button.usePushToTalk(true);
  button.showMuted(true, true);
  assert.deepEqual(asked, [true, true]);
});
