// The whole way of a call with places to break it: browser, relay, service, and browser, relay, simulator.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PYTHON, serve } from './harness.js';
import { openRelays } from './relay.js';

/** It lets the caller speak first: a greeting takes four seconds of each test. */
const QUIET_AGENT = "[agents.quiet]\nsystem_prompt = 'Listen.'\n";

/** What only takes time in each test. */
const QUICK = ['--set', 'end_of_turn_silence_ms=400', '--set', 'leading_silence_ms=0'];

/** @typedef {Awaited<ReturnType<typeof openLine>>} Line */

/** @param {string} url */
const portOf = (url) => Number(new URL(url).port);

/**
 * Start everything.
 * @param {object} [options]
 * @param {string[]} [options.simulator] further options of the simulator
 * @param {Record<string, string>} [options.service] further settings of the service
 */
export async function openLine({ simulator: options = [], service: settings = {} } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'voicegate-'));
  const log = join(folder, 'frames.jsonl');
  const agents = join(folder, 'agents.toml');
  writeFileSync(agents, QUIET_AGENT);
  const evidence = ['--control', '--seed', '1', '--log', log];
  const simulator = await serve(['-m', 'app.simulator', ...evidence, ...QUICK, ...options]);
  const wires = await openRelays(PYTHON, [portOf(simulator.url)]);
  const [wire] = wires.relays;
  const service = await serve(['-m', 'app'], {
    ASSEMBLYAI_API_KEY: 'test',
    VOICEGATE_UPSTREAM_URL: simulator.url,
    VOICEGATE_UPSTREAM_WS_URL: `ws://127.0.0.1:${wire.port}/v1/ws`,
    VOICEGATE_AGENTS_FILE: agents,
    ...settings,
  });
  const sites = await openRelays(PYTHON, [portOf(service.url)]);
  const [site] = sites.relays;

  /** @returns {any[]} every line of the simulator's log so far */
  const readLog = () =>
    readFileSync(log, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));

  /** @returns {Promise<any>} what the simulator counted */
  const stats = async () => (await fetch(`${simulator.url}/_stats`)).json();

  return {
    /** Of the page. */
    url: `http://127.0.0.1:${site.port}`,
    /** Between browser and simulator. */
    wire,
    /** Between browser and service. */
    site,
    readLog,
    stats,
    /** @param {object} command for the simulator */
    control: async (command) => {
      const response = await fetch(`${simulator.url}/_control`, {
        method: 'POST',
        body: JSON.stringify(command),
      });
      assert.ok(response.ok, await response.text());
    },
    /**
     * Wait until what the simulator counted is as wished.
     * @param {(stats: any) => boolean} isReached
     */
    untilStats: (isReached) => until(async () => isReached(await stats()), isReached),
    /**
     * Wait for a line of the log, and give it.
     * @param {(line: any) => boolean} isSought
     * @param {number} [from] index of the first line to look at
     */
    untilLogged: (isSought, from = 0) =>
      until(() => readLog().slice(from).find(isSought), isSought),
    close: async () => {
      await Promise.all([wires.close(), sites.close()]);
      await service.stop();
      await simulator.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/**
 * Ask again and again until there is an answer.
 * @template Value
 * @param {() => Value | Promise<Value>} ask
 * @param {unknown} what for the message when it never comes
 * @param {number} [limitMs]
 * @returns {Promise<NonNullable<Value>>}
 */
export async function until(ask, what, limitMs = 20_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer) return /** @type {NonNullable<Value>} */ (answer);
    assert.ok(Date.now() < end, `never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
