// The real session core against the real simulator, over real sockets, without a browser: every profile, and
// every switch that a caller can meet. A whole conversation each time: greeting, question, tool, answer,
// interruption, typed words, end.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CoreCaller } from './core-caller.js';
import { assertFramesAreValid, serveDemo } from './harness.js';

const SESSION = {
  system_prompt: 'Be brief.',
  greeting: 'Hi.',
  output: { voice: 'alba' },
  tools: [
    {
      type: /** @type {const} */ ('function'),
      name: 'weather',
      description: 'Tells the weather.',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    },
  ],
};

const SCRIPT = {
  turns: [
    {
      hears: 'What is the weather?',
      answers: `It is {result}${', and it will stay so for the whole of the day'.repeat(6)}.`, // to be cut off
      calls: [{ name: 'weather', arguments: { city: 'Oslo' } }],
    },
    { hears: 'Thank you.', answers: 'You are welcome.' },
  ],
  created: ['Good.'],
};

/** What only takes time in most of the tests. */
const QUICK = {
  audio_frame_bytes: 4_800,
  leading_silence_ms: 0,
  end_of_turn_silence_ms: 500,
  tool_call_delay_ms: 50,
  tool_preamble_ms: 400,
};

/**
 * Every switch with the values that no profile of its own covers; what a switch does is in its row of the
 * simulator's README. A number is one that a client might stumble over.
 * @type {Record<string, (string | number)[]>}
 */
const SWITCHES = {
  agent_transcript: ['omitted', 'unspoken'],
  agent_transcript_lead_ms: [0],
  agent_words: ['omitted'],
  audio_frame_bytes: [480, 481],
  audio_pace: ['burst'],
  config_echo: ['short'],
  conversation_message: ['heard', 'unknown'],
  duplicate_events: ['true'],
  early_tool_results: ['dropped'],
  error_key: ['error_code'],
  error_shape: ['error'],
  expires_in_seconds: ['optional'],
  fast_audio: ['dropped'],
  first_audio_delay_ms: [600],
  http_tool_calls: ['hidden'],
  input_format_later: ['immutable'],
  interrupted_order: ['done_first'],
  interruption_delay: ['unknown'],
  late_audio_frames: [20],
  leading_silence_ms: [2_000],
  ready_delay_ms: [900],
  ready_fields: ['session_only'],
  repeated_tool_calls: [4],
  reply_cancel: ['accepted'],
  reply_create_in_reply: ['ends', 'replaces_greeting', 'interleaved'],
  reply_item_id: ['omitted'],
  reply_order: ['before_stopped'],
  reply_status: ['absent_when_completed', 'four'],
  session_updated: ['omitted_at_start'],
  single_use_tokens: ['true'],
  speech_started_in_reply: ['any_speech'],
  timestamps: ['iso', 'absent'],
  token_errors: ['docs'],
  tool_arguments_key: ['args'],
  tool_reply: ['single'],
  unknown_events: ['true'],
  unknown_voice: ['accepted'],
  user_delta_item_id: ['omitted'],
  user_delta_key: ['delta'],
  user_words: ['omitted'],
  websocket_path: ['ws'],
};

