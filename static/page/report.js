// The report for support: what the details show, as text to copy. By construction nothing that was said, no prompt,
// token, argument or name of a device gets into it: numbers pass, and words only where they are named here. Pure.

import { medians } from './details-answers.js';
import { logLine } from './details-log.js';

/** Codes and ids: one short word. */
const CODE = /^[\w.:+-]{1,80}$/;

/**
 * @param {object} now
 * @param {import('./page-types.js').CallState} now.state
 * @param {import('../voice-agent/index.js').AgentStats | null} now.stats
 * @param {import('./page-types.js').CallError | null} now.error
 * @param {import('../voice-agent/index.js').LogEntry[]} now.entries
 * @param {{address: string, userAgent: string, languages: string[], isOnline: boolean, nowMs: number}} now.browser
 * @returns {string} JSON
 */
export function reportOf({ state, stats, error, entries, browser }) {
  const report = {
    report: 'voicegate-call',
    madeAt: new Date(browser.nowMs).toISOString(),
    page: {
      address: bareAddress(browser.address),
      browser: browser.userAgent,
      languages: browser.languages,
      isOnline: browser.isOnline,
    },
    state,
    lastError: error && {
      code: code(error.code),
      problem: code(error.problem?.code),
      reference: code(error.problem?.request_id),
    },
    ...(stats && call(stats)),
    log: entries.map((entry) => logLine({ ...entry, detail: plain(entry.detail) })),
  };
  return JSON.stringify(report, null, 2);
}

/** @param {import('../voice-agent/index.js').AgentStats} stats */
function call({
  atMs,
  sessionId,
  thread,
  playback,
  uplink,
  connection,
  traffic,
  firstSounds,
  audio,
}) {
  const microphone = audio?.microphone;
  return {
    lastedMs: atMs,
    sessionId: code(sessionId),
    thread,
    sound: {
      ...plain(audio ?? {}),
      microphone: microphone
        ? { ...plain({ ...microphone, label: null }), kind: kindOf(microphone.label) }
        : null,
    },
    firstSounds: firstSounds.map(plain),
    medianFirstSounds: medians(firstSounds),
    playback: plain(playback),
    uplink: plain(uplink),
    connection: { ...plain(connection), lossesByCause: plain(connection.lossesByCause) },
    traffic: {
      sent: { ...plain(traffic.sent), byName: plain(traffic.sent.byName) },
      received: { ...plain(traffic.received), byName: plain(traffic.received.byName) },
    },
  };
}

/**
 * @param {object} values
 * @returns {Record<string, string | number | boolean>} its numbers, answers and codes
 */
function plain(values) {
  const passes = (/** @type {unknown} */ value) =>
    typeof value === 'number' || typeof value === 'boolean' || code(value) !== null;
  const isName = (/** @type {string} */ name) => CODE.test(name);
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => isName(name) && passes(value)),
  );
}

/** @param {unknown} value @returns {string | null} */
function code(value) {
  return typeof value === 'string' && CODE.test(value) ? value : null;
}

/** Without query, fragment and credentials. @param {string} address */
function bareAddress(address) {
  const { origin, pathname } = new URL(address);
  return origin + pathname;
}

// What kind of device a name stands for.

/** The first that fits. @type {[string, RegExp][]} */
const KINDS = [
  ['bluetooth', /bluetooth|airpods|hands.?free|\bbuds\b/i],
  ['headset', /headset|headphone|kopfhörer|earphone/i],
  ['webcam', /webcam|camera|kamera|facetime/i],
  ['built-in', /built.?in|internal|intern|macbook|array|realtek|integrated/i],
  ['usb', /\busb\b/i],
  ['virtual', /virtual|fake|loopback|monitor|blackhole|cable/i],
  ['default', /default|standard/i],
];

/** For reports: people name their headsets after themselves. @param {unknown} label */
export function kindOf(label) {
  if (typeof label !== 'string' || label === '') return 'unknown';
  return KINDS.find(([, pattern]) => pattern.test(label))?.[0] ?? 'other';
}
