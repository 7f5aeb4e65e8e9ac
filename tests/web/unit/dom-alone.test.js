// A DOM without a browser around it, in which front ends run their unit tests (jsdom): no layout, no media queries, no style
// sheets of shadow roots, no Worker, and nobody says whether the page is secure. The real ones: ../apps/unit-tests.sh.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { missingSupport } from '../../../static/voice-agent/main-thread/browser-support.js';
import { SessionHost } from '../../../static/voice-agent/main-thread/session-host.js';
import { showStyled, useStyles } from '../../../static/voice-agent/ui/element/element-styles.js';
import { createFollower } from '../../../static/voice-agent/ui/follow.js';
import { createVisualiser } from '../../../static/voice-agent/ui/visualiser.js';

Object.assign(globalThis, {
  document: {},
  MutationObserver: class {
    observe() {}
  },
});
Reflect.deleteProperty(URL, 'createObjectURL');

test('a client has no thread before a call', () => {
  assert.equal(new SessionHost(() => {}).thread, 'starting');
});

test('the orb moves by levels as ever, and draws nothing', () => {
  const style = new Map();
  const orb = {
    style: { getPropertyValue: style.get.bind(style), setProperty: style.set.bind(style) },
  };
  const ring = { getContext: () => assert.fail('jsdom complains of it in the console') };
  const { show, clear } = createVisualiser(/** @type {any} */ ({ orb, ring }), {
    themed: /** @type {any} */ ({}),
  });
  show({ microphone: 0.5, agent: 0.25 });

  assert.deepEqual([...style.values()], ['0.50', '0.25']);
  clear();
  assert.deepEqual([...style.values()], ['0.00', '0.00']);
});

test('a log that grows is followed', () => {
  const log = new EventTarget();
  const follow = createFollower(/** @type {any} */ (log), /** @type {any} */ (new EventTarget()));
  globalThis.requestAnimationFrame = () => 0;
  let changes = 0;
  follow(() => (changes += 1));

  assert.equal(changes, 1);
});

test('the element is shown without its styles', () => {
  useStyles('p { color: red }');
  /** @type {unknown[]} */
  let shown = [];
  const shadow = {
    querySelector: () => null,
    replaceChildren: (/** @type {unknown[]} */ ...nodes) => (shown = nodes),
  };
  const content = /** @type {any} */ ({ hidden: false });
  showStyled(/** @type {any} */ (shadow), content);

  assert.deepEqual(shown, [content]);
  assert.equal(content.hidden, false);
});

test('what a call is told to lack is a browser, not https', () => {
  assert.equal(missingSupport()?.code, 'unsupported-browser');
});
