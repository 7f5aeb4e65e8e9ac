// Conflicts about tokens, the opening of a session and its end. Each version is played to the real core.

import assert from 'node:assert/strict';
import { fetchToken } from '../../../static/voice-agent/core/connection/token/token.js';
import {
  assertGivenUp,
  assertGoesOn,
  error,
  liveCall,
  openedCall,
  sent,
  start,
} from './conflicts-call.js';
import { assertOneTokenASocket, Bench } from './fakes.js';

/** @type {import('./conflicts-call.js').Rows} */
export const OPENING = {
  'WS path': {
    '/v1/voice, of April': () => opensAt('wss://agents.example/v1/voice'),
    '/v1/ws, everywhere since': () => opensAt('wss://agents.example/v1/ws'),
  },
  'Order at start': {
    'session.ready alone': async () => {
      const bench = await openedCall();
      bench.socket.say({ type: 'session.ready', session_id: 's' });
      await assertGoesOn(bench);
    },
    'session.updated first, which is no gate': async () => {
      const bench = await openedCall();
      bench.socket.say({ type: 'session.updated', config: {} });
      bench.speak();
      assert.equal(bench.state.state, 'connecting');
      assert.equal(sent(bench, 'input.audio').length, 0);
      bench.socket.say({ type: 'session.ready', session_id: 's' });
      await assertGoesOn(bench);
    },
  },
  'Auth failure': {
    'close 1006 before the socket opens': async () => {
      const bench = new Bench();
      await start(bench);
      bench.socket.drop(1006);
      await bench.pass(1_000);
      bench.socket.drop(1006);
      await assertGivenUp(bench, 'connection-failed', 2);
    },
    'open, unauthorized, close 1008': () => isRefused(error('unauthorized'), 1008),
    'the same in capitals, and forbidden': () => isRefused(error('FORBIDDEN'), 1008),
    'a close 1008 without a word': () => isRefused(null, 1008),
  },
  'Token errors': {
    '400 and 401 with error, code and details': async () => {
      const body = { error: 'Unauthorized', code: 'unauthorized', details: [{ field: 'x' }] };
      await assertTokenError(400, body, 'token-refused');
      await assertTokenError(401, body, 'token-refused');
    },
    '422 and 404 with detail, a list or a text': async () => {
      const detail = [{ type: 'missing', loc: ['query'], msg: 'Field required' }];
      await assertTokenError(422, { detail }, 'token-refused');
      await assertTokenError(404, { detail: 'Not Found' }, 'token-refused');
    },
    'the other classes, whatever the body': async () => {
      for (const body of [{ error: 'x' }, { detail: [] }, [], null, 'text']) {
        await assertTokenError(429, body, 'token-limited');
        await assertTokenError(503, body, 'token-unavailable');
      }
    },
  },
  'Token reuse': {
    'a token that was used is refused: each socket gets one of its own': async () => {
      const bench = await liveCall();
      for (let drops = 0; drops < 5; drops += 1) {
        bench.socket.drop(1006);
        await bench.settle();
        bench.socket.becomeReady();
        await bench.pass(60_000);
      }
      assert.equal(bench.sockets.length, 6);
      assertOneTokenASocket(bench);
      await assertGoesOn(bench);
    },
    'a token that may be used again is not': async () => {
      const bench = new Bench();
      for (let calls = 0; calls < 3; calls += 1) {
        await start(bench);
        bench.socket.becomeReady();
        bench.session.handle({ type: 'hang-up' });
      }
      assert.equal(bench.sockets.length, 3);
      assertOneTokenASocket(bench);
    },
  },
  'expires_in_seconds': {
    'told with the token': () => startsWith({ expires_in_seconds: 60 }),
    'not told with the token': () => startsWith({}),
  },
  'Session cap': {
    'session_expired and close 1008': async () => {
      const bench = await liveCall();
      await bench.pass(899_000);
      bench.socket.say(error('session_expired'));
      bench.socket.drop(1008);
      await assertEndedByTime(bench);
    },
    'session.ended and close 1000': async () => {
      const bench = await liveCall();
      await bench.pass(899_000);
      bench.socket.say({ type: 'session.ended', session_duration_seconds: 899 });
      bench.socket.drop(1000);
      await assertEndedByTime(bench);
    },
    'not enforced: the client has a clock of its own': async () => {
      const bench = await liveCall();
      await bench.pass(901_000);
      assert.equal(sent(bench, 'session.end').length, 1);
      await assertEndedByTime(bench);
    },
    'expires_at alone, an hour ahead': async () => {
      const bench = await withTokenOf({ max_session_duration_seconds: null });
      bench.socket.open();
      const expiresAt = Math.floor((1_790_000_000_000 + bench.nowMs) / 1000) + 3_595;
      bench.socket.say({ type: 'session.ready', session_id: 's', expires_at: expiresAt });
      await bench.pass(3_000_000);
      await assertGoesOn(bench);
      await bench.pass(600_000);
      await assertEndedByTime(bench);
    },
  },
  'First bad update': {
    'close 1008': async () => {
      const bench = await openedCall();
      bench.socket.say(error('invalid_value', { param: 'system_prompt' }));
      bench.socket.drop(1008);
      await assertGivenUp(bench, 'agent-refused', 1);
    },
    'the session survives, which helps nobody before it is ready': async () => {
      const bench = await openedCall();
      bench.socket.say(error('invalid_config'));
      await assertGivenUp(bench, 'agent-refused', 1);
    },
  },
  'agent_id with others': {
    'agent_id_not_first': () => refusesAgent('agent_id_not_first'),
    'invalid_value and close 1008': () => refusesAgent('invalid_value'),
  },
  'Default voice': {
    'whatever it is, the one asked for is named': async () => {
      for (const voice of ['ivy', 'anna', 'alba']) {
        const bench = await liveCall({ output: { voice } });
        assert.equal(sent(bench, 'session.update')[0].session.output.voice, voice);
        await assertGoesOn(bench);
      }
    },
    'one of before June is refused: a listed one is asked for, once': async () => {
      const bench = await openedCall({ output: { voice: 'ivy' } });
      const message = "Invalid value 'ivy'. Must be one of: alba, anna";
      bench.socket.say(error('invalid_value', { param: 'output.voice', message }));
      bench.socket.drop(1008);
      await bench.settle();
      bench.socket.becomeReady();
      assert.equal(bench.socket.sent[0].session.output.voice, 'alba');
      assertOneTokenASocket(bench);
      await assertGoesOn(bench);
    },
  },
};

