import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  MAX_RESULT_CHARACTERS,
  ToolRunner,
} from '../../../static/voice-agent/main-thread/tools/tool-runner.js';
import { violations } from './schema.js';
import { Clock } from './talk.js';

/** @typedef {import('../../../static/voice-agent/main-thread/tools/tool-runner.js').Tool} Tool */

/** A page's tools with the session in the test's hands. */
class Page {
  clock = new Clock();
  /** @type {any[]} */
  sent = [];
  /** @type {any[]} */
  shown = [];

  /** @param {Record<string, any>} tools */
  constructor(tools) {
    this.runner = new ToolRunner(
      tools,
      { send: (command) => this.sent.push(command), onTool: (event) => this.shown.push(event) },
      this.clock.environment,
    );
  }

  get statuses() {
    return this.shown.map(({ status }) => status);
  }

  /** @param {string} [callId] */
  async call(callId = 'c', name = 'f', args = {}) {
    this.runner.run({ callId, name, args });
    await settled();
  }
}

/** Let promises run until none is left. */
async function settled() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** A promise in the test's hands. */
function deferred() {
  /** @type {(value: unknown) => void} */
  let resolve = () => {};
  /** @type {(reason: unknown) => void} */
  let reject = () => {};
  const promise = new Promise((...hands) => ([resolve, reject] = hands));
  return { promise, resolve, reject };
}

/** @param {Partial<Tool>} [tool] */
const f = (tool) => ({ f: { description: 'Does it.', run: () => 'ok', ...tool } });

test('a tool gets its arguments and its call, and its result goes back', async () => {
  /** @type {any[]} */
  const seen = [];
  const page = new Page(f({ run: async (...given) => seen.push(given) && { at: 12 } }));
  await page.call('c', 'f', { city: 'Ulm' });

  const [[args, context]] = seen;
  assert.deepEqual(args, { city: 'Ulm' });
  assert.equal(context.call_id, 'c');
  assert.equal(context.signal.aborted, false);
  assert.deepEqual(page.sent, [
    { type: 'tool-result', callId: 'c', value: { at: 12 }, isError: false },
  ]);
  assert.deepEqual(page.shown, [
    { callId: 'c', name: 'f', args: { city: 'Ulm' }, status: 'running' },
    { callId: 'c', name: 'f', args: { city: 'Ulm' }, status: 'done', result: { at: 12 } },
  ]);
  assert.deepEqual(page.clock.timers, []);
});

/** @type {any} */
const cycle = {};
cycle.self = cycle;

/** @type {[string, unknown, unknown][]} */
const RESULTS = [
  ['nothing', undefined, null],
  ['a function', () => 1, null],
  ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
  [
    'an object with parts that JSON has not',
    { a: undefined, b: Number.NaN, c: 1 },
    { b: null, c: 1 },
  ],
  ['a map', new Map([[1, 2]]), {}],
];

for (const [name, value, sent] of RESULTS) {
  test(`a result that is ${name} goes back as JSON has it`, async () => {
    const page = new Page(f({ run: () => value }));
    await page.call();

    assert.deepEqual(page.sent, [
      { type: 'tool-result', callId: 'c', value: sent, isError: false },
    ]);
  });
}

/** @type {[string, () => unknown, RegExp][]} */
const FAILURES = [
  [
    'throws',
    () => {
      throw new Error('no such town');
    },
    /^The tool "f" failed: no such town$/,
  ],
  ['rejects', () => Promise.reject(new Error('offline')), /^The tool "f" failed: offline$/],
  [
    'throws a word',
    () => {
      throw 'why';
    },
    /^The tool "f" failed: why$/,
  ],
  [
    'throws nothing',
    () => {
      throw null;
    },
    /^The tool "f" failed: it did not say why$/,
  ],
  [
    'throws at length',
    () => {
      throw new Error('x'.repeat(9_999));
    },
    /^The tool "f" failed: x{1000}$/,
  ],
  ['returns a cycle', () => cycle, /^The result of the tool "f" is not JSON: Converting circular/],
  ['returns a big integer', () => ({ n: 1n }), /is not JSON: .*BigInt/],
  [
    'returns too much',
    () => 'x'.repeat(MAX_RESULT_CHARACTERS),
    /is too long: 64002 characters, at most 64000/,
  ],
];

for (const [name, run, message] of FAILURES) {
  test(`the agent is told in a sentence when a tool ${name}`, async () => {
    const page = new Page(f({ run }));
    await page.call();

    const [{ value, isError }] = page.sent;
    assert.equal(isError, true);
    assert.match(value.error, message);
    assert.deepEqual(page.statuses, ['running', 'failed']);
    assert.equal(page.shown[1].error, value.error);
  });
}

