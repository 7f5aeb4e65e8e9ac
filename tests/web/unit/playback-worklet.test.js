import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkDecoder } from '../../../static/voice-agent/worklets/chunk-decoder.js';
import { QUANTUM, RATE_HZ, tone } from './playing.js';
import { seeded } from './random.js';

/** @typedef {import('../../../static/voice-agent/worklets/jitter-buffer/playback-queue.js').PlaybackReport} PlaybackReport */
/** @typedef {import('../../../static/voice-agent/worklets/jitter-buffer/playback-queue.js').PlaybackCommand} PlaybackCommand */
/** @typedef {{port: FakePort, process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean}} Processor */

/** One end of a message channel, without the waiting. */
class FakePort {
  /** @type {((event: {data: unknown}) => void) | null} */
  onmessage = null;
  /** @type {PlaybackReport[]} */
  reports = [];
  isClosed = false;

  /** @param {PlaybackReport} report */
  postMessage(report) {
    this.reports.push(report);
  }

  close() {
    this.isClosed = true;
  }

  /** @param {PlaybackCommand} command */
  send(command) {
    this.onmessage?.({ data: command });
  }
}

/** What the browser gives a worklet. */
/** @type {(new () => Processor)[]} */
const registered = [];
Object.assign(globalThis, {
  sampleRate: 48_000,
  currentFrame: 0,
  AudioWorkletProcessor: class {
    port = new FakePort();
  },
  registerProcessor: (/** @type {string} */ _, /** @type {new () => Processor} */ processor) =>
    registered.push(processor),
});
await import(
  new URL('../../../static/voice-agent/worklets/playback.worklet.js', import.meta.url).href
);

/** A worklet with a session. */
function connected() {
  const processor = new registered[0]();
  const session = new FakePort();
  processor.port.onmessage?.({ data: { session } });
  return { processor, session };
}

/**
 * @param {Processor} processor
 * @param {number} ms
 */
function play(processor, ms) {
  const heard = new Float32Array(Math.ceil((ms * 48) / QUANTUM) * QUANTUM);
  for (let at = 0; at < heard.length; at += QUANTUM) {
    processor.process([], [[heard.subarray(at, at + QUANTUM)]]);
  }
  return heard;
}

/**
 * @param {number} ms
 * @returns {ArrayBuffer}
 */
function loud(ms) {
  return new Int16Array((RATE_HZ * ms) / 1000).fill(16_384).buffer;
}

test('the worklet reports 15 times a second while a reply sounds, at once when that changes, and not in silence', () => {
  const { processor, session } = connected();
  play(processor, 500);
  assert.equal(session.reports.length, 0);

  session.send({ type: 'audio', replyId: 'a', pcm: loud(2_000) });
  play(processor, 50);
  const starts = session.reports.filter(({ sounding }) => sounding === 'a');
  assert.equal(starts.length, 1);
  play(processor, 1_000);
  assert.ok(Math.abs(session.reports.length - 16) <= 2);
  assert.ok(Math.abs((session.reports.at(-1)?.level ?? 0) - 0.5) < 0.01);

  session.send({ type: 'end', replyId: 'a' });
  play(processor, 1_100);
  const last = session.reports.at(-1);
  assert.equal(last?.sounding, null);
  assert.deepEqual(last?.finished, [{ replyId: 'a', heardMs: 2_000, flushed: false }]);
  const { length } = session.reports;
  play(processor, 500);
  assert.equal(session.reports.length, length);
});

test('another session closes the port of the one before, and what sounded falls silent', () => {
  const { processor, session } = connected();
  session.send({ type: 'audio', replyId: 'a', pcm: loud(2_000) });
  play(processor, 100);
  const other = new FakePort();

  processor.port.onmessage?.({ data: { session: other } });

  assert.ok(session.isClosed);
  assert.ok(
    play(processor, 100)
      .subarray(48 * 5)
      .every((sample) => sample === 0),
  );
  assert.equal(other.reports.at(-1)?.finished[0].flushed, true);
});

test('without a session it lets what sounds fade out, then says that it has ended, and does end', () => {
  const { processor, session } = connected();
  session.send({ type: 'audio', replyId: 'a', pcm: loud(2_000) });
  play(processor, 100);

  processor.port.onmessage?.({ data: { session: null } });

  const quantum = new Float32Array(QUANTUM);
  assert.ok(processor.process([], [[quantum]]), 'no click');
  assert.ok(quantum[0] > 0.4);
  let quanta = 1;
  while (processor.process([], [[quantum]])) quanta += 1;
  assert.ok(quanta <= 4, `${quanta} quanta`);
  assert.deepEqual(/** @type {unknown[]} */ (processor.port.reports), ['ended']);
});

test('a reply is cut in the very next quantum', () => {
  const { processor, session } = connected();
  session.send({ type: 'audio', replyId: 'a', pcm: loud(10_000) });
  play(processor, 100);
  session.send({ type: 'duck', on: true });
  play(processor, 100);
  session.send({ type: 'duck', on: false });
  play(processor, 200);

  session.send({ type: 'flush', replyId: 'a' });
  const heard = play(processor, 10);

  assert.ok(heard[0] < 0.5 && heard[0] > 0.49);
  assert.ok(heard.subarray(48 * 5).every((sample) => sample === 0));
});

for (const rateHz of [16_000, 24_000, 44_100, 48_000]) {
  test(`at ${rateHz} Hz a reply has every sample it should have, in its place, whatever its chunks`, () => {
    const random = seeded(rateHz);
    const wire = Int16Array.from(tone(1, 200), (sample) => Math.round(sample * 32_768));
    /** @type {Map<string, number[]>} */
    const given = new Map();
    const decoder = new ChunkDecoder(rateHz, (replyId, samples, count) => {
      given.set(replyId, [...(given.get(replyId) ?? []), ...samples.subarray(0, count)]);
    });

    for (const replyId of ['a', 'b']) {
      for (let at = 0; at < wire.length;) {
        const size = 1 + Math.floor(random() * 3_000);
        decoder.decode(replyId, wire.subarray(at, at + size));
        at += size;
      }
    }
    decoder.end('b');

    for (const samples of given.values()) {
      assert.equal(samples.length, rateHz);
      const worst = Math.max(
        ...samples
          .slice(rateHz / 100, -rateHz / 100)
          .map((sample, i) =>
            Math.abs(sample - 0.5 * Math.sin(2 * Math.PI * 200 * (i / rateHz + 0.01))),
          ),
      );
      assert.ok(worst < 0.5 * 2 * Math.PI * 200 * (1 / rateHz) * 1.01, `${worst}`);
    }
  });
}
