// What the token route may say, at the start of a call and when a lost call is to be picked up again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fetchForPage } from './harness.js';
import { beginEvidence, endCleanly } from './reconnect-evidence.js';
import { setUpCalls } from './set-up.js';

/** @typedef {import('./caller.js').Caller} Caller */
/** @typedef {import('playwright-core').Route} Route */

/** Enough to tell whether it was kept. */
const SAID = { seconds: 1 };

const CALLED = ['idle', 'connecting', 'live'];

const { line, callers } = await setUpCalls({ resume: 'ok' });

/**
 * @param {number} status
 * @param {string} code of the problem
 * @param {number} [retryAfterSeconds]
 */
const answer = (status, code, retryAfterSeconds) => (/** @type {Route} */ route) =>
  route.fulfill({
    status,
    contentType: 'application/problem+json',
    headers: retryAfterSeconds ? { 'Retry-After': String(retryAfterSeconds) } : {},
    json: { status, code, title: 'No', detail: 'No.' },
  });

/** @type {[string, (route: Route) => Promise<void>, string, RegExp][]} */
const REFUSALS = [
  ['401: nobody is signed in', answer(401, 'unauthenticated'), 'token-refused', /Please sign in/],
  ['403: not from here', answer(403, 'origin_not_allowed'), 'token-refused', /may not make calls/],
  ['429: nothing is left', answer(429, 'quota_exhausted', 3600), 'token-limited', /used up/],
];

for (const [name, refuse, code, words] of REFUSALS) {
  test(`${name}: a call does not start, and the page says why`, () =>
    callers.withCaller(line.url, async (caller) => {
      const evidence = await beginEvidence(line);
      await caller.interceptTokens(refuse);
      await caller.press();
      await caller.reach('failed');
      await assertFailed(caller, code, words);
      assert.deepEqual(await caller.states(), ['idle', 'connecting', 'failed']);
      await evidence.assertTokens({ sockets: 0 });
    }));

  test(`${name}: a lost call ends at once, and the page says why`, () =>
    callers.withCaller(line.url, async (caller) => {
      const evidence = await beginEvidence(line);
      await caller.call();
      await caller.interceptTokens(refuse);
      await line.control({ drop: true });
      await caller.reach('failed');
      await assertFailed(caller, code, words);
      assert.deepEqual(await caller.states(), [...CALLED, 'reconnecting', 'failed']);
      await evidence.assertTokens({ sockets: 1 });
    }));
}

/** @type {[string, (route: Route) => Promise<void>][]} */
const WAITS = [
  ['429 with Retry-After', answer(429, 'rate_limited', 1)],
  ['503 with Retry-After', answer(503, 'overloaded', 1)],
  ['503 without', answer(503, 'draining')],
  ['no answer at all', (route) => route.abort('connectionreset')],
];

for (const [name, refuse] of WAITS) {
  test(`${name}, twice: a lost call waits, goes on, and nothing that was said is lost`, () =>
    callers.withCaller(line.url, async (caller) => {
      const evidence = await beginEvidence(line);
      await caller.call();
      let asked = 0;
      await caller.interceptTokens((route) =>
        (asked += 1) <= 2 ? refuse(route) : route.continue(),
      );
      await line.control({ drop: true });
      await caller.say(SAID.seconds);
      await caller.reach('live');

      await evidence.assertHeard(SAID);
      assert.deepEqual(await caller.states(), [...CALLED, 'reconnecting', 'live']);
      assert.equal(asked, 3);
      await evidence.assertTokens({ sockets: 2 });
      await endCleanly(line, caller);
    }));
}

test('a token that is too old when it is used, at the start: a fresh one is used', () =>
  callers.withCaller(line.url, async (caller) => {
    const evidence = await beginEvidence(line);
    await caller.interceptTokens(oldTokenFirst());
    await caller.call();
    assert.deepEqual(await caller.states(), CALLED);
    await evidence.assertTokens({ sockets: 2, refused: 1 });
    await endCleanly(line, caller);
  }));

test('the same in a recovery', () =>
  callers.withCaller(line.url, async (caller) => {
    const evidence = await beginEvidence(line);
    await caller.call();
    await caller.interceptTokens(oldTokenFirst());
    await line.control({ drop: true });
    await caller.say(SAID.seconds);
    await caller.reach('live');

    await evidence.assertHeard(SAID);
    await evidence.assertTokens({ sockets: 3, refused: 1 });
    await endCleanly(line, caller);
  }));

/** The first token that is asked for is over before it comes; the others are good. */
function oldTokenFirst() {
  let isFirst = true;
  return async (/** @type {Route} */ route) => {
    if (!isFirst) return route.continue();
    isFirst = false;
    await line.control({ faults: { token_expired: true } });
    const response = await fetchForPage(route);
    await line.control({ faults: { token_expired: null } });
    return route.fulfill({ response });
  };
}

/**
 * @param {Caller} caller
 * @param {string} code
 * @param {RegExp} words
 */
async function assertFailed(caller, code, words) {
  await caller.page.getByRole('alert').getByText(words).first().waitFor();
  assert.equal((await caller.seen()).at(-1)?.error, code);
  await caller.hasMicrophones(0);
  await line.untilStats(({ sockets_open: open }) => open === 0);
}
