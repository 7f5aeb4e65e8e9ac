// What people are told when something goes wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { explain, warn } from '../../../static/page/explain.js';
import { errors, problems, warnings } from '../../../static/page/messages.js';
import { ERROR_CODES } from '../../../static/voice-agent/errors.js';

/** @param {Partial<import('../../../static/page/types.js').CallError>} error */
function anError(error) {
  return {
    code: 'token-limited',
    retryable: true,
    message: 'A sentence of the client.',
    retryAfterSeconds: null,
    problem: null,
    ...error,
  };
}

for (const code of ERROR_CODES) {
  test(`${code} has words of its own: a headline and what to do`, () => {
    const { title, text } = explain(anError({ code }));

    assert.notEqual(title, '');
    assert.notEqual(text, 'A sentence of the client.');
    assert.match(text, /[.]$/);
  });
}

test('an unknown code is explained by the message that came with it', () => {
  const { text, mayRetry } = explain(anError({ code: 'from-the-future' }));

  assert.equal(text, 'A sentence of the client.');
  assert.equal(mayRetry, true);
});

test('a problem that the service named replaces the general words and brings its reference', () => {
  const problem = { code: 'quota_exhausted', request_id: 'r-1' };
  const explanation = explain(anError({ problem }));

  assert.equal(explanation.title, problems.quota_exhausted.title);
  assert.equal(explanation.reference, 'r-1');
});

test('a problem that nobody has described keeps the general words', () => {
  const explanation = explain(anError({ problem: { code: 'brand_new', request_id: 7 } }));

  assert.equal(explanation.title, errors['token-limited'].title);
  assert.equal(explanation.reference, null);
});

test('a wait is told in words and given in whole seconds, rounded up', () => {
  const explanation = explain(anError({ retryAfterSeconds: 61.2 }));

  assert.equal(explanation.waitSeconds, 62);
  assert.match(explanation.text, /1 minute 2 seconds\.$/);
});

test('a wait that is over already is none', () => {
  assert.equal(explain(anError({ retryAfterSeconds: -3 })).waitSeconds, 0);
});

test('what this browser or address can never do is not offered again, but the way out is', () => {
  const insecure = explain(anError({ code: 'insecure-context' }));
  const unsupported = explain(anError({ code: 'unsupported-browser' }));

  assert.deepEqual([insecure.mayRetry, insecure.action], [false, 'secure']);
  assert.deepEqual([unsupported.mayRetry, unsupported.action], [false, 'copy']);
});

test('codes that are names of object methods are not mistaken for texts', () => {
  const explanation = explain(anError({ code: 'toString', problem: { code: 'constructor' } }));

  assert.equal(explanation.text, 'A sentence of the client.');
});

for (const cause of /** @type {(keyof typeof warnings)[]} */ (Object.keys(warnings))) {
  test(`the warning ${cause} says what is the matter, with its values in place`, () => {
    const { title, text, mayRetry } = warn(cause, { duration: '1 minute' });

    assert.notEqual(title, '');
    assert.match(text, /^[A-Z][^{}]+[.]$/);
    assert.equal(mayRetry, true);
  });
}
