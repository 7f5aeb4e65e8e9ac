import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '../../../static/voice-agent/core/connection/protocol.js';
import { Transcript } from '../../../static/voice-agent/core/conversation/transcript.js';
import { seeded } from './random.js';
import { Talk } from './talk.js';

/**
 * A transcript after some events, a millisecond apart.
 * @param {[type: string, fields?: Record<string, unknown>, receivedMs?: number][]} events
 */
function written(events) {
  const transcript = new Transcript();
  events.forEach(([type, fields, receivedMs], index) =>
    transcript.apply(decode(JSON.stringify({ type, ...fields })), index, receivedMs),
  );
  return transcript;
}

/**
 * @param {string} delta
 * @param {number | null} [start_ms]
 * @returns {[string, Record<string, unknown>]}
 */
const word = (delta, start_ms = null) => [
  'transcript.agent.delta',
  {
    reply_id: 'r',
    item_id: 'i',
    delta,
    start_ms,
    end_ms: start_ms === null ? null : start_ms + 90,
  },
];

/**
 * @param {string} text
 * @param {string} [item_id]
 * @returns {[string, Record<string, unknown>]}
 */
const userSaid = (text, item_id = 'm') => ['transcript.user', { item_id, text }];

/**
 * @param {string} [status]
 * @returns {[string, Record<string, unknown>]}
 */
const done = (status = 'completed') => ['reply.done', { reply_id: 'r', status }];

/** @type {[string, Record<string, unknown>]} */
const started = ['reply.started', { reply_id: 'r' }];

const COUNTED = [word('One', 0), word('two', 400), word('three', 900)];

/** @param {Transcript} transcript */
const texts = (transcript) => transcript.turns.map(({ role, text }) => `${role}: ${text}`);

test('words join with one space, whichever side has one', () => {
  const transcript = written([word('Hi.'), word('Tell'), word('me '), word(' one'), word(' ')]);

  assert.deepEqual(texts(transcript), ['agent: Hi. Tell me one']);
});

test('a turn tells what it is, and where in the sound each word begins', () => {
  const [user, agent] = written([userSaid('Hm?'), ...COUNTED, word('four'), done()]).turns;

  assert.deepEqual(user, {
    id: 'user-m',
    role: 'user',
    text: 'Hm?',
    final: true,
    interrupted: false,
    startedAt: 0,
    words: [],
  });
  assert.deepEqual(agent, {
    id: 'agent-r',
    role: 'agent',
    text: 'One two three four',
    final: true,
    interrupted: false,
    startedAt: 1,
    words: [
      [0, 'One'],
      [400, 'two'],
      [900, 'three'],
      [900, 'four'],
    ],
  });
});

test('a word that is told twice counts once, one that comes late has its place', () => {
  const transcript = written([
    word('One', 0),
    word('One', 0),
    word('three', 900),
    word('two', 400),
  ]);

  assert.deepEqual(texts(transcript), ['agent: One two three']);
  assert.deepEqual(texts(written([word('no'), word('no')])), ['agent: no no']);
});

test('what the user says replaces what was understood before, under either key', () => {
  const transcript = written([
    ['transcript.user.delta', { item_id: 'm', text: 'Sorry to come.' }],
    ['transcript.user.delta', { item_id: 'm', delta: 'Sorry to cut.' }],
    userSaid('Sorry to cut in.'),
    userSaid('Sorry to cut in.'), // twice
    userSaid(''),
    ['transcript.user.delta', { item_id: 'm', text: 'Sorry to' }], // late
  ]);

  assert.deepEqual(texts(transcript), ['user: Sorry to cut in.']);
  assert.ok(transcript.turns[0].final);
});

test('utterances without an id are told apart by their ends', () => {
  const transcript = written([
    ['transcript.user.delta', { text: 'One' }],
    ['transcript.user', { text: 'One.' }],
    ['transcript.user', { text: 'Two.' }],
  ]);

  assert.deepEqual(texts(transcript), ['user: One.', 'user: Two.']);
});

test('an utterance that is left without an end gets it from the next one', () => {
  const transcript = written([
    ['transcript.user.delta', { item_id: 'a', text: 'I want' }],
    ['transcript.user.delta', { item_id: 'b', text: 'I want to go' }],
  ]);

  assert.deepEqual(
    transcript.turns.map(({ final }) => final),
    [true, false],
  );
});

const WORDS = [word('Hello', 0)];
/** @type {[string, Record<string, unknown>]} */
const speech = ['input.speech.started', {}];
/** @type {[string, Record<string, unknown>]} */
const silence = ['input.speech.stopped', {}];

