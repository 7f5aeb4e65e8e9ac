// What happens to the page itself: reload, freeze, the back/forward cache, another tab, no Worker.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Caller } from './caller.js';
import { refuseWorkers } from './in-page.js';
import { beginEvidence, endCleanly, WORDS } from './reconnect-evidence.js';
import { until } from './line.js';
import { setUpCalls } from './set-up.js';

const { line, callers } = await setUpCalls({ resume: 'ok' });

/**
 * The call is gone with its page, in good order, and the page offers to go on with it.
 * @param {Caller} caller
 * @param {Awaited<ReturnType<typeof beginEvidence>>} evidence
 */
async function goOn(caller, evidence) {
  await line.untilStats(({ sockets_open: open }) => open === 0);
  await evidence.wasSent('session.end');
  await caller.page.getByRole('log').getByText(WORDS).first().waitFor();
  await caller.page.getByRole('button', { name: 'Continue the call' }).click();
  await caller.reach('live');

  const { frame } = line.readLog().findLast((entry) => entry.frame?.type === 'session.update');
  assert.ok(WORDS.test(frame.session.system_prompt), 'the agent knows nothing of it');
  await evidence.assertTokens({ sockets: 2 });
  await endCleanly(line, caller);
}

test('after a reload the conversation goes on with a click', () =>
  callers.withCaller(line.url, async (caller) => {
    const evidence = await beginEvidence(line);
    await caller.call();
    await caller.say();
    await caller.page.getByRole('log').getByText(WORDS).first().waitFor();

    await caller.page.reload();
    await goOn(caller, evidence);
  }));

test('out of the back/forward cache the conversation goes on with a click', () =>
  callers.withCaller(line.url, async (caller) => {
    const evidence = await beginEvidence(line);
    await caller.call();
    await caller.say();
    await caller.page.getByRole('log').getByText(WORDS).first().waitFor();
    await caller.page.evaluate(() => {
      window.addEventListener('pageshow', ({ persisted }) => (globalThis.wasCached = persisted));
    });

    await caller.page.goto(`${line.url}/docs`);
    await caller.page.goBack({ waitUntil: 'commit' });
    await until(() => caller.page.evaluate(() => globalThis.wasCached), 'a page out of the cache');
    await goOn(caller, evidence);
  }));

test('a tab that was frozen while its socket was lost recovers when it runs again', () =>
  callers.withCaller(line.url, async (caller) => {
    const evidence = await beginEvidence(line);
    await caller.call();
    const devtools = await caller.page.context().newCDPSession(caller.page);

    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
    await line.control({ drop: true });
    await devtools.send('Page.setWebLifecycleState', { state: 'active' });
    await until(
      async () => (await caller.states()).join().endsWith('reconnecting,live'),
      'recovery',
    );
    await caller.say();

    await evidence.assertHeard();
    await evidence.assertTokens({ sockets: 2 });
    await endCleanly(line, caller);
  }));

test('one tab talks: a second one is told so, and takes the call over when asked to', () =>
  callers.withCaller(line.url, async (first) => {
    const evidence = await beginEvidence(line);
    await first.call();
    const second = new Caller(await first.page.context().newPage());
    await second.page.goto(line.url);

    await second.press();
    await second.reach('failed');
    await second.assertSaw('failed', /Another tab is talking/);
    await second.hasMicrophones(0);
    assert.equal((await first.states()).at(-1), 'live');

    await second.page.getByRole('button', { name: 'Talk here instead' }).click();
    await second.reach('live');
    await first.reach('ended');
    await first.assertSaw('ended', /Another tab took it over/);
    await first.hasMicrophones(0);
    await evidence.wasSent('session.end');
    await line.untilStats(({ sockets_open: open }) => open === 1);
    await evidence.assertTokens({ sockets: 2, spares: 1 });
    await endCleanly(line, second);
  }));

test('where no Worker can be had, a lost call is recovered on the main thread just so', () =>
  callers.withCaller(line.url, async (caller) => {
    await caller.page.addInitScript(refuseWorkers);
    await caller.page.reload();
    const evidence = await beginEvidence(line);
    await caller.call();
    assert.equal(caller.page.workers().length, 0);
    const release = await caller.holdTokens();

    await line.control({ drop: true });
    await caller.reach('reconnecting');
    await caller.say();
    release();
    await caller.reach('live');

    await evidence.assertHeard();
    await evidence.assertTokens({ sockets: 2 });
    await endCleanly(line, caller);
  }));
