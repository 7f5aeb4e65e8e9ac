import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench } from './fakes.js';

for (const isLive of [false, true])
  test(`a message of more than 1 MiB ends the call, ${isLive ? 'live' : 'while it begins'}`, async () => {
    const bench = new Bench();
    if (isLive) await bench.goLive();
    else await bench.start();
    bench.socket.say({ type: 'transcript.agent', text: 'a'.repeat(1024 * 1024) });
    await bench.settle();

    assert.equal(bench.states.at(-1), 'failed');
    assert.equal(bench.sockets.length, 1);
    assert.equal(bench.socket.readyState, 3);
  });
