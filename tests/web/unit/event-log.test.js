// The log of a call: what it says, what it never says, and what it costs while nobody looks.

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { Emitter } from '../../../static/voice-agent/emitter.js';
import { EventLog, MAX_ENTRIES } from '../../../static/voice-agent/core/telemetry/event-log.js';
import { Bench } from './fakes.js';

/** @typedef {import('../../../static/voice-agent/core/telemetry/event-log.js').LogEntry} LogEntry */

const AUDIO = Buffer.alloc(960, 1).toString('base64'); // 20 ms

/** @param {Bench} bench */
const batches = (bench) => bench.all('debug');

/**
 * The log as somebody sees it who has listened from some time on.
 * @param {Bench} bench
 * @returns {LogEntry[]}
 */
function seen(bench) {
  /** @type {Map<number, LogEntry>} */
  const lines = new Map();
  for (const { firstId, entries } of batches(bench)) {
    for (const id of lines.keys()) if (id < firstId) lines.delete(id);
    for (const entry of entries) lines.set(entry.id, entry);
  }
  return [...lines.values()];
}

/** @param {Bench} bench */
const names = (bench) =>
  seen(bench).map(({ name, count }) => (count > 1 ? `${name} ×${count}` : name));

test('who begins to watch in the middle of a call is told what happened before', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.handle({ type: 'watch', on: true });

  assert.equal(batches(bench).length, 1);
  assert.deepEqual(names(bench), [
    'state',
    'token',
    'socket',
    'session.update',
    'session.updated',
    'session.ready',
    'state',
  ]);
  const ready = seen(bench).find(({ name }) => name === 'session.ready');
  assert.deepEqual(
    [ready?.direction, ready?.group, ready?.detail],
    ['in', 'connection', { sessionId: 'sess_1' }],
  );
});

test('sound is one line for as long as nothing else happens, with its count and length', async () => {
  const bench = new Bench();
  await bench.goLive();
  for (let i = 0; i < 50; i += 1) {
    bench.speak();
    bench.socket.say({ type: 'reply.audio', reply_id: 'r', data: AUDIO });
    await bench.pass(20);
  }
  bench.handle({ type: 'mute', muted: true });
  bench.speak();
  bench.handle({ type: 'watch', on: true });

  const lines = seen(bench).slice(-4);
  assert.deepEqual(
    lines.map(({ name, count, soundMs }) => [name, count, soundMs]),
    [
      ['input.audio', 50, 1_000],
      ['reply.audio', 50, 1_000],
      ['mute', 1, 0],
      ['input.audio', 1, 20],
    ],
  );
  assert.ok(lines[0].bytes > 50 * AUDIO.length);
});

test('a line that goes on is told again under its id, at most twice a second', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.handle({ type: 'watch', on: true });
  await bench.speakFor(3_000);

  const updates = batches(bench).slice(1);
  assert.ok(updates.length >= 4 && updates.length <= 6, `${updates.length} messages`);
  assert.equal(new Set(updates.flatMap(({ entries }) => entries.map(({ id }) => id))).size, 1);
});

test('nobody watches: no message and no timer; nobody watches any more: the same', async () => {
  const bench = new Bench();
  await bench.goLive();
  const timers = bench.timers.length;
  bench.speak();
  assert.equal(batches(bench).length, 0);

  bench.handle({ type: 'watch', on: true });
  bench.speak();
  bench.handle({ type: 'watch', on: false });
  assert.equal(bench.timers.length, timers);
  await bench.speakFor(1_000);
  assert.equal(batches(bench).length, 1);
});

test('the log is bounded, and the next call begins with an empty one', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.handle({ type: 'watch', on: true });
  for (let i = 0; i < MAX_ENTRIES; i += 1) bench.handle({ type: 'mute', muted: i % 2 === 0 });
  await bench.pass(500);
  assert.equal(seen(bench).length, MAX_ENTRIES);
  assert.ok(!names(bench).includes('token'));

  bench.handle({ type: 'hang-up' });
  await bench.start();
  await bench.pass(500);
  assert.deepEqual([seen(bench)[0].name, seen(bench)[0].atMs], ['state', 0]);
});

test('only known fields with codes, ids and numbers get into a line', () => {
  /** @type {any[]} */
  const told = [];
  const log = new EventLog({ nowMs: () => 0, schedule: () => 0, cancel: () => {} }, (event) =>
    told.push(event),
  );
  log.note('trouble', 'lost', {
    cause: 'close-1006',
    count: 2,
    code: 'several words of a person',
    token: 'secret',
    reason: { inner: 'secret' },
  });
  log.watch(true);

  assert.deepEqual(told[0].entries[0].detail, { cause: 'close-1006', count: 2 });
});

test('a name that no service would give a message is not repeated', async () => {
  const bench = new Bench();
  await bench.goLive();
  bench.socket.say({ type: 'my password is 1234' });
  bench.socket.say({ type: 'reply.thinking' });
  bench.handle({ type: 'watch', on: true });

  assert.deepEqual(names(bench).slice(-2), ['unknown', 'reply.thinking']);
});

test('a listener that an earlier one has taken off is not called any more, nor does its signal keep it', () => {
  /** @type {Emitter<{state: string}>} */
  const emitter = new Emitter();
  const life = new AbortController();
  /** @type {string[]} */
  const heard = [];
  emitter.on('state', () => life.abort());
  emitter.on('state', () => heard.push('aborted'), life);
  emitter.emit('state', 'ended');
  assert.deepEqual(heard, []);

  const { signal } = new AbortController();
  const off = emitter.on('state', () => {}, { signal });
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  off();
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('an emitter tells when its first listener comes and its last one goes', () => {
  /** @type {[string, number][]} */
  const changes = [];
  /** @type {Emitter<{debug: number}>} */
  const emitter = new Emitter((type, count) => changes.push([type, count]));
  const gone = new AbortController();
  const off = emitter.on('debug', () => {});
  emitter.on('debug', () => {}, gone);
  off();
  off();
  gone.abort();

  assert.deepEqual(
    changes.map(([, count]) => count),
    [1, 2, 1, 0],
  );
});
