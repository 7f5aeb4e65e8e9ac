// One table of causes: what kept a call from starting, and what is then done and told. What is told must be true of
// every way to get there, and the action must help.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMicrophone } from '../../../static/voice-agent/main-thread/audio/microphone.js';
import { explain } from '../../../static/voice-agent/ui/explain.js';
import { Bench, refusal } from './fakes.js';
import { texts } from './page-texts.js';

/** Words that send people to their network. */
const NETWORK = /network|firewall|VPN|internet/i;

/** @param {any} error @param {object} [browser] */
const told = (error, browser) => explain(error.toJSON?.() ?? error, texts, null, browser);

const say = (/** @type {string} */ code) => (/** @type {Bench} */ bench) => {
  bench.socket.open();
  bench.socket.say({ type: 'session.error', code, message: 'no' });
};
const close = (/** @type {number} */ code) => (/** @type {Bench} */ bench) => {
  bench.socket.open();
  bench.socket.drop(code);
};

/** @type {[string, (bench: Bench) => unknown, string, number, boolean][]} cause, code, sockets, about the network */
const AT_THE_START = [
  ['the socket never opens', (bench) => bench.socket.drop(1006), 'connection-failed', 2, true],
  ['a slow upgrade', (bench) => bench.pass(5_000), 'connection-failed', 2, true],
  ['the socket breaks before the session', close(1006), 'connection-failed', 2, true],
  ['internal_error before ready', say('internal_error'), 'agent-failed', 2, false],
  ['server_error before ready', say('server_error'), 'agent-failed', 2, false],
  ['agent_timeout', say('agent_timeout'), 'agent-failed', 2, false],
  ['agent_init_failed', say('agent_init_failed'), 'agent-failed', 2, false],
  ['close 1011', close(1011), 'agent-failed', 2, false],
  ['close 1012, a restart', close(1012), 'agent-failed', 2, false],
  ['close 1000 without a word', close(1000), 'agent-failed', 2, false],
  [
    'it does not get ready',
    (bench) => (bench.socket.open(), bench.pass(12_000)),
    'agent-failed',
    2,
    false,
  ],
  ['close 1013, no room', close(1013), 'at-capacity', 1, false],
  ['at_capacity', say('at_capacity'), 'at-capacity', 1, false],
  ['close 1009, a message too long', close(1009), 'agent-refused', 1, false],
  ['close 1008', close(1008), 'unauthorized', 2, false],
  ['invalid_value', say('invalid_value'), 'agent-refused', 1, false],
];

for (const [cause, play, code, sockets, isNetwork] of AT_THE_START) {
  test(`${cause}: ${code}, tried ${sockets === 1 ? 'once' : 'twice'}`, async () => {
    const bench = new Bench();
    await bench.start();
    for (let socket = 0; socket < sockets; socket += 1) {
      assert.equal(bench.state.state, 'connecting');
      await play(bench);
      await bench.settle();
      if (bench.state.state === 'connecting') await bench.pass(2_000);
    }
    assert.deepEqual([bench.state.error?.code, bench.sockets.length], [code, sockets]);
    const { text, mayRetry } = told(bench.state.error);
    assert.equal(NETWORK.test(text), isNetwork, text);
    assert.doesNotMatch(text, /firewall|VPN/i);
    assert.equal(mayRetry, true);
  });
}

/** @type {[string, () => Response, number, boolean][]} answer of the token route, requests, about the network */
const TOKENS = [
  ['503 of the service', refusal(503, { code: 'upstream_unavailable' }), 2, false],
  ['503 of a proxy, without a word', () => new Response('<h1>503</h1>', { status: 503 }), 2, false],
  ['503 that asks for a minute', refusal(503, { code: 'x' }, { 'Retry-After': '60' }), 1, false],
  ['no answer at all', () => assert.fail(new TypeError('fetch failed')), 1, true],
];

for (const [cause, answer, requests, isNetwork] of TOKENS) {
  test(`a token route with ${cause} is asked ${requests === 1 ? 'once' : 'twice'}`, async () => {
    const bench = new Bench();
    bench.tokenAnswers.push(answer, answer);
    await bench.start();
    await bench.pass(2_000);
    assert.equal(bench.state.error?.code, 'token-unavailable');
    assert.equal(bench.tokenUrls.length, requests);
    const { text } = told(bench.state.error);
    assert.equal(NETWORK.test(text), isNetwork, text);
  });
}

test('a fault that has passed a moment later is not told', async () => {
  const bench = new Bench();
  bench.tokenAnswers.push(refusal(503, { code: 'upstream_unavailable' }));
  await bench.start();
  await bench.pass(1_000);
  bench.socket.becomeReady();
  assert.deepEqual(bench.states, ['connecting', 'live']);
});

/** @type {[string, string, PermissionState | null, number, string][]} error, its text, permission, ms, code */
const REFUSALS = [
  ['the visitor says no', 'Permission denied', 'denied', 2_000, 'microphone-denied'],
  ['the visitor said no for ever', 'Permission denied', 'denied', 3, 'microphone-denied'],
  ['the question is closed', 'Permission dismissed', 'prompt', 2_000, 'microphone-denied'],
  ['an app refuses', 'Permission denied', 'prompt', 3, 'microphone-not-offered'],
  ['an app that cannot say refuses', 'not allowed', null, 3, 'microphone-not-offered'],
  ['the system refuses', 'Permission denied by system', 'granted', 3, 'microphone-denied'],
];

for (const [cause, message, state, tookMs, code] of REFUSALS) {
  test(`${cause} (${message}, ${state}, ${tookMs} ms): ${code}`, async (t) => {
    let nowMs = 0;
    t.mock.method(performance, 'now', () => nowMs);
    const navigator = {
      permissions: state && { query: async () => ({ state }) },
      mediaDevices: {
        getUserMedia: async () => {
          nowMs += tookMs;
          throw new DOMException(message, 'NotAllowedError');
        },
      },
    };
    const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
    Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
    t.after(() => before && Object.defineProperty(globalThis, 'navigator', before));
    await assert.rejects(openMicrophone(), { code });
  });
}

test('a sandboxed frame is told to be opened alone, not to change what the service allows', () => {
  const { text, action, mayRetry } = told({ code: 'sandboxed-frame' }, { isFramed: true });
  assert.deepEqual([action, mayRetry], ['ownTab', false]);
  assert.match(text, /sandbox/);
});