test('a tool that takes too long is ended a little before the service gives up', async () => {
  /** @type {AbortSignal[]} */
  const signals = [];
  const run = (/** @type {any} */ _args, /** @type {any} */ { signal }) =>
    new Promise(() => signals.push(signal));
  const page = new Page(f({ run, timeout_seconds: 10 }));
  await page.call();
  page.clock.pass(9_400);
  assert.equal(signals[0].aborted, false);
  page.clock.pass(200);
  await settled();

  assert.equal(signals[0].reason.name, 'TimeoutError');
  assert.equal(page.sent[0].value.error, 'The tool "f" did not finish within its 10 s.');
  assert.deepEqual(page.statuses, ['running', 'failed']);
});

test('a tool without a limit of its own has two minutes', async () => {
  const page = new Page(f({ run: () => new Promise(() => {}) }));
  await page.call();
  page.clock.pass(119_000);
  await settled();
  assert.deepEqual(page.sent, []);
  page.clock.pass(1_000);
  await settled();
  assert.equal(page.sent.length, 1);
});

test('a cancelled run is told by its signal, and its result goes nowhere', async () => {
  for (const cancel of [
    (/** @type {Page} */ page) => page.runner.cancel('c'),
    (/** @type {Page} */ page) => page.runner.cancelAll(),
  ]) {
    const finish = deferred();
    /** @type {AbortSignal[]} */
    const signals = [];
    const page = new Page(
      f({ run: (_args, { signal }) => signals.push(signal) && finish.promise }),
    );
    await page.call();
    cancel(page);
    finish.reject(new Error('late'));
    await settled();

    assert.equal(signals[0].reason.name, 'AbortError');
    assert.deepEqual(page.sent, []);
    assert.deepEqual(page.statuses, ['running', 'cancelled']);
    page.runner.cancel('c');
    assert.deepEqual(page.clock.timers, []);
  }
});

test('a tool runs once it is approved, and the agent is told where it was not', async () => {
  for (const [isAllowed, statuses] of /** @type {const} */ ([
    [true, ['waiting', 'running', 'done']],
    [false, ['waiting', 'refused']],
    ['yes', ['waiting', 'refused']],
  ])) {
    const answer = deferred();
    let runs = 0;
    /** @type {any[]} */
    const asked = [];
    const page = new Page(
      f({
        run: () => (runs += 1),
        approve: (...given) => asked.push(given) && /** @type {any} */ (answer.promise),
      }),
    );
    await page.call('c', 'f', { to: 'Ann' });
    assert.deepEqual([runs, page.statuses], [0, ['waiting']]);
    assert.deepEqual(
      [asked[0][0], asked[0][1].name, asked[0][1].call_id],
      [{ to: 'Ann' }, 'f', 'c'],
    );
    answer.resolve(isAllowed);
    await settled();

    assert.deepEqual(page.statuses, statuses);
    assert.equal(runs, isAllowed === true ? 1 : 0);
    assert.equal(page.sent[0].isError, isAllowed !== true);
    if (isAllowed !== true) assert.match(page.sent[0].value.error, /did not allow "f"/);
  }
});

test('approval takes of the same time, and one that fails lets nothing run', async () => {
  const slow = new Page(f({ approve: () => new Promise(() => {}), timeout_seconds: 5 }));
  await slow.call();
  slow.clock.pass(5_000);
  await settled();
  assert.deepEqual(slow.statuses, ['waiting', 'failed']);

  const broken = new Page(
    f({
      approve: () => {
        throw new Error('no dialog');
      },
    }),
  );
  await broken.call();
  assert.deepEqual(broken.statuses, ['waiting', 'failed']);
  assert.match(broken.sent[0].value.error, /no dialog/);
});

test("a call runs once at a time, and one of a tool that there is not is the session core's to answer", async () => {
  let runs = 0;
  const page = new Page(f({ run: () => new Promise(() => (runs += 1)) }));
  await page.call();
  await page.call();
  await page.call('d', 'constructor');

  assert.deepEqual([runs, page.sent], [1, []]);
});

test('tools are defined as the service wants them, and treated as they ask for', () => {
  const parameters = { type: 'object', properties: { city: { type: 'string' } } };
  const { definitions, policies } = new Page({
    plain: { description: 'a', run: () => 1, parameters },
    full: {
      ...{ description: 'b', run: () => 1, approve: () => true },
      ...{
        execution_mode: 'hold',
        timeout_seconds: 9,
        response_instructions: { error: 'Say sorry.' },
      },
      ...{ onInterruption: 'keep', answer: 'immediately' },
    },
  }).runner;

  assert.deepEqual(definitions, [
    { type: 'function', name: 'plain', description: 'a', parameters },
    {
      ...{ type: 'function', name: 'full', description: 'b' },
      parameters: { type: 'object', properties: {} },
      ...{
        execution_mode: 'hold',
        timeout_seconds: 9,
        response_instructions: { error: 'Say sorry.' },
      },
    },
  ]);
  const update = { type: 'session.update', session: { tools: definitions } };
  assert.deepEqual(violations('clientMessage', update), []);
  assert.deepEqual(policies, {
    plain: { onInterruption: 'drop', answer: 'after-reply', hold: false, timeoutSeconds: 120 },
    full: { onInterruption: 'keep', answer: 'immediately', hold: true, timeoutSeconds: 9 },
  });
});

