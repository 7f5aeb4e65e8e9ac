// What a page calls on an agent, with a Worker whose inside is the test and an audio system that never opens.

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { BROWSER, leaveBrowser, makeAgent, settle, started, worker } from './page-fakes.js';

test('the press itself lets the audio system sound, before anything is awaited', async () => {
  let resumes = 0;
  const { AudioContext: Silent } = BROWSER;
  globalThis.AudioContext = /** @type {any} */ (
    class extends Silent {
      resume = async () => void (resumes += 1);
    }
  );
  const agent = await makeAgent();
  void agent.start();
  assert.equal(resumes, 1);
  await agent.dispose();
});

test('so does a press while the call before is still ending', async () => {
  const agent = await makeAgent();
  void agent.start();
  await settle();
  worker.become('live');
  const stopped = agent.stop();
  let resumes = 0;
  const { AudioContext: Silent } = BROWSER;
  globalThis.AudioContext = /** @type {any} */ (
    class extends Silent {
      resume = async () => void (resumes += 1);
    }
  );
  void agent.start();
  assert.equal(resumes, 1);

  worker.become('ended');
  await stopped;
  await settle();
  assert.equal(started().length, 2);
  await agent.dispose();
});

test('without any microphone nothing is asked for, however often the button is pressed', async () => {
  const { mediaDevices } = BROWSER.navigator;
  const navigator = {
    permissions: { query: async () => ({ state: 'granted' }) },
    mediaDevices: {
      ...mediaDevices,
      enumerateDevices: async () => [{ kind: 'audiooutput', deviceId: 'default' }],
      getUserMedia: async () => Promise.reject(new DOMException('none', 'NotFoundError')),
    },
  };
  Object.assign(globalThis, { navigator });
  const agent = await makeAgent();
  for (let press = 0; press < 12; press += 1) {
    agent.prepare();
    const call = agent.start();
    await settle();
    const { error } = worker.received.findLast(({ type }) => type === 'fail') ?? {};
    worker.say({ type: 'state', state: 'failed', recovery: null, reason: null, error });
    await assert.rejects(call, { code: 'microphone-not-found' });
  }
  const asked = worker.received.filter(({ type }) => type === 'proceed' || type === 'prepare');
  assert.deepEqual(asked, []);
});

test('a call without a microphone asks nobody for one, connects at once, and counts as muted', async () => {
  const agent = await makeAgent();
  /** @type {boolean[]} */
  const told = [];
  let questions = 0;
  agent.on('mute', ({ muted }) => told.push(muted));
  agent.on('permission', () => (questions += 1));
  const call = agent.start({ microphone: false });
  await settle();
  assert.equal(started()[0].microphone, false);
  assert.ok(worker.received.some(({ type }) => type === 'proceed'));
  worker.become('live');
  await call;
  assert.deepEqual([agent.muted, agent.hasMicrophone, questions], [true, false, 0]);

  worker.become('ended');
  assert.deepEqual([agent.muted, agent.hasMicrophone, told], [false, true, [true, false]]);
  void agent.start();
  await settle();
  assert.equal(started()[1].microphone, true);
  assert.equal(agent.muted, false);
});

/**
 * A live call that began without a microphone, with what answers for the browser when one is asked for.
 * @param {import('node:test').TestContext} context
 */
async function liveWithoutMicrophone(context) {
  const { LiveAudio } = await import('../../../static/voice-agent/main-thread/audio/call-audio.js');
  /** @type {PromiseWithResolvers<void>[]} */
  const prompts = [];
  context.mock.method(LiveAudio.prototype, 'openMicrophone', () => {
    prompts.push(Promise.withResolvers());
    return prompts.at(-1)?.promise;
  });
  const agent = await makeAgent();
  const begin = async () => {
    void agent.start({ microphone: false });
    await settle();
    worker.become('live');
  };
  await begin();
  return { agent, prompts, begin };
}

const lastMute = () => worker.received.findLast(({ type }) => type === 'mute')?.muted;

test('who mutes while the browser asks for the microphone stays muted once it is allowed', async (context) => {
  const { agent, prompts } = await liveWithoutMicrophone(context);
  const heard = agent.unmute();
  await settle();
  agent.mute();
  let told = 0;
  agent.on('mute', () => (told += 1));
  prompts[0].resolve();
  await heard;
  assert.equal(told, 1, 'that there is a microphone now is news, muted or not');
  assert.deepEqual([agent.hasMicrophone, agent.muted, lastMute()], [true, true, true]);

  await agent.unmute();
  assert.deepEqual([agent.muted, lastMute(), prompts.length], [false, false, 1]);
});

