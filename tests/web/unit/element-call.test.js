// The calls of one element, on the client itself: what the element asks of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BROWSER, settle, started, worker } from './page-fakes.js';

/** @typedef {import('../../../static/voice-agent/ui/element/element-call.js').Wishes} Wishes */

const GATE = new URL('https://gate.example/');
const AGENTS = {
  default: 'one',
  agents: ['one', 'two'].map((name) => ({ name, title: `Agent ${name}`, session: {}, editable: [] })),
};

/**
 * @param {import('node:test').TestContext} context
 * @param {Partial<Wishes>} [own] may be changed afterwards
 */
async function makeCall(context, own = {}) {
  const { Call } = await import('../../../static/voice-agent/ui/element/element-call.js');
  const call = new Call(() => ({
    ...{ gate: GATE, agent: null, agents: AGENTS, session: {}, tools: {}, accessToken: undefined },
    ...own,
  }));
  context.after(() => call.close());
  return call;
}

/** A call that is live. @param {Awaited<ReturnType<typeof makeCall>>} call @param {object} [how] */
async function talk(call, how) {
  const start = call.start(how);
  await settle();
  worker.become('live');
  await start;
}

test('a call that is typed stays silent where it is muted while the browser asks for the microphone', async (context) => {
  /** @type {(error: Error) => void} */
  let refuse = () => {};
  const asked = new Promise((_resolve, reject) => (refuse = reject));
  const { mediaDevices } = BROWSER.navigator;
  const getUserMedia = () => asked;
  Object.assign(globalThis, { navigator: { mediaDevices: { ...mediaDevices, getUserMedia } } });
  const call = await makeCall(context);
  await talk(call, { microphone: false });
  const opened = call.setMuted(false);
  await call.setMuted(true); // what was held to talk slipped away
  refuse(new DOMException('no', 'NotAllowedError'));
  await assert.rejects(opened);
  const stopped = call.stop();
  worker.become('ended');
  await stopped;
  assert.equal(call.muted, true, 'the next call');
});

test('what was muted before a call is muted in it', async (context) => {
  const call = await makeCall(context);
  await call.setMuted(true);
  await talk(call);
  assert.equal(started().length, 1);
  assert.equal(call.muted, true);
});
