// The details of the call, for the curious and for support. Draws nothing while they are closed, and at most twice a
// second while they are open.

import { createAnswerTable } from './details-answers.js';
import { createRates, factsOf } from './details-facts.js';
import { createLogList } from './details-log.js';
import { createReportButton } from './report-button.js';
import { reportOf } from './report.js';

const INTERVAL_MS = 500;

/** States in which there is something to measure. */
const IN_CALL = new Set(['connecting', 'live', 'reconnecting']);

/** @typedef {ReturnType<typeof createDetails>} Details */

/**
 * @param {HTMLDialogElement} dialog
 * @param {import('./page-types.js').VoiceAgent} element
 * @param {import('./page-types.js').Texts} texts
 * @param {() => import('./page-types.js').CallError | null} lastError
 */
export function createDetails(dialog, element, texts, lastError) {
  const places = /** @type {NodeListOf<HTMLElement>} */ (dialog.querySelectorAll('[data-fact]'));
  const log = createLogList(
    {
      list: find('[data-part="log"]'),
      latest: /** @type {HTMLButtonElement} */ (find('[data-part="latest"]')),
      filter: /** @type {HTMLSelectElement} */ (find('[data-part="filter"]')),
      empty: find('[data-part="empty"]'),
    },
    texts,
  );
  const answers = createAnswerTable(
    /** @type {HTMLTableElement} */ (find('[data-part="answers"]')),
    texts,
  );
  const rates = createRates();
  /** @type {AbortController | null} */
  let open = null;
  /** @type {number | undefined} */
  let timer;

  createReportButton(
    {
      button: /** @type {HTMLButtonElement} */ (find('[data-part="copy"]')),
      status: find('[data-part="copied"]'),
      text: /** @type {HTMLTextAreaElement} */ (find('[data-part="report"]')),
    },
    texts.details.copy,
    () => reportOf({ ...situation(), entries: log.entries, browser: browser() }),
  );

  function situation() {
    return { state: element.state, stats: element.agentClient.stats, error: lastError() };
  }

  function browser() {
    return {
      address: location.href,
      userAgent: navigator.userAgent,
      languages: [...navigator.languages],
      isOnline: navigator.onLine,
      nowMs: Date.now(),
    };
  }

  function draw() {
    const now = situation();
    const rate = rates.next(IN_CALL.has(now.state) ? now.stats : null);
    const facts = factsOf({ ...now, rate }, texts);
    for (const place of places) {
      const text = facts[/** @type {keyof typeof facts} */ (place.dataset.fact)];
      if (place.textContent !== text) place.textContent = text;
    }
    answers.show(now.stats?.firstSounds ?? []);
    log.draw();
  }

  /** @param {string} selector @returns {HTMLElement} */
  function find(selector) {
    return /** @type {HTMLElement} */ (dialog.querySelector(selector));
  }

  return {
    show() {
      open?.abort();
      open = new AbortController();
      element.agentClient.on('debug', (news) => log.add(/** @type {any} */ (news)), open);
      clearInterval(timer);
      timer = setInterval(draw, INTERVAL_MS);
      draw();
    },
    hide() {
      open?.abort();
      open = null;
      clearInterval(timer);
    },
  };
}
