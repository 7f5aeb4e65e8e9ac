// The state of the call in words, who is speaking, and how long the call has lasted.

import { clock, duration, fill } from './format.js';

/**
 * @typedef {object} StatusElements
 * @property {HTMLElement} statusName    inside the live region: announced when it changes
 * @property {HTMLElement} statusDetail  inside the live region
 * @property {HTMLElement} speaking      not announced: it changes with every breath
 * @property {HTMLElement} elapsed
 */

/**
 * @param {StatusElements} elements
 * @param {import('./types.js').Texts} texts
 * @param {() => string} agentTitle
 */
export function createStatus(elements, texts, agentTitle) {
  let startedAt = 0;
  let elapsedSeconds = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let ticking;

  function tick() {
    elapsedSeconds = Math.floor((performance.now() - startedAt) / 1000);
    setText(elements.elapsed, clock(elapsedSeconds));
  }

  function startClock() {
    startedAt = performance.now();
    tick();
    ticking = setInterval(tick, 1000);
  }

  function stopClock() {
    if (ticking === undefined) return;
    tick();
    clearInterval(ticking);
    ticking = undefined;
  }

  return {
    /** @param {import('./types.js').StateChange} change */
    showState({ state, reason }) {
      if (state === 'connecting') elapsedSeconds = 0;
      if (state === 'live' && ticking === undefined) startClock();
      if (state === 'ended' || state === 'failed' || state === 'idle') stopClock();
      setText(elements.statusName, texts.states[state].name);
      setText(
        elements.statusDetail,
        state === 'ended' ? ending(reason, elapsedSeconds, texts) : texts.states[state].detail,
      );
    },
    /** @param {string} detail  one more sentence, announced politely */
    showDetail(detail) {
      setText(elements.statusDetail, detail);
    },
    /** @param {import('./types.js').Speaking} speaking @param {boolean} isMuted */
    showSpeaking(speaking, isMuted) {
      const key = isMuted && !speaking.agent ? 'muted' : whoSpeaks(speaking);
      setText(elements.speaking, fill(texts.speaking[key], { agent: agentTitle() }));
    },
  };
}

/** @param {import('./types.js').Speaking} speaking @returns {'none' | 'user' | 'agent' | 'both'} */
export function whoSpeaks({ user, agent }) {
  if (user && agent) return 'both';
  return user ? 'user' : agent ? 'agent' : 'none';
}

/**
 * @param {string | null} reason
 * @param {number} seconds
 * @param {import('./types.js').Texts} texts
 */
function ending(reason, seconds, { endings, language }) {
  if (seconds < 1) return '';
  /** @type {{[reason: string]: string}} */
  const templates = endings;
  const template = templates[reason ?? ''] ?? endings.other;
  return fill(template, { duration: duration(seconds, language) });
}

/** Writes only what changed: a live region announces even the same words again. @param {HTMLElement} element @param {string} text */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