/** @param {object} fields in place of the usual ones of the token's answer */
async function withTokenOf(fields) {
  const bench = new Bench();
  const usual = {
    token: 'only',
    ws_url: 'wss://agents.example/v1/ws',
    max_session_duration_seconds: 900,
  };
  bench.tokenAnswers.push(() => Response.json({ ...usual, ...fields }));
  await start(bench);
  return bench;
}

/** @param {string} url */
async function opensAt(url) {
  const bench = await withTokenOf({ ws_url: url });
  assert.ok(bench.socket.url.startsWith(`${url}?token=`), bench.socket.url);
  bench.socket.becomeReady();
  await assertGoesOn(bench);
}

/** @param {object} fields of the token's answer */
async function startsWith(fields) {
  const bench = await withTokenOf(fields);
  bench.socket.becomeReady();
  await assertGoesOn(bench);
}

/**
 * The socket opens and refuses its token, each time: one fresh token is tried, and no more.
 * @param {object | null} frame
 * @param {number} code
 */
async function isRefused(frame, code) {
  const bench = new Bench();
  await start(bench);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    bench.socket.open();
    if (frame) bench.socket.say(frame);
    bench.socket.drop(code);
    await bench.settle();
  }
  await assertGivenUp(bench, 'unauthorized', 2);
}

/** @param {string} code */
async function refusesAgent(code) {
  const bench = await openedCall({ agent_id: 'agent_1' });
  assert.deepEqual(bench.socket.sent[0].session, { agent_id: 'agent_1' });
  bench.socket.say(error(code));
  bench.socket.drop(1008);
  await assertGivenUp(bench, 'agent-refused', 1);
}

/** @param {Bench} bench */
async function assertEndedByTime(bench) {
  await bench.pass(5_000);
  assert.deepEqual([bench.state.state, bench.state.reason], ['ended', 'time-limit']);
  assert.equal(bench.sockets.length, 1, 'a session that is over was asked for again');
}

/**
 * @param {number} status
 * @param {unknown} body
 * @param {string} code
 */
async function assertTokenError(status, body, code) {
  const answer = async () => new Response(JSON.stringify(body), { status });
  const asked = fetchToken(answer, { tokenUrl: 'https://gate.example/api/voice-token' });
  await assert.rejects(asked, (/** @type {any} */ thrown) => {
    assert.equal(thrown.code, code);
    assert.doesNotMatch(thrown.message, /\[object|^$/, 'no sentence for the user');
    return true;
  });
}