/** @type {[string, [string, Record<string, unknown>][]][]} */
const ORDERS = [
  ['September', [speech, silence, userSaid('Hi.'), started, ...WORDS, done()]],
  ['March', [speech, started, silence, userSaid('Hi.'), ...WORDS, done()]],
  [
    'the user’s words after the agent’s',
    [speech, started, ...WORDS, silence, userSaid('Hi.'), done()],
  ],
  ['speech told twice', [speech, speech, started, ...WORDS, silence, userSaid('Hi.'), done()]],
  [
    'words before the reply is told to start',
    [speech, silence, userSaid('Hi.'), ...WORDS, started, done()],
  ],
];

for (const [name, events] of ORDERS) {
  test(`turns stand in the order in which they began: ${name}`, () => {
    const transcript = written(events);

    assert.deepEqual(texts(transcript), ['user: Hi.', 'agent: Hello']);
    const [user, agent] = transcript.turns;
    assert.ok(user.final && agent.final && user.startedAt <= agent.startedAt);
  });
}

test('who interrupts comes after the reply, in the order of a real interruption', () => {
  const transcript = written([
    started,
    ...COUNTED,
    ['transcript.agent', { reply_id: 'r', text: 'One t', interrupted: true }],
    ['transcript.user.delta', { item_id: 'm', text: 'Sorry' }],
    speech,
    done('interrupted'),
    silence,
    userSaid('Sorry, wait.'),
  ]);

  assert.deepEqual(texts(transcript), ['agent: One t', 'user: Sorry, wait.']);
});

test('a sound that was no word has no place among later turns', () => {
  const transcript = written([
    speech,
    started,
    ...WORDS,
    done(),
    ['reply.started', { reply_id: 's' }],
    ['transcript.agent.delta', { reply_id: 's', delta: 'More.' }],
    ['reply.done', { reply_id: 's' }],
    userSaid('Fine.'),
  ]);

  assert.deepEqual(texts(transcript), ['agent: Hello', 'agent: More.', 'user: Fine.']);
});

test('speech that was told twice leaves no place for what is said later', () => {
  const transcript = written([
    speech,
    speech,
    userSaid('Hi.'),
    started,
    ...WORDS,
    userSaid('No!', 'n'),
  ]);

  assert.deepEqual(texts(transcript), ['user: Hi.', 'agent: Hello', 'user: No!']);
});

test('a completed reply keeps its words though no final text comes', () => {
  const [turn] = written([started, ...COUNTED, done()]).turns;

  assert.deepEqual([turn.text, turn.final, turn.interrupted], ['One two three', true, false]);
});

test('a reply of the old wire has a text and no words', () => {
  const transcript = written([
    started,
    ['transcript.agent', { reply_id: 'r', text: 'Hello.' }],
    done(),
  ]);

  assert.deepEqual(texts(transcript), ['agent: Hello.']);
});

test('events without a reply’s id belong to the reply under way', () => {
  const transcript = written([
    started,
    ['transcript.agent.delta', { delta: 'Hello' }],
    ['transcript.agent', { text: 'Hello.' }],
    ['reply.done', {}],
    ['transcript.agent.delta', { delta: 'Next' }],
    ['reply.done', {}],
  ]);

  assert.deepEqual(texts(transcript), ['agent: Hello.', 'agent: Next']);
  assert.ok(transcript.turns.every(({ final }) => final));
});

test('a reply without a word makes no turn', () => {
  assert.deepEqual(written([started, done()]).turns, []);
  assert.deepEqual(written([done()]).turns, []);
});

test('an interrupted reply keeps what was heard of it, first by our count and then exactly', () => {
  const transcript = written([started, ...COUNTED]);
  transcript.heard({ replyId: 'r', ms: 390, done: false, flushed: false });
  transcript.apply(
    decode(JSON.stringify({ type: 'reply.done', reply_id: 'r', status: 'interrupted' })),
    9,
    5_000,
  );
  assert.deepEqual(texts(transcript), ['agent: One']);

  const [turn] = transcript.heard({ replyId: 'r', ms: 410, done: true, flushed: true });

  assert.deepEqual([turn.text, turn.interrupted, turn.final], ['One two', true, true]);
  assert.deepEqual(turn.words, [
    [0, 'One'],
    [400, 'two'],
  ]);
});

test('where nobody says what was heard, an interrupted reply keeps what had arrived', () => {
  const [turn] = written([started, ...COUNTED, [...done('interrupted'), 500]]).turns;

  assert.deepEqual([turn.text, turn.interrupted], ['One two', true]);
});