test('who mutes and unmutes again while the browser asks is heard once it is allowed', async (context) => {
  const { agent, prompts } = await liveWithoutMicrophone(context);
  const heard = [agent.unmute()];
  await settle();
  agent.mute();
  heard.push(agent.unmute());
  prompts[0].resolve();
  await Promise.all(heard);
  assert.deepEqual([agent.muted, lastMute(), prompts.length], [false, false, 1]);
});

test("a question for the microphone that the call before left open is not the next one's", async (context) => {
  const { agent, prompts, begin } = await liveWithoutMicrophone(context);
  const former = agent.unmute();
  await settle();
  void agent.stop();
  worker.become('ended');
  await begin();
  const heard = agent.unmute();
  await settle();
  assert.equal(prompts.length, 2);
  prompts[0].reject(new Error('the call is over'));
  await assert.rejects(former, /the call is over/);
  assert.equal(agent.unmute() instanceof Promise && prompts.length, 2);
  prompts[1].resolve();
  await heard;
  assert.equal(agent.muted, false);
});

test('a change that nobody answers any more is refused with the end of its call, however that ends', async () => {
  /** @type {((agent: import('../../../static/voice-agent/index.js').Agent) => unknown)[]} */
  const ways = [
    () => worker.become('ended'),
    () => /** @type {any} */ (worker).onerror({ message: 'boom' }),
    (agent) => (void agent.dispose(), worker.become('ended')),
  ];
  for (const end of ways) {
    const agent = await makeAgent();
    agent.start().catch(() => {});
    await settle();
    worker.become('live');
    const changed = agent.update({ system_prompt: 'Be brief.' }).catch(({ code }) => code);
    end(agent);
    assert.equal(await Promise.race([changed, settle()]), 'update-refused');
  }
});

test('a call in writing touches no audio system, and has no microphone to open', async () => {
  globalThis.AudioContext = /** @type {any} */ (undefined);
  Reflect.deleteProperty(globalThis, 'AudioWorkletNode');
  const agent = await makeAgent();
  agent.prepare({ isPressed: true, textOnly: true });
  const call = agent.start({ textOnly: true });
  await settle();
  assert.equal(started()[0].textOnly, true);
  worker.become('live');
  await call;
  await assert.rejects(agent.unmute(), { code: 'microphone-not-found' });
  assert.deepEqual([agent.state, agent.muted], ['live', true]);
  await assert.rejects((await makeAgent()).start(), { code: 'unsupported-browser' });
});

test('settings that cannot be sent are refused with their field before anything begins', async () => {
  const agent = await makeAgent();
  /** @type {any} */
  const cycle = {};
  cycle.self = cycle;
  for (const [session, param] of [
    [{ output: { voice: () => 'alba' } }, 'output'],
    [{ input: cycle }, 'input'],
    [{ greeting: 1n }, 'greeting'],
    ['Be brief.', null],
  ]) {
    const wrong = { session: /** @type {any} */ (session) };
    await assert.rejects(agent.start(wrong), { code: 'invalid-session', param });
    assert.equal(agent.state, 'idle');
  }
  void agent.start();
  await settle();
  assert.equal(started().length, 1);
});

test("settings behind a framework's proxies are sent as what they stand for", async () => {
  const agent = await makeAgent();
  const reactive = new Proxy({ output: new Proxy({ voice: 'alba' }, {}) }, {});
  void agent.start({ session: reactive });
  await settle();
  assert.deepEqual(started()[0].session, { output: { voice: 'alba' } });
});

test('a start while the call is set up waits for the same call, and one while it ends for the next', async () => {
  const agent = await makeAgent();
  const [first, second] = [agent.start(), agent.start()];
  await settle();
  assert.equal(started().length, 1);
  worker.become('live');
  await Promise.all([first, second]);
  assert.equal(agent.isActive, true);

  void agent.stop();
  worker.become('live'); // said before it was told to stop
  const third = agent.start();
  await settle();
  assert.equal(started().length, 1);
  worker.become('ended');
  await settle();
  assert.equal(started().length, 2);
  worker.become('live');
  await third;
});

