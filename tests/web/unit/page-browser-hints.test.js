// How a refused microphone is allowed again, by what the browser says of itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { asksAtTopLeft, unblockHint } from '../../../static/voice-agent/ui/browser-hints.js';

const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const BLINK = 'AppleWebKit/537.36 (KHTML, like Gecko)';

/** @type {[name: string, hint: string, refusal: import('../../../static/voice-agent/ui/browser-hints.js').Refusal][]} */
const BROWSERS = [
  [
    'Chrome on Windows',
    'chromium',
    {
      userAgent: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${BLINK} Chrome/140.0.0.0 Safari/537.36`,
    },
  ],
  [
    'Edge on a Mac',
    'chromium',
    {
      userAgent: `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${BLINK} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`,
    },
  ],
  [
    'Chrome on a touch screen with Windows',
    'chromium',
    {
      userAgent: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${BLINK} Chrome/140.0.0.0 Safari/537.36`,
      maxTouchPoints: 10,
    },
  ],
  [
    'Firefox on Linux',
    'firefox',
    { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0' },
  ],
  [
    'Safari on a Mac',
    'safari',
    {
      userAgent: `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/26.0 Safari/605.1.15`,
      maxTouchPoints: 0,
    },
  ],
  [
    'Safari on an iPad, which says that it is a Mac',
    'iosSafari',
    {
      userAgent: `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/26.0 Safari/605.1.15`,
      maxTouchPoints: 5,
    },
  ],
  [
    'Safari on an iPhone',
    'iosSafari',
    {
      userAgent: `Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${WEBKIT} Version/26.0 Mobile/15E148 Safari/604.1`,
    },
  ],
  [
    'Chrome on an iPhone',
    'iosOther',
    {
      userAgent: `Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${WEBKIT} CriOS/140.0.0.0 Mobile/15E148 Safari/604.1`,
    },
  ],
  [
    'Chrome on Android',
    'android',
    {
      userAgent: `Mozilla/5.0 (Linux; Android 10; K) ${BLINK} Chrome/140.0.0.0 Mobile Safari/537.36`,
    },
  ],
  [
    'Chrome on Android that shows the desktop page',
    'android',
    {
      userAgent: `Mozilla/5.0 (X11; Linux x86_64) ${BLINK} Chrome/140.0.0.0 Safari/537.36`,
      platform: 'Android',
    },
  ],
  [
    'Firefox on Android',
    'firefoxAndroid',
    { userAgent: 'Mozilla/5.0 (Android 15; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0' },
  ],
  ['a browser of its own', 'other', { userAgent: 'Ladybird/1.0' }],
];

for (const [name, hint, refusal] of BROWSERS) {
  test(`${name}: ${hint}`, () => {
    assert.equal(unblockHint(refusal), hint);
  });
}

test('a button of the browser counts before words on where to look for it', () => {
  for (const [name, hint, refusal] of BROWSERS) {
    const now = unblockHint({ ...refusal, hasButton: true });
    assert.equal(now, ['iosOther', 'iosSafari'].includes(hint) ? hint : 'button', name);
  }
  const closed = { userAgent: '', said: 'Permission dismissed', hasButton: true };
  assert.equal(unblockHint(closed), 'dismissed');
});

test('what the system or the visitor did counts before what browser it is', () => {
  const [, , chrome] = BROWSERS[0];

  const bySystem = { ...chrome, said: 'NotAllowedError: Permission denied by system' };
  const closed = { ...chrome, said: 'NotAllowedError: Permission dismissed' };
  const refused = { ...chrome, said: 'NotAllowedError: Permission denied' };

  assert.deepEqual([bySystem, closed, refused].map(unblockHint), [
    'system',
    'dismissed',
    'chromium',
  ]);
});

test('only browsers that ask at the top left are pointed to there', () => {
  const pointed = BROWSERS.filter(([, , browser]) => asksAtTopLeft(browser)).map(
    ([, hint]) => hint,
  );

  assert.deepEqual([...new Set(pointed)], ['chromium', 'firefox']);
});
