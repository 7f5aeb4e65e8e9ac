// What keeps a call from starting at all, known before anybody is asked anything.

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { isPolicyLikely } from '../../../static/voice-agent/main-thread/audio/microphone.js';
import { VoiceAgentError } from '../../../static/voice-agent/errors.js';
import {
  missingNetwork,
  missingSupport,
  withoutNetwork,
} from '../../../static/voice-agent/main-thread/browser-support.js';

const TOKEN_URL = 'https://gate.example/api/voice-token';

/** @type {PropertyDescriptorMap} */
let before = {};
afterEach(() => {
  for (const [name, descriptor] of Object.entries(before)) {
    if (descriptor) Object.defineProperty(globalThis, name, descriptor);
    else Reflect.deleteProperty(globalThis, name);
  }
  before = {};
});

/** Be a page to which the browser gives these. @param {Record<string, unknown>} globals */
function bePage(globals) {
  for (const [name, value] of Object.entries(globals)) {
    before[name] = /** @type {any} */ (Object.getOwnPropertyDescriptor(globalThis, name));
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}

/** One where all is well. @param {Record<string, unknown>} [other] */
function beGoodPage(other = {}) {
  bePage({
    isSecureContext: true,
    navigator: { onLine: true, mediaDevices: { getUserMedia() {} } },
    AudioWorkletNode: class {},
    WebSocket: class {},
    document: { baseURI: 'https://gate.example/' },
    ...other,
  });
}

const policy = (/** @type {boolean} */ isAllowed) => ({
  allowsFeature: (/** @type {string} */ name) => name === 'microphone' && isAllowed,
});

test('a page where all is well lacks nothing', () => {
  beGoodPage();
  assert.equal(missingSupport(), null);
  assert.equal(missingNetwork(TOKEN_URL), null);
});

for (const name of ['permissionsPolicy', 'featurePolicy']) {
  test(`a page that is kept from the microphone is known by its ${name}`, () => {
    beGoodPage({ document: { [name]: policy(false) } });
    assert.equal(missingSupport()?.code, 'microphone-blocked-by-policy');
  });

  test(`and one that is not, too (${name})`, () => {
    beGoodPage({
      document: { [name]: policy(true) },
      top: { location: { origin: 'https://else' } },
    });
    assert.equal(missingSupport(), null);
    assert.equal(isPolicyLikely(performance.now()), false);
  });
}

test('where the browser tells no policy, a refusal at once in a foreign frame is one of the page around it', () => {
  const location = { origin: 'https://gate.example' };
  const forbidden = Object.defineProperty({}, 'location', {
    get: () => {
      throw new Error('another origin');
    },
  });

  beGoodPage({ location, top: forbidden });
  assert.equal(isPolicyLikely(performance.now()), true);
  assert.equal(isPolicyLikely(performance.now() - 2_000), false, 'somebody has answered');
  globalThis.top = /** @type {any} */ ({ location });
  assert.equal(isPolicyLikely(performance.now()), false, 'a page of its own');
});

test('without a network a call to another machine is not begun, one to this machine is', () => {
  beGoodPage({ navigator: { onLine: false } });

  assert.equal(missingNetwork(TOKEN_URL)?.code, 'offline');
  for (const host of ['localhost:8000', '127.0.0.1:8000', '[::1]:8000'])
    assert.equal(missingNetwork(`http://${host}/api/voice-token`), null, host);
});

test('what a missing network explains is called by its name; what a service said is not', () => {
  beGoodPage({ navigator: { onLine: false } });
  const silence = new VoiceAgentError('token-unavailable');
  const answer = new VoiceAgentError('token-unavailable', { problem: { code: 'draining' } });

  assert.equal(withoutNetwork(silence).code, 'offline');
  assert.equal(withoutNetwork(answer), answer);
  beGoodPage();
  assert.equal(withoutNetwork(silence), silence);
});
