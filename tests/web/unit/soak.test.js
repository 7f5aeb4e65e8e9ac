// An hour of talk, something going wrong in every minute of it. Time is made up, faults are seeded.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { seeded } from './random.js';
import { World } from './soak-world.js';

const MINUTES = 60;

/** How much the heap may have grown between the tenth minute and the last: the transcript is in it. */
const GROWTH_BYTES = 4_000_000;

/** Longest that a goodbye may hold the user up. */
const PATIENCE_MS = 4_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

/** @typedef {'intent' | 'always' | 'never'} Spare */

/** @type {Record<string, (world: World, random: () => number) => void>} */
const FAULTS = {
  'a drop': ({ service }) => service.drop(1006),
  'an internal error': ({ service }) => service.drop(1011),
  'a polite close without a goodbye': ({ service }) => service.drop(1000),
  'a dead line': ({ service }) => service.deafen(),
  'a drop, and the session is gone': ({ service }, random) => {
    const refusals = ['session_not_found', 'session_forbidden', 'session_expired'];
    service.resumes = refusals[Math.floor(random() * refusals.length)];
    service.drop(1006);
  },
  'a drop, and no tokens': ({ service }) => {
    service.tokenStatus = 503;
    service.drop(1006);
  },
  'a drop, and a token route that asks for patience': ({ service }) => {
    service.tokenStatus = 429;
    service.retryAfter = 7;
    service.drop(1006);
  },
  'no network': ({ service }) => {
    service.isOnline = false;
    service.drop(1006);
  },
  'a roll-over': ({ session }) => session.handle({ type: 'extend' }),
  'a roll-over on a line that dies': ({ session, service }) => {
    session.handle({ type: 'extend' });
    service.deafen();
  },
  'a mute': ({ session }, random) => session.handle({ type: 'mute', muted: random() < 0.5 }),
  'an interruption': ({ service }) => service.interrupt(),
  'another microphone': (world) => world.attachAudio(),
  'a page that is looked at again': ({ session }) => session.handle({ type: 'wake' }),
  'typed words': ({ session }) => session.handle({ type: 'say', text: 'Really?' }),
};

/** What was wrong is right again. @param {World} world */
function mend({ service, session }) {
  Object.assign(service, { isOnline: true, tokenStatus: 200, retryAfter: null, resumes: 'ok' });
  session.handle({ type: 'wake' });
}

/**
 * @param {World} world
 * @param {Spare} spare
 */
async function startAgain(world, spare) {
  world.start(spare);
  assert.ok(await world.pass(10_000, () => world.state === 'live'), `start: still ${world.state}`);
}

/**
 * The user gives up: whatever is going on, it ends at once, and nothing of it stays.
 * @param {World} world
 */
async function stop(world) {
  world.session.handle({ type: 'stop' });
  const isOver = () => ['ended', 'failed'].includes(world.state);
  assert.ok(await world.pass(PATIENCE_MS, isOver), `stop: still ${world.state}`);
  await world.pass(10_000); // a goodbye may take so long
  assertNothingLeft(world);
}

/** @param {World} world */
function assertNothingLeft(world) {
  assert.equal(world.timers.pending, 0, 'a timer is left');
  assert.equal(world.openPorts, 0, 'a port is left open');
  assert.equal(world.service.openSockets, 0, 'a socket is left open');
}

/**
 * @param {World} world
 * @param {Spare} spare
 */
function assertBounded(world, spare) {
  const { timers, service } = world;
  assert.ok(timers.pending <= 20, `${timers.pending} timers`);
  assert.ok(service.openSockets <= 2, `${service.openSockets} sockets`);
  assert.ok(world.openPorts <= 2, `${world.openPorts} ports`);
  assert.ok(
    service.unusedTokens <= (spare === 'always' ? 4 : 1),
    `${service.unusedTokens} tokens lie about`,
  );
  assert.equal(service.counts.reused, 0, 'a token was used twice, or too late');
}

/**
 * One minute: a fault, some time, everything is mended, and the call must be well, or over for good.
 * @param {World} world
 * @param {() => number} random
 * @param {Spare} spare
 */
async function minute(world, random, spare) {
  const names = Object.keys(FAULTS);
  const name = names[Math.floor(random() * names.length)];
  const endMs = world.nowMs + 60_000;
  await world.pass(random() * 10_000);
  FAULTS[name](world, random);
  await world.pass(random() * 25_000);
  assertBounded(world, spare);
  if (random() < 0.2) await stop(world);
  mend(world);
  await world.pass(endMs - 2_000 - world.nowMs);
  assertBounded(world, spare);
  if (world.state !== 'live') {
    assert.ok(['ended', 'failed'].includes(world.state), `after ${name}: ${world.state}`);
    await startAgain(world, spare);
  }
  await world.pass(endMs - world.nowMs);
}

/** @type {[number, Spare][]} */
const HOURS = [
  [1, 'intent'],
  [2, 'never'],
  [3, 'always'],
];

for (const [seed, spare] of HOURS) {
  test(`an hour with a fault in each minute leaves nothing behind (seed ${seed}, token prefetch: ${spare})`, async () => {
    const random = seeded(seed);
    const world = new World(random);
    await startAgain(world, spare);
    let heapBytes = 0;
    for (let number = 0; number < MINUTES; number += 1) {
      await minute(world, random, spare);
      if (number !== 10) continue;
      collectGarbage();
      heapBytes = process.memoryUsage().heapUsed;
    }
    await stop(world);

    collectGarbage();
    const grownBytes = process.memoryUsage().heapUsed - heapBytes;
    assert.ok(grownBytes < GROWTH_BYTES, `the heap grew by ${grownBytes} bytes`);
    const { granted, used, reused, frames } = world.service.counts;
    assert.equal(reused, 0, 'a token was used twice');
    if (spare !== 'always') assert.equal(granted, used, 'a token was fetched for nothing');
    assert.ok(frames > 20_000, `only ${frames} frames were heard`);
    assert.ok(world.soundMs > 150_000, `the agent was heard for ${world.soundMs} ms only`);
    assert.ok(world.entered.reconnecting > 5, 'nothing had to be recovered');
  });
}
