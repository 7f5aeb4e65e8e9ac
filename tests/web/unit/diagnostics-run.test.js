// The order of the checks, what ends them, and what stays open after them: nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VoiceAgentError } from '../../../static/voice-agent/errors.js';
import { Line } from '../../../static/page/diagnostics/check-line.js';
import { Passes } from '../../../static/page/diagnostics/passes.js';
import { createRunner } from '../../../static/page/diagnostics/runner.js';
import { silentSession } from '../../../static/page/diagnostics/checks.js';

/** @typedef {import('../../../static/page/diagnostics/diagnostics-types.js').Verdict} Verdict */

/** @type {Verdict} */
const PASSED = { status: 'passed', reason: 'good' };

/**
 * @param {string} id
 * @param {(context: any) => Promise<Verdict>} run
 * @param {{needs?: string[], limitMs?: number}} [options]
 */
const check = (id, run, { needs = [], limitMs = 5_000 } = {}) =>
  /** @type {any} */ ({ id, needs, limitMs, run });

/** @param {any[]} checks */
function runnerOf(checks) {
  /** @type {string[]} */
  const told = [];
  const released = { sound: 0, passes: 0 };
  const context = /** @type {any} */ ({
    sound: { release: () => (released.sound += 1) },
    passes: { release: () => (released.passes += 1) },
  });
  const runner = createRunner(checks, context, {
    onBegin: () => told.push('begin'),
    onRun: ({ id }, number, count) => told.push(`${id} ${number}/${count}`),
    onVerdict: (_, { status, reason }) => told.push(`${status} ${reason}`),
    onEnd: (_, isStopped) => told.push(isStopped ? 'stopped' : 'end'),
  });
  return { runner, told, released };
}

test('checks run one after another, and what they used is let go of at the end', async () => {
  const { runner, told, released } = runnerOf([
    check('token', async () => PASSED),
    check('socket', async () => ({ status: 'attention', reason: 'slow' })),
  ]);

  await runner.runAll();

  assert.deepEqual(told, [
    'begin',
    'token 1/2',
    'passed good',
    'socket 2/2',
    'attention slow',
    'end',
  ]);
  assert.deepEqual(released, { sound: 1, passes: 1 });
});

test('a check whose ground failed is skipped, and so is what stands on it', async () => {
  const { runner, told } = runnerOf([
    check('token', async () => ({ status: 'failed', reason: 'x' })),
    check('socket', async () => PASSED, { needs: ['token'] }),
    check('roundTrip', async () => PASSED, { needs: ['socket'] }),
  ]);

  await runner.runAll();

  assert.deepEqual(
    told.filter((line) => /needs|good/.test(line)),
    ['skipped needs', 'skipped needs'],
  );
  assert.deepEqual(runner.results.get('socket')?.values, { needed: 'token' });
});

test('alone, a check runs whatever others said', async () => {
  const { runner } = runnerOf([
    check('token', async () => ({ status: 'failed', reason: 'x' })),
    check('socket', async () => PASSED, { needs: ['token'] }),
  ]);
  await runner.runAll();

  await runner.runOne('socket');

  assert.equal(runner.results.get('socket')?.status, 'passed');
});

test('stopped in the middle, nothing more runs and everything is let go of', async () => {
  const { runner, told, released } = runnerOf([
    check('microphone', () => new Promise(() => {})),
    check('token', async () => PASSED),
  ]);

  const run = runner.runAll();
  runner.stop();
  await run;

  assert.deepEqual(told, ['begin', 'microphone 1/2', 'stopped']);
  assert.equal(runner.results.size, 0);
  assert.deepEqual(released, { sound: 1, passes: 1 });
});

test('a check that hangs is ended by its limit', async () => {
  const { runner } = runnerOf([check('microphone', () => new Promise(() => {}), { limitMs: 5 })]);

  await runner.runAll();

  assert.equal(runner.results.get('microphone')?.reason, 'timeout');
});

test('an error of the client is the verdict; another one is told by its name only', async () => {
  const { runner } = runnerOf([
    check('token', () => Promise.reject(new VoiceAgentError('token-limited'))),
    check('socket', () => Promise.reject(new SyntaxError('wss://host/?token=secret'))),
  ]);

  await runner.runAll();

  assert.equal(runner.results.get('token')?.error?.code, 'token-limited');
  assert.deepEqual(runner.results.get('socket')?.values, { cause: 'SyntaxError' });
});

test('the session of a check has no greeting and is else as configured', () => {
  assert.deepEqual(silentSession({ greeting: 'Hello', system_prompt: 'Be brief' }), {
    system_prompt: 'Be brief',
  });
  assert.deepEqual(silentSession({ agent_id: 'agent_1' }), { agent_id: 'agent_1' });
});

