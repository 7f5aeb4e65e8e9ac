import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '../../../static/voice-agent/core/connection/protocol.js';
import { SessionUpdates } from '../../../static/voice-agent/core/conversation/updates.js';
import { violations } from './schema.js';
import { Clock } from './talk.js';

/** The updates of a call, with the service in the test's hands. */
class Settings {
  clock = new Clock();
  isOpen = true;
  /** @type {any[]} sessions that were sent */
  sent = [];
  /** @type {any[]} what the page was told: [id, error] */
  done = [];

  /**
   * @param {Record<string, unknown>} config
   * @param {(update: Record<string, unknown>) => Record<string, unknown>} [retell]
   */
  constructor(config, retell) {
    this.updates = new SessionUpdates({
      environment: this.clock.environment,
      emit: (event) => event.type === 'update-done' && this.done.push([event.id, event.error]),
      line: { isOpen: () => this.isOpen, send: (text) => this.#send(text) },
      ...(retell && { retell }),
    });
    this.updates.begin(config);
    this.updates.ready();
  }

  /**
   * @param {number} id
   * @param {any} session
   */
  request(id, session) {
    this.updates.request({ id, session });
  }

  /** @param {Record<string, unknown>} frame */
  answer(frame) {
    return this.updates.apply(decode(JSON.stringify(frame)));
  }

  accept() {
    return this.answer({ type: 'session.updated', config: {} });
  }

  /** @param {string} code */
  refuse(code) {
    return this.answer({ type: 'session.error', code, message: 'No.', param: 'output.volume' });
  }

  lose() {
    this.isOpen = false;
  }

  recover() {
    this.isOpen = true;
    this.updates.ready();
  }

  /** @param {string} text */
  #send(text) {
    if (!this.isOpen) return false;
    const frame = JSON.parse(text);
    assert.deepEqual(violations('clientMessage', frame), [], text);
    this.sent.push(frame.session);
    return true;
  }
}

test('an accepted update is part of the settings from then on: objects merge, tools replace', () => {
  const tool = { type: 'function', name: 'a' };
  const settings = new Settings({
    system_prompt: 'One.',
    tools: [tool],
    input: { keyterms: ['x'], turn_detection: { vad_threshold: 0.5, min_silence: 60 } },
  });
  settings.request(1, { tools: [], input: { turn_detection: { vad_threshold: 0.7 } } });
  assert.deepEqual(settings.updates.config.tools, [tool]);
  settings.accept();

  assert.deepEqual(settings.done, [[1, null]]);
  assert.deepEqual(settings.updates.config, {
    system_prompt: 'One.',
    tools: [],
    input: { keyterms: ['x'], turn_detection: { vad_threshold: 0.7, min_silence: 60 } },
  });
});

test('null takes a setting back: a new session is opened without it', () => {
  const config = { system_prompt: 'One.', input: { keyterms: ['x'] } };
  const updates = new SessionUpdates({
    environment: new Clock().environment,
    emit: () => {},
    line: { isOpen: () => true, send: () => true },
  });
  updates.begin(config);
  updates.ready();
  const session = /** @type {any} */ ({ input: { keyterms: null, voice_focus: 'far-field' } });
  updates.request({ id: 1, session });
  updates.apply({ type: 'updated', config: null, httpTools: null });

  assert.deepEqual(updates.config, { system_prompt: 'One.', input: { voice_focus: 'far-field' } });
});

test('a refused update is told with the service’s words, and changes nothing', () => {
  const settings = new Settings({ system_prompt: 'One.' });
  settings.request(1, { output: { volume: 90 } });
  settings.refuse('invalid_value');

  const [[id, error]] = settings.done;
  assert.equal(id, 1);
  assert.deepEqual(
    [error.code, error.upstreamCode, error.param, error.message],
    ['update-refused', 'invalid_value', 'output.volume', 'No.'],
  );
  assert.deepEqual(settings.updates.config, { system_prompt: 'One.' });
});

test('updates are sent one after the other, so that each has its own answer', () => {
  const settings = new Settings({});
  for (const id of [1, 2, 3]) settings.request(id, { system_prompt: String(id) });
  assert.deepEqual(settings.sent, [{ system_prompt: '1' }]);
  settings.accept();
  settings.refuse('invalid_config');
  settings.accept();

  assert.deepEqual(
    settings.done.map(([id, error]) => [id, error?.code ?? null]),
    [
      [1, null],
      [2, 'update-refused'],
      [3, null],
    ],
  );
  assert.deepEqual(settings.updates.config, { system_prompt: '3' });
});

test('errors and echoes that answer something else are left alone', () => {
  const settings = new Settings({});
  assert.equal(settings.accept(), false);
  assert.equal(settings.refuse('invalid_value'), false);
  settings.request(1, { system_prompt: 'x' });
  assert.equal(settings.refuse('invalid_audio'), false);
  assert.equal(settings.refuse('audio_rate_violation'), false);
  assert.equal(settings.answer({ type: 'reply.done' }), false);
  assert.deepEqual(settings.done, []);

  assert.equal(settings.accept(), true);
  assert.deepEqual(settings.done, [[1, null]]);
});

