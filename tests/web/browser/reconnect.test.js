// Every cause for which a socket is lost, and every answer to the attempt to pick its session up again.
// The user speaks while there is no line; the service must hear all of it afterwards.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginEvidence, endCleanly } from './reconnect-evidence.js';
import { setUpCalls } from './set-up.js';

/** @typedef {import('./line.js').Line} Line */

const { line, callers } = await setUpCalls();

/** Enough to tell whether it was kept. */
const SAID = { seconds: 1 };

const CALLED = ['idle', 'connecting', 'live'];
const RESUMED = /Nothing is missing/;
const CONTINUED = /goes on in a new session, and the agent knows what was said/;

/**
 * @typedef {object} Loss
 * @property {string} name
 * @property {string} resume the simulator's answer to the attempt
 * @property {(line: Line) => Promise<void>} lose how the socket is lost
 * @property {RegExp} note what the conversation shows afterwards
 * @property {number} sockets in all
 * @property {string} cause under which the client counts the loss
 */

/** @param {Line} line */
const drop = (line) => line.control({ drop: true });

/** @type {Loss[]} */
const LOSSES = [
  ...['not_found_1008', 'not_found_open', 'expired_1008', 'forbidden_1008'].map((resume) => ({
    name: `a resume that is refused (${resume})`,
    resume,
    lose: drop,
    note: CONTINUED,
    sockets: 3,
    cause: 'close-1006',
  })),
  {
    name: 'a cut line (1006), and a resume',
    resume: 'ok',
    lose: drop,
    note: RESUMED,
    sockets: 2,
    cause: 'close-1006',
  },
  ...[1008, 1011].map((code) => ({
    name: `a close with ${code} and without a goodbye`,
    resume: 'ok',
    lose: (/** @type {Line} */ line) => line.control({ close: code }),
    note: RESUMED,
    sockets: 2,
    cause: `close-${code}`,
  })),
  {
    name: 'a close without a code (1005)',
    resume: 'ok',
    lose: (line) => line.wire.closeWithoutCode(),
    note: RESUMED,
    sockets: 2,
    cause: 'close-1005',
  },
];

for (const { name, resume, lose, note, sockets, cause } of LOSSES) {
  test(`${name}: the call goes on, and nothing that was said is lost`, () =>
    callers.withCaller(line.url, async (caller) => {
      await line.control({ set: { resume } });
      const evidence = await beginEvidence(line);
      await caller.call();
      const release = await caller.holdTokens();

      await lose(line);
      await caller.reach('reconnecting');
      await caller.say(SAID.seconds);
      release();
      await caller.reach('live');

      await evidence.assertHeard(SAID);
      await caller.page.getByRole('log').getByText(note).waitFor();
      await caller.assertSaw(
        'reconnecting',
        /of what you say are kept, and so is the conversation/,
      );
      assert.deepEqual(await caller.states(), [...CALLED, 'reconnecting', 'live']);
      await evidence.assertTokens({ sockets });
      await endCleanly(line, caller);
      const { uplink, connection } = await caller.stats();
      assert.equal(uplink.droppedMs, 0);
      assert.deepEqual(connection.lossesByCause, { [cause]: 1 });
      assert.deepEqual(
        [connection.sockets, connection.tokens, connection.resumes, connection.continues],
        [
          sockets,
          note === CONTINUED ? sockets - 1 : sockets,
          note === RESUMED ? 1 : 0,
          note === CONTINUED ? 1 : 0,
        ],
      );
    }));
}

for (const resume of ['ok', 'not_found_1008'])
  test(`a line that breaks in the middle of a sentence (${resume}): it is heard whole, stands once, and is answered once`, () =>
    callers.withCaller(line.url, async (caller) => {
      await line.control({ set: { resume } });
      const from = line.readLog().length;
      const heard =
        (/** @type {string} */ type) =>
        (/** @type {any} */ { dir, frame }) =>
          dir === 's2c' && frame.type === type;
      await caller.call();
      const said = caller.say();
      await line.untilLogged(heard('transcript.user.delta'), from);
      await caller.page.locator('.turn[data-role="user"]').waitFor();
      await drop(line);
      const evidence = await beginEvidence(line);
      await said;
      await evidence.assertHeard();
      await line.untilLogged(heard('reply.done'), from);

      const since = line.readLog().slice(from);
      const count = (/** @type {string} */ type) => since.filter(heard(type)).length;
      assert.deepEqual([count('transcript.user'), count('reply.started')], [1, 1]);
      assert.equal(await caller.page.locator('.turn[data-role="user"]').count(), 1);
      await endCleanly(line, caller);
    }));

test('a close with 1000 and without a goodbye ends the call, and no session is opened unasked', () =>
  callers.withCaller(line.url, async (caller) => {
    await caller.call();
    await line.control({ close: 1000 });
    await caller.reach('ended');
    const { connection } = await caller.stats();
    assert.deepEqual([connection.sockets, connection.tokens], [1, 1]);
  }));