/** A socket, and the platform that gives it: tokens counted, waits cut short by a clock of its own. */
function world() {
  let now = 0;
  const socket = /** @type {any} */ ({ readyState: 0, sent: /** @type {any[]} */ ([]) });
  socket.send = (/** @type {string} */ text) => socket.sent.push(JSON.parse(text));
  socket.close = () => (socket.readyState = 3);
  const state = { minted: 0, reported: /** @type {any[]} */ ([]), url: '' };
  const platform = /** @type {any} */ ({
    nowMs: () => now,
    wait: async (/** @type {number} */ delayMs, /** @type {AbortSignal} */ signal) => {
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      signal.throwIfAborted();
      now += delayMs;
    },
    openWebSocket: (/** @type {string} */ url) => {
      state.url = url;
      socket.readyState = 0;
      return socket;
    },
    fetchToken: async () => {
      state.minted += 1;
      const token = `token-${state.minted}`;
      return { token, wsUrl: 'wss://host/v1/ws', expiresInSeconds: 30, receipt: 'receipt' };
    },
    reportEnd: (/** @type {any} */ end) => state.reported.push(end),
  });
  return {
    platform,
    socket,
    state,
    later: (/** @type {number} */ ms) => (now += ms),
    open() {
      socket.readyState = 1;
      socket.onopen();
    },
    say: (/** @type {object} */ frame) => socket.onmessage({ data: JSON.stringify(frame) }),
    shut(/** @type {number} */ code) {
      socket.readyState = 3;
      socket.onclose({ code });
    },
  };
}

const { signal } = new AbortController();
const TOKEN = { token: 'a+b', wsUrl: 'wss://host/v1/ws' };

test('a line that is only looked at says nothing, and is open once nobody refused it', async () => {
  const { platform, socket, state, open } = world();
  const line = new Line(platform, TOKEN);
  const opening = line.open(signal);
  open();

  assert.equal((await opening).outcome, 'open');
  await line.end();

  assert.equal(state.url, 'wss://host/v1/ws?token=a%2Bb');
  assert.deepEqual(socket.sent, []);
  assert.equal(socket.readyState, 3);
});

test('a token that is refused on an open line is a refusal, not a line', async () => {
  const { platform, open, say, shut } = world();
  const opening = new Line(platform, TOKEN).open(signal);
  open();
  say({ type: 'session.error', code: 'unauthorized', message: 'Authentication failed' });
  shut(1008);

  const { outcome, error } = await opening;

  assert.equal(outcome, 'closed');
  assert.equal(error?.code, 'unauthorized');
});

test('a line that breaks before it is open has no words of the service', async () => {
  const { platform, shut } = world();
  const opening = new Line(platform, TOKEN).open(signal);
  shut(1006);

  assert.deepEqual(await opening, { outcome: 'closed', tookMs: 0 });
});

test('a session that was begun is ended on the way out, even in a hurry', async () => {
  const { platform, socket, open } = world();
  const line = new Line(platform, TOKEN);
  const opening = line.open(signal);
  open();
  await opening;
  line.begin({});

  line.drop();

  assert.deepEqual(
    socket.sent.map((/** @type {{type: string}} */ { type }) => type),
    ['session.update', 'session.end'],
  );
});

test('one token serves the check of the token and the line after it, and no other line', async () => {
  const { platform, state, open } = world();
  const passes = new Passes(platform);
  await passes.mint(signal);
  const first = passes.open(signal);
  await Promise.resolve();
  open();
  await first;
  assert.equal(state.minted, 1);

  const second = passes.open(signal);
  await new Promise((resolve) => setImmediate(resolve));
  open();
  await second;

  assert.equal(state.minted, 2);
  assert.match(state.url, /token-2$/);
});

test('a token that has grown old is not used', async () => {
  const { platform, state, open, later } = world();
  const passes = new Passes(platform);
  await passes.mint(signal);
  later(25_000);

  const opening = passes.open(signal);
  await new Promise((resolve) => setImmediate(resolve));
  open();
  await opening;

  assert.equal(state.minted, 2);
});

test('the end of a session is reported with its receipt, so that its time comes back', async () => {
  const { platform, state, open, say } = world();
  const passes = new Passes(platform);
  const opening = passes.open(signal);
  await new Promise((resolve) => setImmediate(resolve));
  open();
  const { line } = await opening;
  line.begin({});
  say({ type: 'session.ready', session_id: 'sess_1' });

  passes.release();
  passes.release();

  assert.deepEqual(state.reported, [{ sessionId: 'sess_1', receipt: 'receipt' }]);
});
