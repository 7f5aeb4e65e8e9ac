// Composes the diagnostics page: checks, the panel that leads through them, a row for each, and the report.

import { Sound } from './check-sound.js';
import { createStage } from './check-stage.js';
import { count, countsFor, needsCode, valuesFor, wordsFor } from './check-words.js';
import { CHECKS } from './checks.js';
import { writeReport } from './diagnostics-report.js';
import { Passes } from './passes.js';
import { createPlatform } from './platform.js';
import { createRow } from './row.js';
import { createRunner } from './runner.js';
import { byId } from '../find.js';
import { createReportButton } from '../report-button.js';
import { createAccess } from '../../voice-agent/ui/access.js';
import { thisBrowser, unblockHint } from '../../voice-agent/ui/browser-hints.js';
import { fill } from '../../voice-agent/ui/format.js';

const elements = {
  run: byId('run', HTMLButtonElement),
  runLabel: byId('run-label'),
  stop: byId('stop', HTMLButtonElement),
  progress: byId('progress', HTMLProgressElement),
  count: byId('count'),
  rows: /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[data-check]')]),
  stage: {
    title: byId('stage-title'),
    text: byId('stage-text'),
    level: byId('level'),
    words: byId('words'),
    answers: byId('answers'),
  },
  report: {
    button: byId('report-copy', HTMLButtonElement),
    text: byId('report-text', HTMLTextAreaElement),
    status: byId('report-told'),
  },
};

const texts = /** @type {import('./diagnostics-types.js').DiagnosticsTexts} */ (data('texts'));
const tokenUrl = new URL(
  configuration('voice-agent-token-url') ?? '/api/voice-token',
  location.href,
);
const home = configuration('voicegate-home') ?? '/';
const session = /** @type {{[name: string]: unknown}} */ (data('session'));
const platform = createPlatform({ tokenUrl, session });
const access = createAccess(new URL('access', tokenUrl));
const stage = createStage(elements.stage);
const runner = createRunner(
  CHECKS,
  { platform, sound: new Sound(platform), passes: new Passes(platform), stage, texts },
  { onBegin, onRun, onVerdict, onEnd },
);
const rows = new Map(
  elements.rows.map((element) => {
    const row = createRow(element, texts, () => void runner.runOne(row.id));
    return [row.id, row];
  }),
);
createReportButton(elements.report, texts.report, () =>
  writeReport(CHECKS, runner.results, {
    time: new Date(),
    version: configuration('voicegate-version') ?? 'unknown',
    address: location.origin + location.pathname,
    browser: navigator.userAgent,
    language: texts.call.language,
    screen: `${innerWidth}x${innerHeight} at ${devicePixelRatio}`,
  }),
);

elements.run.addEventListener('click', () => void runner.runAll());
elements.stop.addEventListener('click', () => runner.stop());
window.addEventListener('pagehide', () => runner.leave());

/** @param {readonly import('./diagnostics-types.js').Check[]} chosen */
function onBegin(chosen) {
  document.body.dataset.phase = 'running';
  for (const { id } of chosen) rows.get(id)?.showWaiting();
  for (const row of rows.values()) row.setBusy(true);
  elements.run.hidden = true;
  elements.stop.hidden = false;
  showReport(false);
  elements.progress.max = chosen.length;
  elements.progress.value = 0;
  // Whoever starts a check at the end of the list is led to where it is spoken to.
  stage.focus();
}

/** @param {import('./diagnostics-types.js').Check} check @param {number} number @param {number} of */
function onRun({ id }, number, of) {
  const { title, about } = texts.checks[id];
  rows.get(id)?.showRunning();
  elements.progress.value = number - 1;
  elements.count.textContent = fill(texts.progress, { number, count: of, title });
  stage.begin(title, about);
}

/** @param {import('./diagnostics-types.js').Check} check @param {import('./diagnostics-types.js').Verdict} verdict */
function onVerdict({ id }, verdict) {
  elements.progress.value += 1;
  show(id, verdict);
  if (verdict.error?.problem?.code === 'unauthenticated') void showAccess(id, verdict);
}

/** Words for a missing code are only known once it is known that a code is what is missing. @param {import('./diagnostics-types.js').CheckId} id @param {import('./diagnostics-types.js').Verdict} verdict */
async function showAccess(id, verdict) {
  await access.ask();
  if (runner.results.get(id) === verdict) show(id, verdict);
}

/** @param {import('./diagnostics-types.js').CheckId} id @param {import('./diagnostics-types.js').Verdict} verdict */
function show(id, verdict) {
  const cause = /** @type {{cause?: unknown} | undefined} */ (verdict.error)?.cause;
  const hint = unblockHint(thisBrowser(cause));
  rows.get(id)?.show(verdict.status, {
    text: wordsFor(id, verdict, texts, access.mode, hint),
    values: valuesFor(verdict, texts),
    link: needsCode(verdict, access.mode) ? { text: texts.enterCode, href: home } : null,
  });
}

/** @param {readonly import('./diagnostics-types.js').Check[]} chosen @param {boolean} isStopped */
function onEnd(chosen, isStopped) {
  const hadFocus = stage.hasFocus() || document.activeElement === elements.stop;
  document.body.dataset.phase = isStopped ? 'stopped' : 'done';
  for (const [id, row] of rows) {
    row.setBusy(false);
    if (!runner.results.has(id)) row.showWaiting();
  }
  elements.run.hidden = false;
  elements.stop.hidden = true;
  elements.runLabel.textContent = texts.runAgain;
  const { title, text } = summary(isStopped);
  stage.begin(title, text);
  elements.count.textContent = countsFor(runner.results.values(), texts);
  showReport(runner.results.size > 0);
  if (!hadFocus) return;
  if (chosen.length === 1) rows.get(chosen[0].id)?.focus();
  else stage.focus();
}

/** @param {boolean} isStopped */
function summary(isStopped) {
  const counts = count(runner.results.values());
  if (isStopped) return texts.summary.stopped;
  if (counts.failed) return texts.summary.failed;
  if (counts.attention) return texts.summary.attention;
  return runner.results.size === CHECKS.length ? texts.summary.passed : texts.summary.part;
}

/** @param {boolean} isThere   whether there is anything to report */
function showReport(isThere) {
  const { button, text, status } = elements.report;
  button.hidden = !isThere;
  text.hidden = true;
  status.textContent = '';
}

/** What the template tells the scripts. @param {string} name */
export function configuration(name) {
  return document.querySelector(`meta[name="${name}"]`)?.getAttribute('content') ?? null;
}

/** A block of data in the page. @param {string} id @returns {unknown} */
export function data(id) {
  return JSON.parse(byId(id, HTMLScriptElement).textContent ?? '');
}
