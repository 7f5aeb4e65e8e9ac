// What a page has that makes an agent: a Worker whose inside is the test, and an audio system that never opens.

import { afterEach, beforeEach } from 'node:test';

/** @type {FakeWorker} */
export let worker;
class FakeWorker {
  /** @type {any[]} */
  received = [];
  constructor() {
    worker = this;
    queueMicrotask(() => this.say({ type: 'hello' }));
  }
  /** @param {any} message */
  postMessage(message) {
    this.received.push(structuredClone(message));
  }
  /** @param {any} data */
  say(data) {
    /** @type {any} */ (this).onmessage?.({ data });
  }
  /** @param {string} state */
  become(state) {
    this.say({ type: 'state', state, recovery: null, reason: null, error: null });
  }
  terminate() {}
}

const never = () => new Promise(() => {});
const listeners = { addEventListener() {}, removeEventListener() {} };
export const BROWSER = {
  isSecureContext: true,
  window: listeners,
  location: { origin: 'https://shop.example' },
  document: { baseURI: 'https://shop.example/', visibilityState: 'visible', ...listeners },
  navigator: { mediaDevices: { getUserMedia: never, enumerateDevices: never, ...listeners } },
  Worker: FakeWorker,
  WebSocket: class {},
  AudioWorkletNode: class {},
  AudioContext: class {
    audioWorklet = { addModule: never };
    suspend = async () => {};
    resume = async () => {};
    close = async () => {};
  },
};

/** @type {Map<string, PropertyDescriptor | undefined>} */
const before = new Map();
beforeEach(() => {
  for (const [name, value] of Object.entries(BROWSER)) {
    before.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
});
afterEach(() => {
  for (const [name, descriptor] of before) {
    if (descriptor) Object.defineProperty(globalThis, name, descriptor);
    else Reflect.deleteProperty(globalThis, name);
  }
});

/** @param {import('../../../static/voice-agent/index.js').VoiceAgentOptions} [options] */
export async function makeAgent(options) {
  const { createVoiceAgent } = await import('../../../static/voice-agent/index.js');
  const agent = createVoiceAgent(options);
  made.push(agent);
  return agent;
}

/** Whoever is left in a call keeps the process alive until they are asked whether they are there. */
const made = /** @type {import('../../../static/voice-agent/index.js').Agent[]} */ ([]);
afterEach(() => {
  for (const agent of made.splice(0)) void agent.dispose();
});

export const settle = () => new Promise((resolve) => setImmediate(resolve));
export const started = () => worker.received.filter(({ type }) => type === 'start');

/** As if no browser were there. */
export function leaveBrowser() {
  for (const name of Object.keys(BROWSER)) Reflect.deleteProperty(globalThis, name);
}
