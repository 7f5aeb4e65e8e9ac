// Which trouble is told when there are several, and how a lost connection is counted down.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { recoveryPhase, RetryWait } from '../../../static/voice-agent/ui/trouble.js';
import { BY_SEVERITY, WarningList } from '../../../static/voice-agent/ui/warning-list.js';
import { texts } from './page-texts.js';

test('each warning that there are words for has its place by severity, and no other', () => {
  assert.deepEqual([...BY_SEVERITY].sort(), Object.keys(texts.warnings).sort());
});

test('of several the most severe is told, in whatever order they came', () => {
  const list = new WarningList();
  for (const cause of [...BY_SEVERITY].reverse()) list.set(cause, true);

  /** @type {(string | null)[]} */
  const told = [];
  for (const cause of BY_SEVERITY) {
    told.push(list.worst);
    list.set(cause, false);
  }

  assert.deepEqual(told, BY_SEVERITY);
  assert.equal(list.worst, null);
});

test('a dismissed warning hides neither the next nor one that comes later', () => {
  const list = new WarningList();
  list.set('microphone-silent', true);
  list.set('limit-near', true);

  list.dismiss('limit-near');
  assert.equal(list.worst, 'microphone-silent');
  list.set('sound-blocked', true);
  assert.equal(list.worst, 'sound-blocked');
});

test('what was dismissed is told again when it comes again, not while it goes on', () => {
  const list = new WarningList();
  list.set('microphone-silent', true);
  list.dismiss('microphone-silent');

  list.set('microphone-silent', true);
  assert.equal(list.worst, null);
  list.set('microphone-silent', false);
  list.set('microphone-silent', true);
  assert.equal(list.worst, 'microphone-silent');
});

test('a new call begins without the warnings of the last', () => {
  const list = new WarningList();
  list.set('limit-near', true);
  list.clear();

  assert.equal(list.worst, null);
});

for (const [goneSeconds, isOnline, phase] of /** @type {const} */ ([
  [0, true, 'reconnecting'],
  [15, false, 'reconnecting-offline'],
  [30, true, 'reconnecting-late'],
  [75, false, 'reconnecting-late'],
])) {
  test(`${goneSeconds} s after a loss ${isOnline ? 'with' : 'without'} a network: ${phase}`, () => {
    assert.equal(recoveryPhase(goneSeconds, isOnline), phase);
  });
}

for (const [nowMs, expected] of /** @type {const} */ ([
  [1_000, { secondsLeft: 8, share: 1 }],
  [5_000, { secondsLeft: 4, share: 0.5 }],
  [9_000, { secondsLeft: 0, share: 0 }],
  [9_500, { secondsLeft: 0, share: 0 }],
])) {
  test(`${nowMs} ms into a wait: ${expected.secondsLeft} s to the next try`, () => {
    const wait = new RetryWait();
    wait.set(8, 1_000);
    assert.deepEqual(wait.at(nowMs), expected);
  });
}

for (const secondsLeft of [null, 0.5])
  test(`while a try is being made, or comes within a moment (${secondsLeft}), nothing is counted down`, () => {
    const wait = new RetryWait();
    wait.set(8, 1_000);
    wait.set(secondsLeft, 2_000);
    assert.deepEqual(wait.at(2_100), { secondsLeft: 0, share: 0 });
  });
