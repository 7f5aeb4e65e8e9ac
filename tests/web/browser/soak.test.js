// Many calls on one page, each with trouble in it: afterwards the page holds what it held after the first few.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installCounters, takeCensus } from './census.js';
import { beginEvidence } from './reconnect-evidence.js';
import { until } from './line.js';
import { setUpCalls } from './set-up.js';

/** @typedef {import('./caller.js').Caller} Caller */

const { line, callers } = await setUpCalls();

const ROUNDS = 5;

/**
 * What goes wrong in a call that is live, and how the call is after it.
 * @type {((caller: Caller) => Promise<unknown>)[]}
 */
const TROUBLE = [
  async (caller) => {
    await line.control({ set: { resume: 'ok' } });
    await line.control({ drop: true });
    await recovered(caller);
  },
  async (caller) => {
    await line.control({ set: { resume: 'not_found_1008' } });
    await line.control({ close: 1011 });
    await recovered(caller);
  },
  async (caller) => {
    await line.control({ set: { resume: 'not_found_open' } });
    await cut();
    await caller.reach('reconnecting');
    await mend();
    await recovered(caller);
  },
  async (caller) => {
    await cut(); // and the user gives up
    await caller.reach('reconnecting');
  },
  async () => {},
];

// The way to the tokens first, so that none is fetched for a socket that cannot open.
const cut = async () => [await line.site.cut(), await line.wire.cut()];
const mend = async () => [await line.wire.mend(), await line.site.mend()];

/** @param {Caller} caller */
async function recovered(caller) {
  const isBack = async () => (await caller.states()).slice(-2).join() === 'reconnecting,live';
  await until(isBack, 'recovery');
}

/** @param {Caller} caller */
async function playRound(caller) {
  for (const trouble of TROUBLE) {
    const evidence = await beginEvidence(line);
    await caller.call();
    await evidence.wasSent('input.audio'); // the sound system has all its files
    await trouble(caller);
    await caller.hangUp();
    await mend();
  }
}

test('twenty-five calls with trouble leave no context, track, worker, port, listener or timer behind', () =>
  callers.withCaller(line.url, async (caller) => {
    await caller.page.addInitScript(installCounters);
    await caller.page.reload();
    await playRound(caller);
    const early = await settled(caller);
    for (let round = 1; round < ROUNDS; round += 1) await playRound(caller);
    const late = await settled(caller);

    assert.deepEqual(late, early);
    assert.deepEqual([late.openContexts, late.microphones, late.Worker <= 1], [0, 0, true]);
    const {
      sockets_open: open,
      tokens_minted: minted,
      tokens_spared: spared,
      sockets_opened: opened,
    } = await line.stats();
    assert.equal(open, 0);
    assert.equal(minted + spared, opened);
  }));

/**
 * What the page holds once it has come to rest: clocks of the display run out, closed things are collected.
 * @param {Caller} caller
 */
async function settled(caller) {
  let last = await takeCensus(caller.page);
  for (let times = 0; times < 20; times += 1) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const now = await takeCensus(caller.page);
    if (JSON.stringify(now) === JSON.stringify(last)) return now;
    last = now;
  }
  return last;
}
