import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryDelayMs } from '../../../static/voice-agent/core/connection/reconnect/backoff.js';
import { ReplyGate } from '../../../static/voice-agent/core/downlink/barge-in.js';
import { FrameQueue, Uplink } from '../../../static/voice-agent/core/uplink/uplink.js';
import { seeded } from './random.js';

/**
 * @param {string} text
 * @param {number} [level]
 */
const frame = (text, level = 0.1) => ({ text, durationMs: 20, level });

/** @param {string} text */
const queued = (text) => ({ text, durationMs: 20, isQuiet: false });

/**
 * @param {number} from
 * @param {number} to not included
 */
const numbers = (from, to) => Array.from({ length: to - from }, (_, i) => String(from + i));

/**
 * @param {Uplink} uplink
 * @param {number} nowMs
 */
function drain(uplink, nowMs) {
  /** @type {string[]} */
  const sent = [];
  uplink.drain(nowMs, (text) => sent.push(text) > 0);
  return sent;
}

test('speech that waited goes out in order, most of a second at once and the rest at pace', () => {
  const uplink = new Uplink();
  for (const text of numbers(0, 100)) uplink.push(frame(text));

  assert.deepEqual(drain(uplink, 0), numbers(0, 40));
  assert.deepEqual(drain(uplink, 500), numbers(40, 65));
});

test('live speech comes after what waited', () => {
  const uplink = new Uplink();
  for (const text of numbers(0, 41)) uplink.push(frame(text));
  drain(uplink, 0);
  uplink.push(frame('live'));

  assert.deepEqual(drain(uplink, 20), ['40']);
  assert.deepEqual(drain(uplink, 40), ['live']);
});

test('whatever waits and whenever, no more than a second ahead of the clock is sent', () => {
  const random = seeded(11);
  for (let run = 0; run < 50; run += 1) {
    const uplink = new Uplink({ capacityMs: 60_000 });
    let sent = 0;
    for (let nowMs = 0; nowMs < 20_000; nowMs += Math.floor(random() * 300)) {
      for (let i = Math.floor(random() * 40); i > 0; i -= 1) uplink.push(frame('x'));
      sent += drain(uplink, nowMs).length;
      assert.ok(sent * 20 <= 900 + nowMs, `${sent} frames after ${nowMs} ms`);
    }
  }
});

test('silence is left out while catching up, but never so much that a pause is not heard', () => {
  const uplink = new Uplink();
  for (let i = 0; i < 200; i += 1) uplink.push(frame('', 0));
  let count = 0;
  for (let nowMs = 0; nowMs <= 4_000; nowMs += 20) count += drain(uplink, nowMs).length;

  assert.ok(uplink.queuedMs <= 40);
  assert.ok(count >= 60 && count < 70, String(count));
});

test('the noise of a room is left out as silence is, and speech in it stays', () => {
  const random = seeded(2);
  const uplink = new Uplink();
  const noise = () => 0.006 * (0.8 + 0.4 * random()); // about −44 dB
  for (let i = 0; i < 500; i += 1) uplink.push(frame('noise', noise()));
  for (let i = 0; i < 50; i += 1) uplink.push(frame('word', i % 10 < 7 ? 0.05 : noise()));
  for (let i = 0; i < 300; i += 1) uplink.push(frame('noise', noise()));
  /** @type {string[]} */
  const sent = [];
  for (let nowMs = 0; nowMs <= 6_000; nowMs += 20) sent.push(...drain(uplink, nowMs));

  assert.equal(sent.filter((text) => text === 'word').length, 50);
  assert.ok(sent.length < 300, `${sent.length} of 850 frames`);
});

test('an even sound that is loud is not left out', () => {
  const uplink = new Uplink();
  for (let i = 0; i < 900; i += 1) uplink.push(frame('tone', 0.3));
  let count = 0;
  for (let nowMs = 0; nowMs <= 20_000; nowMs += 20) count += drain(uplink, nowMs).length;

  assert.equal(count, 900);
});

test('more than the bound is not kept, and the oldest go first', () => {
  const uplink = new Uplink({ capacityMs: 100 });
  for (const text of numbers(0, 8)) uplink.push(frame(text));

  assert.deepEqual(drain(uplink, 0), numbers(3, 8));
  assert.equal(uplink.droppedMs, 60);
});

