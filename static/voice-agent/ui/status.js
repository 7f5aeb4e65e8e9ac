// The state of the call in words, who is speaking, how long the call has lasted, and how long it may still last.

import { isAtRest } from '../call-facts.js';
import { clock, duration, fill } from './format.js';

/** The time limit is known a moment after the call is live. */
const LIMIT_KNOWN_MS = 100;

/**
 * @typedef {object} StatusElements
 * @property {HTMLElement} statusName    inside the live region: announced when it changes
 * @property {HTMLElement} statusDetail  inside the live region
 * @property {HTMLElement} speaking      not announced: it changes with every breath
 * @property {HTMLElement} elapsed
 * @property {HTMLElement} timeLeft
 */

/**
 * @param {StatusElements} elements
 * @param {import('./ui-types.js').Texts} texts
 * @param {{agentTitle: () => string, secondsLeft: () => number | null}} call
 */
export function createStatus(elements, texts, call) {
  const timeLeft = createTimeLeft(elements.timeLeft, texts.timeLeft);
  /** @type {import('./ui-types.js').CallState} */
  let shownState = 'idle';
  let isAsked = false;
  let isMicrophoneOpen = false;
  let startedAt = 0;
  let elapsedSeconds = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let ticking;

  function tick() {
    elapsedSeconds = Math.floor((performance.now() - startedAt) / 1000);
    setText(elements.elapsed, clock(elapsedSeconds));
    timeLeft.show(call.secondsLeft());
  }

  function startClock() {
    startedAt = performance.now();
    tick();
    ticking = setInterval(tick, 1000);
    setTimeout(tick, LIMIT_KNOWN_MS);
  }

  function stopClock() {
    if (ticking === undefined) return;
    tick();
    clearInterval(ticking);
    ticking = undefined;
  }

  function showOpening() {
    const { name, detail } = isAsked ? texts.asking : texts.states.connecting;
    setText(elements.statusName, name);
    setText(elements.statusDetail, isMicrophoneOpen ? '' : detail);
  }

  return {
    /** @param {import('./ui-types.js').StateChange} change */
    showState({ state, reason }) {
      shownState = state;
      if (state === 'connecting') elapsedSeconds = 0;
      isAsked = isMicrophoneOpen = false;
      if (state === 'live' && ticking === undefined) startClock();
      if (isAtRest(state)) stopClock();
      if (state === 'connecting') return showOpening();
      const detail = state === 'ended' ? ending(reason, elapsedSeconds, texts) : '';
      setText(elements.statusName, texts.states[state].name);
      setText(elements.statusDetail, detail || texts.states[state].detail);
    },
    /** While the call is set up: whether that waits for the visitor's yes. @param {boolean} isAsking */
    showAsking(isAsking) {
      isAsked = isAsking;
      if (shownState === 'connecting') showOpening();
    },
    /** While the call is set up: the microphone is open. */
    showMicrophone() {
      isMicrophoneOpen = true;
      if (shownState === 'connecting') showOpening();
    },
    /** @param {string} detail  one more sentence, announced politely */
    showDetail(detail) {
      setText(elements.statusDetail, detail);
    },
    /**
     * @param {import('./ui-types.js').Speaking} speaking
     * @param {false | 'muted' | 'hold' | 'held' | 'typed' | 'answering'} mute   'hold': until the visitor holds the button to talk;
     *   'typed': there is no microphone; 'answering': typed words wait for their answer
     */
    showSpeaking(speaking, mute) {
      const key = mute && (!speaking.agent || mute === 'held') ? mute : whoSpeaks(speaking);
      setText(elements.speaking, fill(texts.speaking[key], { agent: call.agentTitle() }));
    },
  };
}

/** @param {import('./ui-types.js').Speaking} speaking @returns {'none' | 'user' | 'agent' | 'both'} */
export function whoSpeaks({ user, agent }) {
  if (user && agent) return 'both';
  return user ? 'user' : agent ? 'agent' : 'none';
}

/**
 * @param {string | null} reason
 * @param {number} seconds
 * @param {import('./ui-types.js').Texts} texts
 */
function ending(reason, seconds, { endings, language }) {
  // Whoever gave it up at once knows; what others did is told however short it was.
  if (seconds < 1 && (reason ?? 'by-user') === 'by-user') return '';
  /** @type {{[reason: string]: string}} */
  const templates = endings;
  const template = templates[reason ?? ''] ?? endings.other;
  return fill(template, { duration: duration(Math.max(seconds, 1), language) });
}

/** Writes only what changed: a live region announces even the same words again. @param {HTMLElement} element @param {string} text */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// How long the call may still last, quietly; more visibly in the last minute. Nothing while no limit is known.

const LAST_SECONDS = 60;

/**
 * @param {HTMLElement} element
 * @param {string} template
 */
function createTimeLeft(element, template) {
  let shown = '';
  return {
    /** @param {number | null} seconds */
    show(seconds) {
      const isKnown = seconds !== null && Number.isFinite(seconds);
      const text = isKnown ? fill(template, { time: clock(Math.ceil(seconds)) }) : '';
      if (text === shown) return;
      shown = text;
      element.textContent = text;
      element.dataset.near = String(isKnown && seconds <= LAST_SECONDS);
    },
  };
}