test('the service’s own cut text wins over ours', () => {
  const transcript = written([
    ...COUNTED,
    ['transcript.agent', { reply_id: 'r', text: 'One t', interrupted: true }],
    [...done('interrupted'), 0],
  ]);
  transcript.heard({ replyId: 'r', ms: 9_000, done: true, flushed: true });

  assert.deepEqual(texts(transcript), ['agent: One t']);
  assert.deepEqual(transcript.turns[0].words, [[0, 'One']]);
});

test('a whole text that comes with an interruption is cut all the same', () => {
  const [turn] = written([
    ...COUNTED,
    ['transcript.agent', { reply_id: 'r', text: 'One two three.', interrupted: false }],
    [...done('interrupted'), 500],
    ['transcript.agent', { reply_id: 'r', text: 'One two three.', interrupted: false }],
  ]).turns;

  assert.deepEqual([turn.text, turn.interrupted], ['One two', true]);
});

test('a reply that the service had finished is cut where its sound was', () => {
  const transcript = written([started, ...COUNTED, [...done(), 5_000]]);
  const [turn] = transcript.heard({ replyId: 'r', ms: 100, done: true, flushed: true });
  assert.deepEqual([turn.text, turn.interrupted], ['One', true]);

  const whole = written([started, ...COUNTED, [...done(), 5_000]]);
  assert.deepEqual(whole.heard({ replyId: 'r', ms: 4_000, done: true, flushed: true }), []);
  assert.equal(whole.turns[0].interrupted, false);
});

test('a reply that was never spoken is taken back', () => {
  const heard = written([started, ...COUNTED, [...done(), 900]]);
  heard.apply({ type: 'reply-started', replyId: 's' }, 9);
  heard.apply(decode('{"type":"transcript.agent","reply_id":"s","text":"Never said."}'), 9);
  const [turn] = heard.apply({ type: 'reply-done', replyId: 's', interrupted: false }, 9, 0);
  assert.deepEqual([turn.text, turn.final], ['', true]);
  assert.deepEqual(texts(heard), ['agent: One two three']);

  const silent = written([started, ...COUNTED, [...done(), 900]]);
  silent.heard({ replyId: 'r', ms: 900, done: true, flushed: false, silent: true });
  assert.deepEqual(silent.turns, []);
});

test('where replies come without any sound, they count as said', () => {
  assert.deepEqual(texts(written([started, ...COUNTED, [...done(), 0]])), ['agent: One two three']);
});

test('where the sound is blocked, replies stay to be read', () => {
  const transcript = written([started, ...COUNTED, [...done(), 900]]);
  transcript.heard({ replyId: 'r', ms: 0, done: true, flushed: true });

  assert.deepEqual(texts(transcript), ['agent: One two three']);
});

test('a lost socket ends what is open, and what comes of it later changes nothing', () => {
  const transcript = written([
    ['transcript.user.delta', { item_id: 'm', text: 'Hi' }],
    started,
    ...COUNTED,
  ]);
  transcript.heard({ replyId: 'r', ms: 100, done: false, flushed: false });
  assert.deepEqual(
    transcript.settle().map(({ text, final, interrupted }) => [text, final, interrupted]),
    [
      ['Hi', true, false],
      ['One', true, true],
    ],
  );
  transcript.apply(
    decode(JSON.stringify({ type: 'transcript.agent.delta', reply_id: 'r', delta: 'x' })),
    9,
  );

  assert.deepEqual(texts(transcript), ['user: Hi', 'agent: One']);
});

test('speech that a lost socket took with it has no place in the next session', () => {
  const transcript = written([speech]);
  transcript.settle();
  transcript.apply({ type: 'reply-text', replyId: 'r', text: 'Hello.', interrupted: false }, 8);
  transcript.apply({ type: 'user-text', itemId: 'm', text: 'Hi.', final: true }, 9);

  assert.deepEqual(texts(transcript), ['agent: Hello.', 'user: Hi.']);
});

test('a call goes on with the turns of the one before; what is not a turn is left out', () => {
  const [before] = written([...COUNTED]).turns;
  const transcript = new Transcript([before, null, { role: 'user' }, 'x', { ...before, id: 7 }]);
  const typed = transcript.addTyped('And now?', 5);
  transcript.apply(
    decode(JSON.stringify({ type: 'transcript.user', item_id: 'm', text: 'Hm.' })),
    6,
  );

  assert.deepEqual(texts(transcript), ['agent: One two three', 'user: And now?', 'user: Hm.']);
  assert.deepEqual([transcript.turns[0].final, transcript.turns[0].words], [true, []]);
  const again = new Transcript(transcript.turns).addTyped('Well?', 7);
  assert.notEqual(again.id, typed.id);
});