/** @type {[string, any, typeof TypeError | typeof RangeError, RegExp][]} */
const WRONG = [
  ['tools in a list', [], TypeError, /an object: a tool by each name/],
  ['a tool without a name', { ' ': { description: 'a', run: () => 1 } }, TypeError, /not empty/],
  ['a name that is taken', { aai_pre_connect_context: {} }, TypeError, /keeps the tool name/],
  ['no tool', { f: null }, TypeError, /an object with `description` and `run`/],
  ['no description', f({ description: ' ' }), TypeError, /`description` must say what it does/],
  ['run that is none', f({ run: /** @type {any} */ ('x') }), TypeError, /`run` must be a function/],
  [
    'approve that is none',
    f({ approve: /** @type {any} */ (true) }),
    TypeError,
    /`approve` must be/,
  ],
  [
    'a slip of the pen',
    f(/** @type {any} */ ({ timeout: 5 })),
    TypeError,
    /`timeout` is not a field\. Known are description,/,
  ],
  [
    'a mode',
    f({ execution_mode: /** @type {any} */ ('wait') }),
    TypeError,
    /must be 'interactive' or 'hold'/,
  ],
  [
    'an interruption',
    f({ onInterruption: /** @type {any} */ ('stop') }),
    TypeError,
    /must be 'drop' or 'keep'/,
  ],
  [
    'an answer',
    f({ answer: /** @type {any} */ ('now') }),
    TypeError,
    /'after-reply' or 'immediately'/,
  ],
  ['parameters', f({ parameters: { properties: [] } }), TypeError, /JSON Schema of an object/],
  ['parameters with a cycle', f({ parameters: cycle }), TypeError, /without cycles/],
  ['no time', f({ timeout_seconds: 0 }), RangeError, /from 1 to 300/],
  ['too much time', f({ timeout_seconds: 301 }), RangeError, /from 1 to 300/],
  ['time in words', f({ timeout_seconds: /** @type {any} */ ('5') }), RangeError, /from 1 to 300/],
  [
    'instructions',
    f({ response_instructions: /** @type {any} */ ({ ok: 'x' }) }),
    TypeError,
    /`success` and `error`/,
  ],
  [
    'long instructions',
    f({ response_instructions: { error: 'x'.repeat(501) } }),
    RangeError,
    /at most 500/,
  ],
];

for (const [name, tools, type, message] of WRONG) {
  test(`a tool is refused when it is made, for ${name}`, () => {
    assert.throws(
      () => new Page(tools),
      (/** @type {any} */ error) => error instanceof type && message.test(error.message),
    );
  });
}

test('arguments that do not agree with the schema go back as an error that says what is wrong', async () => {
  const parameters = {
    type: 'object',
    properties: {
      people: { type: 'integer' },
      room: { enum: ['in', 'out'] },
      guests: { type: 'array', items: { type: 'object', required: ['name'] } },
    },
    required: ['people'],
  };
  const page = new Page(f({ parameters, run: () => 'ran' }));
  for (const [args, problem] of /** @type {[any, string | null][]} */ ([
    [{ people: 2, room: 'in', guests: [{ name: 'Ada' }], other: 1 }, null],
    [{}, 'people is missing'],
    [{ people: '2' }, 'people must be of type integer'],
    [{ people: 2, room: 'up' }, 'room must be one of ["in","out"]'],
    [{ people: 2, guests: [{ name: 'Ada' }, {}] }, 'guests[1].name is missing'],
  ])) {
    page.sent.length = 0;
    await page.call('c', 'f', args);
    const error = `The arguments of "f" are wrong: ${problem}. Call it again with right ones.`;
    const value = problem === null ? 'ran' : { error };
    assert.deepEqual(page.sent, [
      { type: 'tool-result', callId: 'c', value, isError: problem !== null },
    ]);
  }
});

test('a validator tells its schema, gives a tool what it made of the arguments, or says what is wrong', async () => {
  const jsonSchema = { type: 'object', properties: { day: { type: 'string' } } };
  const parameters = {
    '~standard': {
      version: 1,
      vendor: 'test',
      jsonSchema: { input: () => jsonSchema },
      validate: async (/** @type {any} */ { day }) =>
        day === 'today'
          ? { value: { day: new Date(0) } }
          : { issues: [{ message: 'not a day', path: [{ key: 'day' }] }] },
    },
  };
  const page = new Page(f({ parameters, run: ({ day }) => day.getTime() }));
  assert.deepEqual(page.runner.definitions[0].parameters, jsonSchema);
  await page.call('a', 'f', { day: 'today' });
  await page.call('b', 'f', { day: 'never' });
  assert.deepEqual(page.sent[0].value, 0);
  assert.match(page.sent[1].value.error, /day: not a day/);

  const silent = { '~standard': { ...parameters['~standard'], jsonSchema: undefined } };
  assert.throws(() => new Page(f({ parameters: silent })), /cannot tell its JSON Schema/);
});
