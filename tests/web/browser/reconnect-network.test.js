// A network that is away, or that is dead without a word.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginEvidence, endCleanly } from './reconnect-evidence.js';
import { setUpCalls } from './set-up.js';

/** @typedef {import('./caller.js').Caller} Caller */

const { line, callers } = await setUpCalls();

const CALLED = ['idle', 'connecting', 'live'];

/** Beyond the grace window and beyond what is kept of the user's speech. */
const LONG_OUTAGE_MS = 40_000;

/** @param {Caller} caller */
async function goOffline(caller) {
  await caller.page.context().setOffline(true);
  // The way to the tokens first, so that none is fetched for a socket that cannot open.
  await line.site.cut();
  await line.wire.cut();
  await caller.reach('reconnecting');
}

/** @param {Caller} caller */
async function comeBack(caller) {
  await line.wire.mend();
  await line.site.mend();
  await caller.page.context().setOffline(false);
  await caller.reach('live');
}

test('offline for three seconds: all that was said meanwhile is heard, in the same session', () =>
  callers.withCaller(line.url, async (caller) => {
    await line.control({ set: { resume: 'ok' } });
    const evidence = await beginEvidence(line);
    await caller.call();

    await evidence.wasSent('input.audio'); // the sound system has all its files
    await goOffline(caller);
    await caller.say(); // takes two seconds
    await caller.say(1);
    await comeBack(caller);

    await evidence.assertHeard();
    assert.deepEqual(await caller.states(), [...CALLED, 'reconnecting', 'live']);
    await evidence.assertTokens({ sockets: 2 });
    await endCleanly(line, caller);
    const { uplink, connection } = await caller.stats();
    assert.deepEqual([uplink.droppedMs, connection.resumes, connection.continues], [0, 1, 0]);
  }));

test('offline for forty seconds: a new session, the last words are heard, and the rest is counted as lost', () =>
  callers.withCaller(line.url, async (caller) => {
    const evidence = await beginEvidence(line);
    await caller.call();

    await evidence.wasSent('input.audio'); // the sound system has all its files
    await goOffline(caller);
    await new Promise((resolve) => setTimeout(resolve, LONG_OUTAGE_MS));
    await caller.say();
    await comeBack(caller);

    await evidence.assertHeard();
    assert.deepEqual(await caller.states(), [...CALLED, 'reconnecting', 'live']);
    await caller.page.getByRole('log').getByText('in a new session').waitFor();
    await evidence.assertTokens({ sockets: 2 });
    await endCleanly(line, caller);
    const { uplink, connection } = await caller.stats();
    assert.ok(uplink.droppedMs > 0, 'nothing is counted as lost');
    assert.deepEqual([connection.resumes, connection.continues], [0, 1]);
  }));

test('a line that is dead without a word is noticed, and what it swallowed is said again', () =>
  callers.withCaller(line.url, async (caller) => {
    const evidence = await beginEvidence(line);
    await caller.call();
    // At once: the more a line has carried, the more the system lets pile up before it says so.
    await line.wire.deafen();
    const release = await caller.holdTokens();
    const times = await caller.sayUntil('reconnecting');
    release();
    await caller.reach('live');

    await evidence.assertHeard({ times });
    assert.deepEqual(await caller.states(), [...CALLED, 'reconnecting', 'live']);
    await endCleanly(line, caller, 1);
    await line.wire.cut();
    await line.wire.mend();
    const { connection, uplink } = await caller.stats();
    assert.deepEqual([connection.livenessFailures, uplink.droppedMs], [1, 0]);
    // What it is noticed by depends on how much browser and system swallow; what does not answer is not resumed.
    await evidence.assertTokens({ sockets: 'no-answer' in connection.lossesByCause ? 2 : 3 });
    assert.ok(uplink.replayedMs > 0);
  }));

test('a service that hears but does not answer any more is noticed, and left for a new session', () =>
  callers.withCaller(line.url, async (caller) => {
    const evidence = await beginEvidence(line);
    await caller.call();
    await line.control({ faults: { silence: '0s' } });
    await line.control({ faults: { silence: null } }); // of those to come; this one stays as it is
    const release = await caller.holdTokens();
    const times = await caller.sayUntil('reconnecting');
    release();
    await caller.reach('live');

    await evidence.assertHeard({ times });
    await evidence.assertTokens({ sockets: 2 });
    await endCleanly(line, caller, 1);
    await line.control({ drop: true });
  }));