test('the words of a burst reach the page in a few pieces, the last of them whole', () => {
  const talk = new Talk();
  for (let i = 0; i < 300; i += 1) {
    talk.hear(...word(`w${i}`, i * 100));
    talk.clock.pass(i % 10 === 0 ? 1 : 0);
  }
  talk.clock.pass(100);

  assert.ok(talk.events.length <= 4, String(talk.events.length));
  assert.equal(talk.shown[0].words.length, 300);
});

test('no order of events makes the transcript throw, repeat a turn, or lose their order', () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const random = seeded(seed);
    const pick = (/** @type {number} */ count) => Math.floor(random() * count);
    const id = (/** @type {string} */ kind) => (random() < 0.1 ? undefined : `${kind}${pick(4)}`);
    const transcript = new Transcript();
    for (let step = 0; step < 200; step += 1) {
      const type = [
        ...['reply.started', 'reply.done', 'transcript.agent', 'transcript.agent.delta'],
        ...['transcript.user', 'transcript.user.delta', 'input.speech.started'],
      ][pick(7)];
      const times = random() < 0.2 ? {} : { start_ms: pick(3_000), end_ms: 3_000 + pick(9) };
      const text = random() < 0.1 ? '' : `text ${step}`;
      const status = ['completed', 'interrupted', undefined][pick(3)];
      const ids = { reply_id: id('r'), item_id: id('m') };
      const frame = {
        type,
        ...ids,
        ...times,
        text,
        delta: text,
        status,
        interrupted: pick(4) === 0,
      };
      transcript.apply(decode(JSON.stringify(frame)), step, pick(4_000));
      if (pick(4) === 0)
        transcript.heard({
          replyId: `r${pick(4)}`,
          ms: pick(4_000),
          done: pick(2) === 0,
          flushed: pick(2) === 0,
        });
      if (pick(60) === 0) transcript.settle();

      const { turns } = transcript;
      assert.equal(new Set(turns.map((turn) => turn.id)).size, turns.length, `seed ${seed}`);
      const begins = turns.map(({ startedAt }) => startedAt);
      assert.deepEqual(
        begins,
        begins.toSorted((a, b) => a - b),
        `seed ${seed}`,
      );
      for (const { words } of turns)
        assert.deepEqual(
          words,
          words.toSorted(([a], [b]) => a - b),
          `seed ${seed}`,
        );
    }
    transcript.settle();
    assert.ok(
      transcript.turns.every(({ final, text }) => final && text !== ''),
      `seed ${seed}`,
    );
  }
});

for (const reply_id of ['r', undefined])
  test(`the words of an interrupted reply that come after its end alone are there and final (${reply_id ? 'with' : 'without'} an id)`, () => {
    const transcript = written([
      started,
      done('interrupted'),
      ['transcript.agent', { reply_id, text: 'One two', interrupted: true }],
    ]);

    assert.deepEqual(texts(transcript), ['agent: One two']);
    assert.partialDeepStrictEqual(transcript.turns[0], { final: true, interrupted: true });
  });

for (const [first, second] of [
  [undefined, 'm'],
  ['m', undefined],
])
  test(`an utterance that is named only ${second ? 'in the end' : 'at first'} is one turn`, () => {
    const transcript = written([
      ['input.speech.started'],
      ['transcript.user.delta', { item_id: first, text: 'My name' }],
      ['transcript.user', { item_id: second, text: 'My name is Ann.' }],
    ]);

    assert.deepEqual(texts(transcript), ['user: My name is Ann.']);
    assert.equal(transcript.turns[0].final, true);
  });

test('a sentence that the loss cut short is replaced by its repetition, and only by that', () => {
  const begun = /** @type {[string, Record<string, unknown>]} */ ([
    'transcript.user.delta',
    { item_id: 'm', text: 'My name is' },
  ]);
  for (const [later, expected] of [
    [['My', 'My name is Ann.'], ['user: My name is Ann.']],
    [['Hello?'], ['user: My name is', 'user: Hello?']],
  ]) {
    const transcript = written([['input.speech.started'], begun]);
    transcript.settle();
    for (const [at, text] of later.entries()) {
      const type = at === later.length - 1 ? 'transcript.user' : 'transcript.user.delta';
      transcript.apply(decode(JSON.stringify({ type, item_id: 'n', text })), 9);
    }
    assert.deepEqual(texts(transcript), expected);
  }
});
