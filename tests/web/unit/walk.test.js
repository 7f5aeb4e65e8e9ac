import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertNoTokenTwice, Bench, FRAME_MS, plainError, refusal, TOKEN_URL } from './fakes.js';
import { seeded } from './random.js';

const WALKS = 120;
const STEPS = 80;

const CODES = [
  'unauthorized',
  'session_not_found',
  'session_expired',
  'invalid_value',
  'internal_error',
  'at_capacity',
  'immutable_field',
];

const REPLIES = ['a', 'b', 'c'];

/** A call to which anything happens that a user, a page, a network and a service can do. */
class Walk {
  #random;
  #word = 0;
  /** @type {Map<string, string>} the session that each token opened, by the token's receipt */
  opened = new Map();
  ready = new Set();

  #answered = 0;

  /** @param {number} seed */
  constructor(seed) {
    this.#random = seeded(seed);
    this.bench = new Bench({ random: this.#random });
  }

  /** @param {readonly any[]} choices */
  #pick(choices) {
    return choices[Math.floor(this.#random() * choices.length)];
  }

  /** @param {object} frame */
  #say(frame) {
    const socket = this.#pick(this.bench.sockets);
    if (socket?.readyState === 1) socket.say(frame);
  }

  /** @type {Record<string, () => unknown>} */
  #acts = {
    start: () =>
      this.bench.start(
        { system_prompt: 'Be brief.', ...this.#pick([{}, { greeting: 'Hi.' }]) },
        {
          tokenPrefetch: this.#pick(['intent', 'always', 'never']),
          asksAccess: this.#pick([false, false, true]),
          resume: this.#pick([null, null, { sessionId: 'sess_0', turns: [] }]),
        },
      ),
    talk: async () => {
      for (let at = this.#random() * 2_000; at > 0; at -= FRAME_MS) {
        this.#word = (this.#word + 1) % 32_000;
        this.bench.speak(this.#word);
        await this.bench.pass(FRAME_MS);
      }
    },
    wait: () => this.bench.pass(this.#random() * this.#pick([50, 1_000, 20_000])),
    waitLong: () => this.#random() < 0.1 && this.bench.pass(this.#random() * 300_000),
    freeze: () => this.bench.freeze(this.#random() * 60_000),
    command: () =>
      this.bench.handle(
        this.#pick([
          { type: 'wake' },
          { type: 'extend' },
          { type: 'extend' },
          { type: 'prepare', tokenUrl: TOKEN_URL },
          { type: 'mute', muted: this.#random() < 0.5 },
          { type: 'say', text: 'hello' },
          { type: 'reply', instructions: null },
          { type: 'update', id: 1, session: { system_prompt: 'Be kind.' } },
          { type: 'tool-result', callId: 'c', value: 1, isError: false },
          { type: 'proceed' },
          this.#answerAccess(),
        ]),
      ),
    ports: () => this.bench.attachAudio(),
    leave: () =>
      this.#random() < 0.2 &&
      this.bench.handle(
        this.#pick([
          { type: 'stop' },
          { type: 'hang-up' },
          { type: 'fail', error: plainError('microphone-busy') },
        ]),
      ),
    refuse: () =>
      this.bench.tokenAnswers.push(
        this.#pick([
          refusal(503),
          refusal(503),
          refusal(429, {}, { 'Retry-After': '3' }),
          refusal(403),
        ]),
      ),
    error: () =>
      this.#random() < 0.5 &&
      this.#say({ type: 'session.error', code: this.#pick(CODES), message: 'no' }),
    ended: () => this.#random() < 0.3 && this.#say({ type: 'session.ended' }),
    drop: () => {
      const socket = this.#pick(this.bench.sockets);
      if (socket && socket.readyState < 2) socket.drop(this.#pick([1000, 1005, 1006, 1008, 1011]));
    },
    goDeaf: () => {
      const socket = this.#pick(this.bench.sockets);
      if (socket) socket.takesBytes = this.#pick([0, 50_000, Infinity]);
    },
    converse: () =>
      this.#say(
        this.#pick([
          { type: 'session.updated', config: {} },
          { type: 'input.speech.started' },
          { type: 'input.speech.stopped' },
          { type: 'transcript.user', item_id: 'm', text: 'hello' },
          { type: 'reply.started', reply_id: this.#pick(REPLIES) },
          { type: 'reply.audio', reply_id: this.#pick(REPLIES), data: 'AAAA' },
          {
            type: 'reply.done',
            reply_id: this.#pick(REPLIES),
            status: this.#pick(['interrupted', '']),
          },
          { type: 'tool.call', call_id: 'c', name: 'f', arguments: {} },
        ]),
      ),
    report: () => this.bench.report({ sounding: this.#pick([null, 'a']), level: 0.1 }),
  };

  async step() {
    await this.#pick(Object.values(this.#acts))();
    await this.bench.settle();
    const isAsked = this.bench.all('access-token-wanted').length > this.#answered;
    if (isAsked && this.#random() < 0.8) {
      this.#answered = this.bench.all('access-token-wanted').length;
      this.bench.handle(this.#answerAccess());
      await this.bench.settle();
    }
    if (this.#random() < 0.6) this.#serve();
  }

  /**
   * What a page says that was asked for its access token, or was not.
   * @returns {import('../../../static/voice-agent/core/session-types.js').SessionCommand}
   */
  #answerAccess() {
    const id = this.bench.last('access-token-wanted')?.id ?? 0;
    return { type: 'access-token', id, token: this.#pick(['word', 'word', null]), cause: null };
  }

  /** The service does what it should with every socket that waits for it. */
  #serve() {
    for (const socket of this.bench.sockets) {
      if (socket.readyState === 0) socket.open();
      const isOpened = socket.readyState === 1 && socket.sent.length === 1;
      const session_id = this.#pick(['sess_1', 'sess_2', 5]);
      if (!isOpened) continue;
      const receipt = `${socket.token}`.replace('token', 'receipt');
      const isNamed = typeof session_id === 'string' && socket.onmessage !== null;
      if (isNamed && !this.ready.has(socket)) this.opened.set(receipt, session_id);
      this.ready.add(socket); // a second word of it changes nothing
      socket.say({ type: 'session.ready', session_id });
    }
  }

  /** The user has had enough. */
  async leave() {
    this.bench.handle({ type: 'stop' });
    await this.bench.pass(10_000); // the service need not even answer
  }
}

/** @param {Bench} bench */
function assertInOrder(bench) {
  for (const { spoken } of bench.sockets) {
    const words = spoken.filter((word) => word > 0); // muted frames have no number
    for (let i = 1; i < words.length; i += 1)
      assert.ok(words[i] > words[i - 1] || words[i - 1] - words[i] > 16_000, 'speech out of order');
  }
}

/**
 * Each receipt is given out once, with the session that its token opened, and none is kept back; or, of a token that
 * opened none, as unused.
 * @param {Walk} walk
 */
function assertEachReceiptOnce({ bench, opened }) {
  const ends = bench.reported.flatMap((end) =>
    'sessionId' in end ? [[end.receipt, end.sessionId]] : [],
  );
  assert.deepEqual(ends.sort(), [...opened].sort());
  const receipts = bench.reported.map(({ receipt }) => receipt);
  assert.equal(new Set(receipts).size, receipts.length);
}

test('whatever happens to a call, the user can leave it, and nothing of it is left behind', async () => {
  const seen = new Set();
  for (let seed = 1; seed <= WALKS; seed += 1) {
    const walk = new Walk(seed);
    const { bench } = walk;
    try {
      for (let step = 0; step < STEPS; step += 1) {
        await walk.step();
        if (step % 20 === 0) assertInOrder(bench);
      }
      await walk.leave();
      await bench.pass(10_000); // for which a token is kept that a press was to fetch

      assert.ok(
        ['idle', 'ended', 'failed', undefined].includes(bench.state?.state),
        bench.state?.state,
      );
      assert.ok(
        bench.sockets.every(({ readyState }) => readyState === 3),
        'a socket is left open',
      );
      assert.deepEqual(bench.timers, [], 'a timer is left');
      assertNoTokenTwice(bench);
      assertInOrder(bench);
      assertEachReceiptOnce(walk);
      for (const { state, recovery } of bench.all('state')) seen.add(`${state} ${recovery}`);
    } catch (error) {
      throw new Error(`walk ${seed}`, { cause: error });
    }
  }

  for (const state of ['live resumed', 'live continued', 'failed null', 'ended null'])
    assert.ok(seen.has(state), `no walk came to ${state}`);
});