test('a frame that is not taken stays, and the order with it', () => {
  const uplink = new Uplink();
  for (const text of numbers(0, 3)) uplink.push(frame(text));
  uplink.drain(0, () => false);

  assert.deepEqual(drain(uplink, 0), numbers(0, 3));
  assert.equal(uplink.sentFrames, 3);
});

test('what a socket swallowed is put back, by its size, before what waits', () => {
  const uplink = new Uplink();
  for (const text of ['aaaa', 'bbbb', 'cccc']) uplink.push(frame(text));
  drain(uplink, 0);
  uplink.push(frame('live'));
  uplink.putBack(5);

  assert.deepEqual(drain(uplink, 100), ['bbbb', 'cccc', 'live']);
  assert.equal(uplink.replayedMs, 40);
});

test('what was put back once, or went to an earlier socket, is not put back again', () => {
  const uplink = new Uplink();
  uplink.push(frame('aaaa'));
  drain(uplink, 0);
  uplink.forgetSent();
  uplink.putBack(1_000);
  assert.deepEqual(drain(uplink, 100), []);

  uplink.push(frame('bbbb'));
  drain(uplink, 200);
  uplink.putBack(1_000);
  uplink.putBack(1_000);
  assert.deepEqual(drain(uplink, 300), ['bbbb']);
});

test('an hour of speech is remembered within a bound', () => {
  const uplink = new Uplink();
  const text = 'x'.repeat(1_313);
  for (let nowMs = 0; nowMs < 3_600_000; nowMs += 20) {
    uplink.push(frame(text));
    drain(uplink, nowMs);
  }
  uplink.putBack(Infinity);

  assert.ok(uplink.queuedMs < 11_000 && uplink.queuedMs > 10_000, `${uplink.queuedMs}`);
});

test('a queue of frames is a list that is used at both ends, whatever is done to it', () => {
  const random = seeded(5);
  const queue = new FrameQueue();
  /** @type {string[]} */
  const list = [];
  for (let step = 0; step < 20_000; step += 1) {
    const text = 'x'.repeat(Math.floor(random() * 4));
    const dice = random();
    if (dice < 0.5) {
      queue.push(queued(text));
      list.push(text);
    } else if (dice < 0.98 && list.length > 0) {
      const isFront = dice < 0.9;
      assert.equal(
        (isFront ? queue.shift() : queue.pop()).text,
        isFront ? list.shift() : list.pop(),
      );
    } else if (dice < 0.99) {
      queue.putBack([queued(text), queued('!')]);
      list.unshift(text, '!');
    }
    assert.equal(queue.isEmpty, list.length === 0);
    assert.equal(queue.durationMs, list.length * 20);
    assert.equal(queue.bytes, list.join('').length);
  }
  assert.ok(list.length > 100);
});

test('audio of a finished reply is not let through, the next one’s is, in any order', () => {
  const gate = new ReplyGate();
  gate.start('a');
  assert.equal(gate.admit('a'), 'a');
  assert.equal(gate.admit('b'), 'b'); // its start comes later, or never
  assert.equal(gate.finish('a'), 'a');
  assert.equal(gate.admit('a'), null);
  gate.start('a');
  assert.equal(gate.admit('a'), null);
  assert.equal(gate.admit('b'), 'b');
});

test('audio without an id belongs to the reply under way', () => {
  const gate = new ReplyGate();
  gate.start('a');

  assert.equal(gate.admit(null), 'a');
  gate.finish(null);
  assert.equal(gate.admit('a'), null);
});

test('a new socket ends whatever was under way', () => {
  const gate = new ReplyGate();
  gate.start('a');
  gate.reset();

  assert.equal(gate.admit('a'), null);
  assert.ok(!gate.isReplying);
});

test('the first attempt is made at once, later ones with growing and uneven waits', () => {
  assert.equal(retryDelayMs(0, 0.9), 0);
  assert.equal(retryDelayMs(1, 0.5), 250);
  assert.equal(retryDelayMs(2, 0), 375);
  const middle = [3, 4, 5, 6, 7, 99].map((attempt) => retryDelayMs(attempt, 0.5));
  assert.deepEqual(middle, [1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  assert.equal(retryDelayMs(99, 1), 10_000);
});
