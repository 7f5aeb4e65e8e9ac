// The calls of one element, on the client itself: what the element asks of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BROWSER, settle, started, worker } from './page-fakes.js';

/** @typedef {import('../../../static/voice-agent/ui/element/element-call.js').CallSettings} CallSettings */

const GATE = new URL('https://gate.example/');
const AGENTS = {
  default: 'one',
  agents: ['one', 'two'].map((name) => ({
    name,
    title: `Agent ${name}`,
    session: {},
    editable: [],
  })),
};

/**
 * @param {import('node:test').TestContext} context
 * @param {Partial<CallSettings>} [own] may be changed afterwards
 */
async function makeCall(context, own = {}) {
  const { Call } = await import('../../../static/voice-agent/ui/element/element-call.js');
  const call = new Call(() => ({
    ...{ gate: GATE, agent: null, agents: AGENTS, session: {}, tools: {} },
    ...{ accessToken: undefined, ...own },
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

/** A gate whose answers come when the test says so, in the order of the questions. @param {import('node:test').TestContext} context */
function slowGate(context) {
  /** @type {PromiseWithResolvers<Response>[]} */
  const answers = [];
  context.mock.method(globalThis, 'fetch', () => {
    answers.push(Promise.withResolvers());
    return answers.at(-1)?.promise;
  });
  return answers;
}

/** Two agents looked up in turn, and the later one found already. @param {import('node:test').TestContext} context */
async function lookUpTwo(context) {
  const own = { agent: 'one', agents: null };
  const call = await makeCall(context, own);
  const answers = slowGate(context);
  const one = call.lookUp();
  own.agent = 'two';
  const two = call.lookUp();
  answers[1].resolve(Response.json(AGENTS));
  await two;
  return { call, answers, one };
}

test('of two look-ups the later one counts, in whatever order they are answered', async (context) => {
  const { call, answers, one } = await lookUpTwo(context);
  answers[0].resolve(Response.json(AGENTS));
  assert.equal((await one).name, 'one');
  assert.equal(call.title, 'Agent two');
});

test('a look-up that fails late does not take away what a later one found', async (context) => {
  const { call, answers, one } = await lookUpTwo(context);
  answers[0].resolve(Response.json({ code: 'overloaded' }, { status: 503 }));
  await assert.rejects(one, { code: 'token-unavailable' });
  void call.lookUp();
  await settle();
  assert.deepEqual([answers.length, call.title], [2, 'Agent two']);
});

test('agents that the page tells later are used', async (context) => {
  /** @type {Partial<CallSettings>} */
  const own = { agents: null };
  const call = await makeCall(context, own);
  const answers = slowGate(context);
  const asked = call.lookUp();
  own.agents = AGENTS;
  void call.lookUp();
  await settle();
  assert.equal(call.title, 'Agent one');
  answers[0].resolve(Response.json({ default: 'old', agents: [{ name: 'old', title: 'Old' }] }));
  await asked;
  assert.equal(call.title, 'Agent one');
});

test('another agent, chosen in a call, is looked up at its end, and the call was with the one before', async (context) => {
  const own = { agent: 'one', agents: { ...AGENTS, price_per_hour_usd: 4 } };
  const call = await makeCall(context, own);
  await talk(call);
  Object.assign(own, { agent: 'two', agents: AGENTS });
  worker.become('ended');
  await settle();
  assert.equal(call.title, 'Agent two');
  assert.equal(call.afterwards(60).pricePerHourUsd, 4);
});

const TOOL = { description: 'Looks something up.', run: () => 'found' };

test('tools and access token written anew each time, as React renders, leave the client as it is', async (context) => {
  /** @type {Partial<CallSettings>} */
  const own = { tools: { look_up: TOOL }, accessToken: () => 'first' };
  const call = await makeCall(context, own);
  const { agent } = call;
  await talk(call);
  worker.become('ended');
  Object.assign(own, { tools: { book: TOOL }, accessToken: async () => 'second' });
  assert.equal(call.agent, agent);
  await talk(call);
  const names = started().map(({ session }) =>
    session.tools.map((/** @type {any} */ it) => it.name),
  );
  assert.deepEqual(names, [['look_up'], ['book']]);
  worker.say({ type: 'access-token-wanted', id: 1 });
  await settle();
  const { token } = worker.received.find(({ type }) => type === 'access-token');
  assert.equal(token, 'second');
});

test('tools that are set in a call are of the next one', async (context) => {
  const own = { tools: /** @type {CallSettings['tools']} */ ({ look_up: TOOL }) };
  const call = await makeCall(context, own);
  await talk(call);
  own.tools = {};
  void call.start();
  worker.say({ type: 'tool-call', callId: 'a', name: 'look_up', args: {} });
  await settle();
  assert.equal(worker.received.find(({ type }) => type === 'tool-result').value, 'found');
});

test('what is not what it must be is refused, and the next that is right is taken', async (context) => {
  const own = { tools: /** @type {any} */ ({ look_up: {} }) };
  const call = await makeCall(context, own);
  assert.throws(() => call.setVolume(/** @type {any} */ ('0.5')), TypeError);
  await assert.rejects(call.start(), TypeError);
  call.prepare({});
  assert.equal(call.state, 'idle');
  own.tools = {};
  await talk(call);
});