test('who waits for the end of a call in writing needs no audio system, and settings may fail meanwhile', async () => {
  globalThis.AudioContext = /** @type {any} */ (
    class {
      constructor() {
        throw new Error('nobody wants to hear anything');
      }
    }
  );
  Object.assign(globalThis, { navigator: {} });
  const agent = await makeAgent();
  void agent.start({ textOnly: true });
  await settle();
  worker.become('live');
  void agent.stop();
  const session = Promise.reject(new Error('no settings'));
  const next = agent.start({ textOnly: true, session });
  await settle();
  worker.become('ended');
  await assert.rejects(next, { code: 'internal-error' });
});

test('a call that is stopped before its settings have come never begins', async () => {
  const agent = await makeAgent();
  /** @type {(session: object) => void} */
  let come = () => {};
  const session = new Promise((resolve) => (come = resolve));
  const start = agent.start({ session });
  assert.equal(agent.state, 'connecting');
  await agent.stop();
  await start;
  assert.equal(agent.state, 'ended');
  come({});
  await settle();
  assert.deepEqual(started(), []);
});

test('an agent of a gate begins with what the gate says of it, and the page lays its own over that', async (context) => {
  const sessions = {
    reception: { system_prompt: 'Be kind.', output: { voice: 'alba', volume: 50 } },
    stored: { agent_id: 'agent_1' },
  };
  const agents = Object.entries(sessions).map(([name, session]) => ({ name, session }));
  const asked = context.mock.method(globalThis, 'fetch', async () =>
    Response.json({ default: 'reception', agents }),
  );
  const options = { gate: '/voice', agent: 'reception', session: { output: { voice: 'jane' } } };
  const agent = await makeAgent(options);
  void agent.start();
  await settle();
  assert.equal(
    String(/** @type {any[]} */ (asked.mock.calls[0].arguments)[0]),
    'https://shop.example/voice/api/agents',
  );
  const [{ tokenUrl, session }] = started();
  assert.equal(tokenUrl, 'https://shop.example/voice/api/voice-token');
  const output = { voice: 'jane', volume: 50 };
  assert.deepEqual(session, { system_prompt: 'Be kind.', output });

  const stored = await makeAgent({ ...options, agent: 'stored' });
  await assert.rejects(stored.start(), { code: 'invalid-session', param: 'output' });
  assert.equal(stored.state, 'failed');
  const none = await makeAgent({ gate: '/voice', agent: 'nobody' });
  await assert.rejects(none.start(), { code: 'agent-refused', message: /reception, stored/ });
});

/** A tab's memory, for as long as the test runs. @param {import('node:test').TestContext} context @param {object} [call] */
function remember(context, call) {
  const memory = new Map(call ? [['voicegate-call', JSON.stringify(call)]] : []);
  const sessionStorage = {
    getItem: (/** @type {string} */ key) => memory.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => memory.set(key, value),
    removeItem: (/** @type {string} */ key) => memory.delete(key),
  };
  Object.defineProperty(globalThis, 'sessionStorage', {
    value: sessionStorage,
    configurable: true,
  });
  context.after(() => Reflect.deleteProperty(globalThis, 'sessionStorage'));
}

test('a call that the service has ended can be gone on with, in a new session', async (context) => {
  remember(context);
  const agent = await makeAgent();
  void agent.start();
  await settle();
  worker.become('live');
  worker.say({ type: 'state', state: 'ended', recovery: null, reason: 'by-service', error: null });
  assert.ok(agent.resumable);
  void agent.start({ resume: true });
  await settle();
  assert.equal(started()[1].resume.sessionId, null);
  await agent.dispose();
});

test('a call that ended as nobody was there is not forgotten until it is live again', async (context) => {
  remember(context);
  const agent = await makeAgent();
  const begin = (/** @type {{resume: boolean}} */ how) => {
    agent.start(how).catch(() => {});
    return settle();
  };
  const end = (/** @type {string} */ state, /** @type {any} */ details) =>
    worker.say({ type: 'state', state, recovery: null, reason: null, error: null, ...details });
  const words = { id: 'u1', role: 'user', text: 'Hello', final: true };
  await begin({ resume: false });
  worker.become('live');
  worker.say({ type: 'transcript', turn: words });
  end('ended', { reason: 'idle' });

  Object.assign(navigator, { onLine: false });
  await assert.rejects(agent.start({ resume: true }), { code: 'offline' });
  Object.assign(navigator, { onLine: true });
  assert.equal(agent.resumable?.turns[0].text, 'Hello');
  await begin({ resume: true });
  end('failed', { error: new Error('away') });
  assert.equal(agent.resumable?.turns[0].text, 'Hello');
  await begin({ resume: true });
  worker.become('live');
  end('ended', { reason: 'by-user' });
  assert.equal(agent.resumable, null);
});