/** What `live` has for each switch: the first value of its row. */
const README = new URL('../../../app/simulator/README.md', import.meta.url);
const [, SWITCH_ROWS] = /## Switches([^]*?)## Faults/.exec(readFileSync(README, 'utf8')) ?? [];
const LIVE_VALUES = Object.fromEntries(
  [...SWITCH_ROWS.matchAll(/^\| `(\w+)` \| `([^`]+)`/gm)].map(([, name, value]) => [name, value]),
);

/** Switches that are no part of a conversation that goes well, with where they are shown instead. */
const ELSEWHERE = new Set([
  ...['agent_id_with_others', 'bad_value_code', 'error_case', 'first_bad_update', 'resume'],
  ...['resume_grace_seconds', 'session_cap', 'session_lifetime_seconds', 'default_voice', 'voices'], // conflicts.test.js, reconnect*.test.js
  ...['auth_failure', 'setup_failure'], // below
  'max_sockets', // the same refusal as at_capacity
  'session_zones', // REST only: tests/simulator/test_rest.py
  ...['barge_in_ms', 'created_reply_delay_ms', 'echo_seconds', 'end_of_turn_silence_ms'], // numbers that
  ...['greeting_delay_ms', 'speech_start_ms', 'tool_answer_delay_ms', 'tool_call_delay_ms'], // only shift
  ...['tool_preamble_ms', 'word_delay_ms'], // what happens
]);

const HALF_A_SECOND_BYTES = 24_000;

/**
 * Where one reply spans a tool's call and its answer, a result can only be sent within a reply.
 * The documented rule knows no such wire, and the simulator counts by the rule.
 */
const ONE_REPLY = { tool_result_in_reply: 1 };

/**
 * What a caller did that it should not. Not its pace: a busy machine hands over in bunches what was sent at
 * pace, which is proved on a made-up clock (conflicts.test.js, audio_rate_violation).
 * @param {any} stats
 */
function faultsIn({ violations: { audio_too_fast: _bunched, ...faults } }) {
  return faults;
}

/** How many conversations one simulator holds at a time without falling behind on a busy machine. */
const AT_ONCE = 16;

const folder = mkdtempSync(join(tmpdir(), 'voicegate-'));
const script = join(folder, 'script.json');
before(() => writeFileSync(script, JSON.stringify(SCRIPT)));
after(() => rmSync(folder, { recursive: true }));

/**
 * @param {string[]} options of the simulator
 * @param {(demo: Awaited<ReturnType<typeof serveDemo>>) => Promise<void>} act
 */
async function withDemo(options, act) {
  const demo = await serveDemo(['--script', script, ...options]);
  try {
    await act(demo);
  } finally {
    await demo.stop();
  }
}

/**
 * @param {string} url
 * @param {(caller: CoreCaller) => Promise<void>} act
 */
async function withCaller(url, act) {
  const caller = new CoreCaller(`${url}/api/voice-token`);
  try {
    await act(caller);
  } finally {
    caller.close();
  }
}

/** @param {CoreCaller} caller one whose session is ready */
async function converse(caller) {
  await caller.until('the greeting', () => caller.count('end') === 1);
  caller.say(1);
  const isHeard = (/** @type {string} */ words) => () =>
    caller.turns.some(({ role, text, final }) => role === 'user' && final && text === words);
  await caller.until('the question', isHeard('What is the weather?'));
  await caller.until('the call of the tool', () => caller.toolCalls.length > 0);
  const silentBytes = caller.soundBytes;
  await caller.until('the answer', () => caller.soundBytes > silentBytes + HALF_A_SECOND_BYTES);
  caller.say(2);
  await caller.until('the interruption', () => caller.count('flush') === 1);
  await caller.until('the thanks', isHeard('Thank you.'));
  const replies = caller.count('end');
  await caller.until('the answer to them', () => caller.count('end') > replies);
  caller.tell({ type: 'say', text: 'Goodbye.' });
  await caller.until('the answer to typed words', () => caller.count('end') > replies + 1);
  caller.tell({ type: 'stop' });
  await caller.until('the end', () => caller.state === 'ended');
}

/** @param {CoreCaller} caller */
function assertWell(caller) {
  const states = caller.events.flatMap((event) => (event.type === 'state' ? [event.state] : []));
  assert.deepEqual(states, ['connecting', 'live', 'ended']);
  assert.equal(new Set(caller.toolCalls).size, caller.toolCalls.length, 'a tool was run twice');
  assert.ok(
    caller.turns.every(({ final }) => final),
    'a turn was left open',
  );
  const over = new Set();
  for (const { type, replyId } of caller.played) {
    assert.ok(type !== 'audio' || !over.has(replyId), 'a reply sounds after its end');
    if (type !== 'audio') over.add(replyId);
  }
}

describe('a whole conversation with each profile', { concurrency: true }, () => {
  for (const profile of ['live', 'docs', 'march'])
    test(profile, () =>
      withDemo(['--profile', profile], async (demo) => {
        await withCaller(demo.url, async (caller) => {
          const voice = profile === 'march' ? 'ivy' : 'alba'; // of its time
          caller.start({ ...SESSION, output: { voice } });
          await caller.until('the session', () => caller.state === 'live');
          await converse(caller);
          assertWell(caller);
        });
        const stats = await demo.stats();
        assert.deepEqual(faultsIn(stats), profile === 'march' ? ONE_REPLY : {});
        assert.deepEqual([stats.tokens_minted, stats.sockets_opened], [1, 1]);
        assertFramesAreValid(demo.readLog());
      }),
    );
});

/**
 * Open a session while some switches are set: they hold for the sockets opened meanwhile.
 * @param {Awaited<ReturnType<typeof serveDemo>>} demo
 */
function opener(demo) {
  let last = Promise.resolve();
  return (
    /** @type {Record<string, string | number>} */ switches,
    /** @type {CoreCaller} */ caller,
  ) => {
    const opened = last.then(async () => {
      await demo.control({ set: { ...QUICK, ...switches } });
      caller.start(SESSION);
      await caller.until('a state', () => caller.state !== 'connecting');
      const usual = Object.keys(switches).map((name) => [name, LIVE_VALUES[name]]);
      await demo.control({ set: { ...Object.fromEntries(usual), ...QUICK } });
    });
    last = opened.catch(() => {});
    return opened;
  };
}

test('a whole conversation with each switch', () =>
  withDemo([], async (demo) => {
    const open = opener(demo);
    /** @type {Record<string, string | number>[]} */
    const waiting = Object.entries(SWITCHES).flatMap(([name, values]) =>
      values.map((value) => ({ [name]: value })),
    );
    waiting.push({ agent_words: 'omitted', interrupted_order: 'done_first' }); // its words come last, and only then
    /** @type {string[]} */
    const failures = [];
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const switches = next;
        const play = async (/** @type {CoreCaller} */ caller) => {
          await open(switches, caller);
          await converse(caller);
          assertWell(caller);
        };
        const failed = (/** @type {Error} */ { message }) =>
          failures.push(`${JSON.stringify(switches)}: ${message}`);
        await withCaller(demo.url, play).catch(failed);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    assert.deepEqual(failures, []);
    assert.deepEqual(faultsIn(await demo.stats()), ONE_REPLY); // tool_reply=single
  }));

test('a token that has to be encoded opens its session', () =>
  withDemo(['--fault', 'token_characters=true'], (demo) =>
    withCaller(demo.url, async (caller) => {
      caller.start(SESSION);
      await caller.until('the session', () => caller.state === 'live');
    }),
  ));

/** @type {[Record<string, string | number>, string, number][]} switches, error, sockets that open */
const REFUSALS = [
  [{ auth_failure: 'in_band_1008' }, 'unauthorized', 2],
  [{ auth_failure: 'close_1006' }, 'connection-failed', 0],
  [{ auth_failure: 'http_401' }, 'connection-failed', 0],
  [{ websocket_path: 'voice' }, 'connection-failed', 0],
  [{ setup_failure: 'at_capacity' }, 'at-capacity', 1],
  [{ setup_failure: 'concurrency_exceeded' }, 'at-capacity', 1],
  [{ setup_failure: 'forbidden' }, 'unauthorized', 2],
  [{ setup_failure: 'server_error' }, 'agent-failed', 2],
  [{ setup_failure: 'agent_init_failed' }, 'agent-failed', 2],
];

test('a call that is refused ends with the reason, and is not tried again and again', () =>
  withDemo([], async (demo) => {
    const open = opener(demo);
    for (const [switches, code, sockets] of REFUSALS) {
      const before = (await demo.stats()).sockets_opened;
      const isForged = 'auth_failure' in switches;
      const caller = new CoreCaller(`${demo.url}/api/voice-token`, { isForged });
      await open(switches, caller);
      caller.close();
      assert.deepEqual(
        [caller.state, caller.error?.code],
        ['failed', code],
        JSON.stringify(switches),
      );
      assert.equal((await demo.stats()).sockets_opened - before, sockets, JSON.stringify(switches));
    }
  }));

test('every switch of the simulator is played here, or is shown elsewhere', () => {
  assert.deepEqual(
    [...Object.keys(SWITCHES), ...ELSEWHERE].toSorted(),
    Object.keys(LIVE_VALUES).toSorted(),
  );
});
