// What keeps two tabs, or two agents of a page, from talking at once: with the locks of Node, which are free almost
// as soon as they are let go of, and with locks that are free only in a later task, as those of browsers are.

import assert from 'node:assert/strict';
import { after, beforeEach, describe, test } from 'node:test';
import { setImmediate as nextTask } from 'node:timers/promises';
import { CallLock } from '../../../static/voice-agent/main-thread/call-lock.js';

const { locks } = navigator;

/** @param {unknown} value */
const useLocks = (value) =>
  Object.defineProperty(navigator, 'locks', { value, configurable: true });
after(() => useLocks(locks));

/** Locks as browsers keep them, in another process: a request comes there in a later task, a release in one after that. */
class LaterLocks {
  /** @type {{reject: (reason: unknown) => void} | null} */
  #holder = null;

  /**
   * @param {string} _name
   * @param {LockOptions} options
   * @param {(lock: object | null) => unknown} hold
   */
  async request(_name, { steal }, hold) {
    await nextTask();
    if (this.#holder && !steal) return hold(null);
    this.#holder?.reject(new DOMException('stolen', 'AbortError'));
    const { promise: stolen, reject } = Promise.withResolvers();
    const holder = (this.#holder = { reject });
    const held = Promise.resolve(hold({}));
    const isOver = held
      .then(nextTask)
      .then(nextTask)
      .then(() => {
        if (this.#holder === holder) this.#holder = null;
      });
    return Promise.race([isOver, stolen]);
  }
}

/** A lock, and whether it was taken from its holder. */
function aLock() {
  let wasTaken = false;
  const lock = new CallLock(() => {
    wasTaken = true;
  });
  return { lock, wasTaken: () => wasTaken };
}

/** @type {[whose: string, make: () => unknown][]} */
const KINDS = [
  ["Node's locks", () => locks],
  ["a browser's locks", () => new LaterLocks()],
];

for (const [whose, make] of KINDS)
  describe(whose, () => {
    beforeEach(() => useLocks(make()));
    test('one call at a time: the second asks in vain until the first lets go', async () => {
      const first = aLock();
      const second = aLock();

      assert.equal(await first.lock.take({ takeOver: false }), true);
      assert.equal(await second.lock.take({ takeOver: false }), false);
      first.lock.release();
      assert.equal(await second.lock.take({ takeOver: false }), true);
      assert.equal(first.wasTaken(), false);
      second.lock.release();
    });

    test('a call can follow the last one of the same agent at once', async () => {
      const { lock, wasTaken } = aLock();
      for (let call = 0; call < 20; call += 1) {
        assert.equal(await lock.take({ takeOver: false }), true);
        lock.release();
      }
      assert.equal(wasTaken(), false);
    });

    test('a call can be taken over, and its holder is told', async () => {
      const first = aLock();
      const second = aLock();
      await first.lock.take({ takeOver: false });

      assert.equal(await second.lock.take({ takeOver: true }), true);

      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(first.wasTaken(), true);
      assert.equal(second.wasTaken(), false);
      second.lock.release();
    });

    test('a lock that is let go of before it was given stays free', async () => {
      const first = aLock();
      const asking = first.lock.take({ takeOver: false });
      first.lock.release();
      await asking;

      const second = aLock();
      assert.equal(await second.lock.take({ takeOver: false }), true);
      assert.equal(first.wasTaken(), false);
      second.lock.release();
    });

    test('an agent that is let go of in the same tick does not keep the next one from its call', async () => {
      const first = aLock();
      const second = aLock();
      const asking = first.lock.take({ takeOver: false });
      first.lock.release();

      assert.equal(await second.lock.take({ takeOver: false }), true);
      assert.equal(await asking, false);
      second.lock.release();
    });

    test('a call can follow that of another agent in the same tick', async () => {
      const first = aLock();
      const second = aLock();
      await first.lock.take({ takeOver: false });
      first.lock.release();

      assert.equal(await second.lock.take({ takeOver: false }), true);
      assert.equal(first.wasTaken(), false);
      second.lock.release();
    });

    test('an agent that is let go of while the browser has not answered keeps no other from its call', async () => {
      const first = aLock();
      const second = aLock();
      const asking = first.lock.take({ takeOver: false });
      for (let times = 0; times < 9; times += 1) await null; // asked by now
      first.lock.release();

      assert.equal(await second.lock.take({ takeOver: false }), true);
      await asking;
      second.lock.release();
    });
  });
