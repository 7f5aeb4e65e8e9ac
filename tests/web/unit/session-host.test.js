import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { VoiceAgentError } from '../../../static/voice-agent/errors.js';
import { SessionHost } from '../../../static/voice-agent/main-thread/session-host.js';

/** A Worker whose inside is the test. */
class FakeWorker {
  /** @type {FakeWorker[]} */
  static all = [];
  /** @type {any[]} */
  received = [];
  isTerminated = false;
  /** @type {((event: any) => void) | null} */
  onmessage = null;
  /** @type {((event: any) => void) | null} */
  onerror = null;
  /** @type {((event: any) => void) | null} */
  onmessageerror = null;

  constructor() {
    FakeWorker.all.push(this);
  }

  /** @param {any} message */
  postMessage(message) {
    this.received.push(message);
  }

  terminate() {
    this.isTerminated = true;
  }

  /** @param {any} data */
  say(data) {
    this.onmessage?.({ data });
  }
}

const NativeWorker = globalThis.Worker;
globalThis.document = /** @type {any} */ ({});
beforeEach(() => {
  FakeWorker.all = [];
  globalThis.Worker = /** @type {any} */ (FakeWorker);
});
afterEach(() => {
  globalThis.Worker = NativeWorker;
});

const start = /** @type {const} */ ({
  type: 'start',
  tokenUrl: 'https://gate.example/',
  session: {},
});

/**
 * Resolves once it is so.
 * @param {() => boolean} isSo
 */
async function until(isSo) {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** A host whose Worker is up and has been told to start a call. */
function startCall() {
  /** @type {any[]} */
  const events = [];
  const host = new SessionHost((event) => events.push(event));
  const [worker] = FakeWorker.all;
  worker.say({ type: 'hello' });
  host.send(start);
  return { host, worker, events };
}

test('commands wait until the Worker is up, in order', () => {
  const host = new SessionHost(() => {});
  host.send(start);
  host.send({ type: 'proceed' });
  const [worker] = FakeWorker.all;
  assert.deepEqual(worker.received, []);
  worker.say({ type: 'hello' });

  assert.deepEqual(
    worker.received.map(({ type }) => type),
    ['start', 'proceed'],
  );
  assert.equal(host.thread, 'worker');
});

test('a Worker whose file is refused leaves the session to this thread, with all that was said', async () => {
  /** @type {any[]} */
  const events = [];
  const host = new SessionHost((event) => events.push(event));
  host.send({ ...start, tokenUrl: 'data:,' });
  const [worker] = FakeWorker.all;
  worker.onerror?.({});

  assert.ok(worker.isTerminated);
  await until(() => host.thread === 'main');
  host.send({ type: 'stop' });
  await until(() => events.some(({ state }) => state === 'ended'));
  const states = events.filter(({ type }) => type === 'state').map(({ state }) => state);
  assert.deepEqual([states[0], states.at(-1)], ['connecting', 'ended']);
});

const failure = new VoiceAgentError('microphone-denied').toJSON();
for (const [end, told] of /** @type {const} */ ([
  [{ type: 'stop' }, ['ended', 'by-user', null]],
  [{ type: 'hang-up', reason: 'page-left' }, ['ended', 'page-left', null]],
  [{ type: 'fail', error: failure }, ['failed', null, failure]],
]))
  test(`a call that is over (${end.type}) before its thread is there ends at once, and begins no more`, async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    /** @type {any[]} */
    const events = [];
    const host = new SessionHost((event) => events.push(event));
    let closed = 0;
    const port = /** @type {any} */ ({ close: () => (closed += 1) });
    host.send(start);
    host.send({ type: 'audio', capture: port, playback: port }, [port, port]);
    host.send(end);
    assert.equal(closed, 2);
    assert.deepEqual(events, [], 'no listener runs inside the call');
    await Promise.resolve();
    assert.deepEqual(
      events.map(({ state, reason, error }) => [state, reason, error]),
      [told],
    );
    host.send(start);
    host.send({ type: 'proceed' });
    FakeWorker.all[0].say({ type: 'hello' });
    context.mock.timers.tick(2_000);

    const { received, isTerminated } = FakeWorker.all[0];
    assert.deepEqual(
      [received.map((command) => command.type), isTerminated, events.length],
      [['start', 'proceed'], false, 1],
    );
    host.close();
  });

for (const way of /** @type {const} */ (['onerror', 'onmessageerror']))
  test(`a Worker that breaks later (${way}) fails the call, and the next one gets a new Worker`, () => {
    const { host, worker, events } = startCall();
    worker[way]?.({ message: 'boom' });

    assert.ok(worker.isTerminated);
    assert.deepEqual([events[0].state, events[0].error.code], ['failed', 'internal-error']);
    FakeWorker.all[1].say({ type: 'hello' });
    host.send(start);
    assert.deepEqual(FakeWorker.all[1].received, [start]);
  });

test('an access token for a Worker that is gone is given to no other', () => {
  const { host, worker } = startCall();
  worker.onerror?.({ message: 'boom' });
  host.send({ type: 'access-token', id: 1, token: 'word', cause: null });
  FakeWorker.all[1].say({ type: 'hello' });

  assert.deepEqual(FakeWorker.all[1].received, []);
});

test('one that breaks when no call is under way is replaced without a word', () => {
  const { worker, events } = startCall();
  worker.say({ type: 'state', state: 'ended' });
  worker.onerror?.({ message: 'boom' });

  assert.equal(events.length, 1);
  assert.equal(FakeWorker.all.length, 2);
});

test('a Worker that never says its hello leaves the call to this thread after four seconds', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  /** @type {any[]} */
  const events = [];
  const host = new SessionHost((event) => events.push(event));
  host.send({ ...start, tokenUrl: 'data:,' });
  context.mock.timers.tick(4_000);
  context.mock.timers.reset();

  assert.ok(FakeWorker.all[0].isTerminated);
  await until(() => host.thread === 'main');
  host.send({ type: 'stop' });
  await until(() => events.some(({ state }) => state === 'ended'));
});

test('a Worker that answers no more cannot keep a call from ending, and the next one gets a new Worker', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { host, worker, events } = startCall();
  host.send({ type: 'stop', reason: 'by-user' });
  context.mock.timers.tick(2_000);

  assert.ok(worker.isTerminated);
  assert.deepEqual([events.at(-1).state, events.at(-1).reason], ['ended', 'by-user']);
  assert.equal(FakeWorker.all.length, 2);
  host.close();
});

test('a thread that is not wanted any more ends itself, once its goodbyes are said', () => {
  const { host, worker } = startCall();
  host.close();
  assert.deepEqual([worker.received.at(-1), worker.isTerminated], [{ type: 'close' }, false]);
});

test('of a thread that ends nothing is heard any more but which tokens were used, and which not', () => {
  const { host, worker, events } = startCall();
  worker.say({ type: 'state', state: 'ended' });
  host.close();
  const late = [
    { type: 'receipt', sessionId: 'sess_1', receipt: 'r' },
    { type: 'unused', receipt: 's' },
  ];
  for (const event of [...late, { type: 'stats', stats: null }]) worker.say(event);

  assert.deepEqual(events.slice(1), late);
});

test('a host that is closed before its Worker has said its hello leaves none behind', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const host = new SessionHost(() => {});
  host.close();
  context.mock.timers.tick(10_000);

  assert.ok(FakeWorker.all[0].isTerminated);
  assert.equal(FakeWorker.all.length, 1);
});
