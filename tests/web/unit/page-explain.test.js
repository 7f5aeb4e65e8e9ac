// What people are told when something goes wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readFileSync } from 'node:fs';

import { explain, explainWait, warn } from '../../../static/voice-agent/ui/explain.js';
import { ERROR_CODES } from '../../../static/voice-agent/errors.js';
import { texts } from './page-texts.js';

const { errors, warnings } = texts;
/** @type {{[code: string]: {title: string, text: string}}} */
const problems = texts.problems;

/** @param {Partial<import('../../../static/page/page-types.js').CallError>} error */
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
    const { title, text } = explain(anError({ code }), texts);

    assert.notEqual(title, '');
    assert.notEqual(text, 'A sentence of the client.');
    assert.match(text, /[.]$/);
  });
}

test('an agent that the gate does not have is no fault of the person’s settings', () => {
  const missing = explain(anError({ code: 'agent-refused', param: 'agent' }), texts);
  const refused = explain(anError({ code: 'agent-refused', param: 'voice' }), texts);

  assert.deepEqual([missing.title, missing.action], [errors['agent-unknown'].title, null]);
  assert.deepEqual([refused.title, refused.action], [errors['agent-refused'].title, 'settings']);
});

test('an unknown code is explained by the message that came with it', () => {
  const { text, mayRetry } = explain(anError({ code: 'from-the-future' }), texts);

  assert.equal(text, 'A sentence of the client.');
  assert.equal(mayRetry, true);
});

test('a problem that the service named replaces the general words and brings its reference', () => {
  const problem = { code: 'quota_exhausted', request_id: 'r-1' };
  const explanation = explain(anError({ problem }), texts);

  assert.equal(explanation.title, problems.quota_exhausted.title);
  assert.equal(explanation.reference, 'r-1');
});

test('a problem that nobody has described keeps the general words', () => {
  const explanation = explain(anError({ problem: { code: 'brand_new', request_id: 7 } }), texts);

  assert.equal(explanation.title, errors['token-limited'].title);
  assert.equal(explanation.reference, null);
});

test('a wait is given in whole seconds, rounded up, and told in words', () => {
  const explanation = explain(anError({ retryAfterSeconds: 61.2 }), texts);

  assert.equal(explanation.waitSeconds, 62);
  assert.equal(explainWait(62, texts), 'You can try again in 1 minute 2 seconds.');
});

/** Not from the token route: of paths and verbs that the page does not use, or a mistake of the page itself. */
const NOT_FOR_PEOPLE = ['invalid_request', 'not_found', 'method_not_allowed'];

test('each problem of the service has words of its own', () => {
  const source = readFileSync(new URL('../../../app/errors.py', import.meta.url), 'utf8');
  const codes = [...source.matchAll(/^ {4}code = "(\w+)"$/gm)].map(([, code]) => code);
  assert.ok(codes.includes('quota_exhausted'));

  for (const code of new Set(codes)) {
    if (NOT_FOR_PEOPLE.includes(code)) continue;
    assert.ok(Object.hasOwn(problems, code), `${code} has none`);
    assert.match(problems[code].text, /^[A-Z][^{}]+[.]$/);
  }
});

test('a missing credential is an access code where that is the way in, and a sign-in elsewhere', () => {
  const error = anError({ code: 'token-refused', problem: { code: 'unauthenticated' } });

  assert.equal(explain(error, texts, 'code').title, problems.access_code.title);
  for (const access of ['jwt', 'open', null])
    assert.equal(explain(error, texts, access).title, problems.unauthenticated.title);
});

test('a wait that is over already is none', () => {
  assert.equal(explain(anError({ retryAfterSeconds: -3 }), texts).waitSeconds, 0);
});

test('what this browser or address can never do is not offered again, but the way out is', () => {
  const insecure = explain(anError({ code: 'insecure-context' }), texts);
  const unsupported = explain(anError({ code: 'unsupported-browser' }), texts);

  assert.deepEqual([insecure.mayRetry, insecure.action], [false, 'secure']);
  assert.deepEqual([unsupported.mayRetry, unsupported.action], [false, 'copy']);
});

test('a blocked microphone is told with the way out in this browser', () => {
  const { unblock } = texts;
  const denied = anError({ code: 'microphone-denied' });

  const inFirefox = explain(denied, texts, null, { hint: 'firefox' }).text;
  const closed = explain(denied, texts, null, { hint: 'dismissed' }).text;

  assert.ok(inFirefox.startsWith(errors['microphone-denied'].text));
  assert.ok(inFirefox.endsWith(unblock.firefox));
  assert.equal(closed, unblock.dismissed);
});

test('a browser with a button for it allows a blocked microphone by that', () => {
  const denied = anError({ code: 'microphone-denied' });

  assert.equal(explain(denied, texts, null, { hint: 'button' }).action, 'allow');
  assert.equal(explain(denied, texts, null, { hint: 'chromium' }).action, null);
});

test('a page that is kept from the microphone by the one around it can be opened alone', () => {
  const error = anError({ code: 'microphone-blocked-by-policy' });
  const framed = explain(error, texts, null, { isFramed: true });
  const alone = explain(error, texts);

  assert.deepEqual([framed.action, framed.mayRetry], ['ownTab', false]);
  assert.deepEqual([alone.action, alone.mayRetry], [null, true]);
});

test('codes that are names of object methods are not mistaken for texts', () => {
  const explanation = explain(
    anError({ code: 'toString', problem: { code: 'constructor' } }),
    texts,
  );

  assert.equal(explanation.text, 'A sentence of the client.');
});

for (const cause of /** @type {(keyof typeof warnings)[]} */ (Object.keys(warnings))) {
  test(`the warning ${cause} says what is the matter, with its values in place`, () => {
    const { title, text, mayRetry } = warn(cause, texts, {
      kept: '20 seconds',
      unblock: 'Allow it.',
    });

    assert.notEqual(title, '');
    assert.match(text, /^[A-Z][^{}]+[.]$/);
    assert.equal(mayRetry, true);
  });
}