test('a service that does not answer updates has accepted them', () => {
  const settings = new Settings({});
  settings.request(1, { system_prompt: 'x' });
  settings.request(2, { system_prompt: 'y' });
  settings.clock.pass(60_000);

  assert.deepEqual(settings.done, [
    [1, null],
    [2, null],
  ]);
});

/** @type {[string, object, string][]} */
const FIXED = [
  ['greeting', { greeting: 'Hi.' }, "'greeting' cannot be changed after the first session.update"],
  [
    'voice',
    { output: { voice: 'eve' } },
    "'output.voice' cannot be changed after the first session.update",
  ],
  [
    'format',
    { output: { format: {} } },
    "'output.format' cannot be changed after the first session.update",
  ],
  [
    'input format',
    { input: { format: {} } },
    "'input.format' cannot be changed after the first session.update",
  ],
  ['agent', { agent_id: 'agent_1' }, 'agent_id can only be set on the first session.update'],
];

for (const [name, session, message] of FIXED) {
  test(`a change of the ${name} is refused here, in the service’s own words`, () => {
    const settings = new Settings({});
    settings.request(1, session);

    assert.deepEqual(settings.sent, []);
    assert.deepEqual(
      [settings.done[0][1].code, settings.done[0][1].message],
      ['immutable-field', message],
    );
  });
}

/** @type {any} */
const cycle = {};
cycle.input = cycle;

/** @type {[string, any, RegExp][]} */
const WRONG = [
  [
    'a field that there is not',
    { tempo: 2 },
    /'tempo' is not a setting\. Known are system_prompt, /,
  ],
  ['a prompt that is no text', { system_prompt: 7 }, /'system_prompt' must be text/],
  ['tools that are no list', { tools: {} }, /'tools' must be an array/],
  ['a group that is no object', { input: null }, /'input' must be an object/],
  ['what is no object', 'x', /must be an object/],
  ['a big integer', { output: { volume: 1n } }, /must be JSON/],
  ['a cycle', cycle, /must be JSON/],
];

for (const [name, session, message] of WRONG) {
  test(`an update is refused here for ${name}`, () => {
    const settings = new Settings({});
    settings.request(1, session);

    assert.deepEqual(settings.sent, []);
    assert.equal(settings.done[0][1].code, 'update-refused');
    assert.match(settings.done[0][1].message, message);
  });
}

test('updates wait while there is no session, and one without an answer is sent again', () => {
  const settings = new Settings({});
  settings.request(1, { system_prompt: '1' });
  settings.lose();
  settings.request(2, { system_prompt: '2' });
  settings.clock.pass(20_000); // silence on a dead line says nothing
  assert.deepEqual(settings.done, []);

  settings.recover();
  settings.accept();
  settings.accept();

  assert.deepEqual(settings.sent, [
    { system_prompt: '1' },
    { system_prompt: '1' },
    { system_prompt: '2' },
  ]);
  assert.deepEqual(settings.done, [
    [1, null],
    [2, null],
  ]);
});

test('a stored agent stands alone in a new session, and is told its changes afterwards', () => {
  const settings = new Settings({ agent_id: 'agent_1' });
  settings.request(1, { system_prompt: 'x', input: { keyterms: ['a'] } });
  settings.accept();
  settings.request(2, { input: { transcription_mode: 'balanced' } });
  settings.accept();
  assert.deepEqual(settings.updates.config, { agent_id: 'agent_1' });

  settings.lose();
  settings.request(3, { system_prompt: 'y' });
  settings.recover();
  settings.accept();
  settings.accept();

  assert.deepEqual(settings.sent.slice(2), [
    { system_prompt: 'x', input: { keyterms: ['a'], transcription_mode: 'balanced' } },
    { system_prompt: 'y' },
  ]);
  assert.deepEqual(
    settings.done.map(([id]) => id),
    [1, 2, 3],
  );
});

test('an update is sent as the session must be told it, and remembered as the page wants it', () => {
  const settings = new Settings({}, (update) => ({ ...update, system_prompt: 'with story' }));
  settings.request(1, { system_prompt: 'x' });
  settings.accept();

  assert.deepEqual(settings.sent, [{ system_prompt: 'with story' }]);
  assert.deepEqual(settings.updates.config, { system_prompt: 'x' });
});

test('the end of a call answers every update, and later ones at once', () => {
  const settings = new Settings({});
  settings.request(1, { system_prompt: '1' });
  settings.request(2, { system_prompt: '2' });
  settings.updates.settle();
  settings.request(3, { system_prompt: '3' });

  assert.deepEqual(
    settings.done.map(([id, error]) => [id, error.code]),
    [1, 2, 3].map((id) => [id, 'update-refused']),
  );
  assert.deepEqual(settings.clock.timers, []);
});