test('a call that begins anew leaves nothing to go on with', async (context) => {
  remember(context);
  const agent = await makeAgent();
  void agent.start();
  await settle();
  worker.become('live');
  worker.say({ type: 'state', state: 'ended', recovery: null, reason: 'idle', error: null });
  assert.ok(agent.resumable);
  Object.assign(navigator, { onLine: false });
  await assert.rejects(agent.start(), { code: 'offline' });
  Object.assign(navigator, { onLine: true });
  assert.equal(agent.resumable, null);
});

test('a call that was left is not forgotten by a start that had no network', async (context) => {
  remember(context, { sessionId: 'sess_1', leftAtMs: Date.now(), turns: [] });
  const agent = await makeAgent();
  assert.ok(agent.resumable);
  Object.assign(navigator, { onLine: false });
  await assert.rejects(agent.start({ resume: true }), { code: 'offline' });
  Object.assign(navigator, { onLine: true });
  assert.ok(agent.resumable);

  void agent.start({ resume: true });
  await settle();
  assert.equal(started()[0].resume.sessionId, 'sess_1');
  await agent.dispose();
});

test('an address of a gate that is none fails a start before it begins, and no hover', async () => {
  const agent = await makeAgent({ gate: 'https://' });
  agent.prepare();
  await assert.rejects(agent.start(), TypeError);
  assert.equal(agent.state, 'idle');
});

test('what needs a call says so outside of one', async (context) => {
  const said = context.mock.method(console, 'warn', () => {});
  const agent = await makeAgent();
  agent.say('Hello');
  agent.reply();
  agent.extend();
  const words = said.mock.calls.map(({ arguments: [text] }) => text.split('(')[0]);
  assert.deepEqual(words, ['agent.say', 'agent.reply', 'agent.extend']);
});

test('the next event of a type can be waited for', async () => {
  const agent = await makeAgent();
  const next = agent.once('state');
  void agent.start();
  assert.equal((await next).state, 'connecting');
  const life = new AbortController();
  const late = agent.once('transcript', { signal: life.signal });
  life.abort(new Error('gone'));
  await assert.rejects(late, /gone/);
  await assert.rejects(agent.once('transcript', { signal: life.signal }), /gone/);

  const { signal } = new AbortController();
  const last = agent.once('state', { signal });
  worker.become('live');
  await last;
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('what is disposed of ends once, and does nothing more', async () => {
  const agent = await makeAgent();
  void agent.start();
  assert.equal(agent.dispose(), agent.dispose());
  await agent.dispose();
  assert.equal(agent.state, 'ended');
  await assert.rejects(agent.start(), { name: 'InvalidStateError' });
});

test('a context that was prepared for one agent outlives the end of another one', async () => {
  const contexts = /** @type {{isClosed: boolean}[]} */ ([]);
  const { AudioContext: Silent } = BROWSER;
  globalThis.AudioContext = /** @type {any} */ (
    class extends Silent {
      isClosed = false;
      constructor() {
        super();
        contexts.push(this);
      }
      close = async () => void (this.isClosed = true);
    }
  );
  const [before, one, other] = [await makeAgent(), await makeAgent(), await makeAgent()];
  before.prepare();
  await before.dispose(); // what an earlier test left prepared is gone with it
  contexts.length = 0;

  one.prepare();
  other.prepare();
  await one.dispose();
  void other.start();
  assert.deepEqual(
    contexts.map(({ isClosed }) => isClosed),
    [false],
  );
});

test('in plain Node it is imported and made, and nothing happens', async () => {
  leaveBrowser();
  const agent = await makeAgent({ gate: 'https://gate.example', agent: 'reception' });
  agent.prepare();
  assert.deepEqual([agent.state, agent.thread], ['idle', 'starting']);
  await agent.dispose();
});
