// Decides what is told of trouble: why there is no call, or the most severe of what is the matter in one. The panel
// shows it, and the root carries its code for style sheets and tests.

import { GRACE_SECONDS, isConversation, KEEP_SPEECH_SECONDS } from '../call-facts.js';
import { thisBrowser, unblockHint } from './browser-hints.js';
import { explain, warn } from './explain.js';
import { duration, fill } from './format.js';
import { WarningList } from './warning-list.js';

/** @typedef {import('./warning-list.js').Cause} Cause */
/** @typedef {ReturnType<typeof import('./error-panel.js').createErrorPanel>} Panel */

/**
 * What an event of the microphone's device begins; every other one ends it.
 * @type {{[reason: string]: Cause}}
 */
const DEVICE_CAUSES = {
  'muted-by-system': 'microphone-muted',
  'lost': 'microphone-lost',
  'permission-lost': 'microphone-permission-lost',
};

/** How often what is counted down is looked at. */
const TICK_MS = 500;

/**
 * @param {HTMLElement} root
 * @param {Panel} panel
 * @param {import('./ui-types.js').Texts} texts
 * @param {object} context
 * @param {Pick<import('../index.js').Agent, 'on' | 'secondsLeft'>} context.call
 * @param {() => boolean} context.isPushToTalk   whether a button is held to be heard
 * @param {AbortSignal} context.signal   all this is gone
 */
export function createTrouble(root, panel, texts, { call, isPushToTalk, signal }) {
  const warnings = new WarningList();
  /** Why there is no call, or what was refused in one. @type {{code: string, explanation: import('./explain.js').Explanation, isOver: boolean} | null} */
  let error = null;
  /** @type {Cause | null} */
  let told = null;
  let idleEndsAtMs = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let ticking;

  const retryWait = new RetryWait();
  const reconnecting = createReconnecting((isDue) => {
    for (const phase of PHASES) warnings.set(phase, isDue && phase === reconnecting.phase);
    render();
  });

  function render() {
    told = error ? null : warnings.worst;
    const code = error?.code ?? told;
    if (code) root.dataset.error = code;
    else delete root.dataset.error;
    if (error) panel.show(error.explanation, { canDismiss: !error.isOver });
    else if (told) panel.show(warn(told, texts, values()), { canDismiss: !isPhase(told) });
    else panel.clear();
    clearInterval(ticking);
    if (told) ticking = setInterval(tick, TICK_MS);
    if (told) tick();
  }

  function values() {
    return {
      kept: duration(KEEP_SPEECH_SECONDS, texts.language),
      unblock: texts.unblock[unblockHint({ ...thisBrowser(), hasButton: false })],
    };
  }

  function tick() {
    if (told && isPhase(told)) return tickRecovery(told);
    if (!told || !ENDINGS.includes(told)) return;
    const secondsLeft =
      told === 'idle' ? (idleEndsAtMs - performance.now()) / 1000 : call.secondsLeft;
    if (secondsLeft !== null) panel.showTime(inWords(texts.problem.left, secondsLeft));
  }

  /** @param {Cause} phase   as it is told */
  function tickRecovery(phase) {
    const now = reconnecting.phase;
    if (now === phase) {
      const { secondsLeft, share } = retryWait.at(performance.now());
      const { nextTry, trying } = texts.problem;
      return panel.showTime(secondsLeft > 0 ? inWords(nextTry, secondsLeft) : trying, share);
    }
    warnings.set(/** @type {Cause} */ (phase), false);
    warnings.set(now, true);
    render();
  }

  /** @param {string} template @param {number} seconds */
  function inWords(template, seconds) {
    return fill(template, { duration: duration(Math.ceil(seconds), texts.language) });
  }

  /** @param {Cause} cause @param {boolean} isOn */
  function tellOf(cause, isOn) {
    warnings.set(cause, isOn);
    render();
  }

  /** @type {typeof call.on} */
  const on = (type, listener) => call.on(type, listener, { signal });
  on('microphone', ({ silent }) => tellOf('microphone-silent', silent));
  on('sound', ({ blocked }) => tellOf('sound-blocked', blocked));
  on('echo', ({ halfDuplex }) => tellOf('echo', halfDuplex));
  on('device', ({ reason }) => {
    for (const [of, cause] of Object.entries(DEVICE_CAUSES)) tellOf(cause, of === reason);
  });
  on('unheard', ({ speaking }) => {
    tellOf('unheard', speaking && !isPushToTalk());
    tellOf('unheard-hold', speaking && isPushToTalk());
  });
  on('limit', ({ secondsLeft, refused = false }) => {
    tellOf('limit-near', secondsLeft !== null && !refused);
    tellOf('extension-failed', refused);
  });
  on('idle', ({ secondsLeft }) => {
    if (secondsLeft) idleEndsAtMs = performance.now() + secondsLeft * 1000;
    tellOf('idle', secondsLeft !== null);
  });
  on('reconnect', ({ secondsLeft }) => {
    retryWait.set(secondsLeft, performance.now());
    if (told) tick();
  });

  return {
    /**
     * @param {import('./ui-types.js').CallError} failure
     * @param {{access: string | null, isOver: boolean, canType: boolean}} call   `isOver`: there is none any more;
     *   `canType`: one could be typed
     */
    tell(failure, { access, isOver, canType }) {
      const hint = unblockHint(thisBrowser(failure.cause));
      const browser = { hint, isFramed: top !== window, canType: canType && isOver };
      const explanation = explain(failure, texts, access, browser);
      error = { code: failure.code, explanation, isOver };
      render();
      return explanation;
    },
    /** @param {import('./ui-types.js').CallState} state */
    showState(state) {
      reconnecting.showState(state);
      if (isConversation(state)) return;
      warnings.clear(); // they were of a call
      if (state === 'connecting') error = null;
      render();
    },
    /** What is told has been read. */
    dismiss() {
      if (error) error = null;
      else if (told) warnings.dismiss(told);
      render();
    },
    /** Whether this is told as an error; a warning goes away by itself. @param {string} cause  a code or how it begins */
    isTelling: (cause) => error?.code.startsWith(cause) === true,
  };
}

/** @type {Cause[]} */
const PHASES = ['reconnecting', 'reconnecting-offline', 'reconnecting-late'];

/** Of these the time until the call ends is told. @type {Cause[]} */
const ENDINGS = ['limit-near', 'extension-failed', 'idle'];

/** @param {Cause} cause */
const isPhase = (cause) => PHASES.includes(cause);

// What is the matter while a lost connection is being recovered, and when that is tried again.

/** A loss that is made good sooner is only shown by the state: a panel would flash. */
const PATIENCE_MS = 1_000;

/** @typedef {'reconnecting' | 'reconnecting-offline' | 'reconnecting-late'} Phase */

/**
 * How far a recovery is.
 *
 * @param {number} goneSeconds   since the loss
 * @param {boolean} isOnline
 * @returns {Phase}
 */
export function recoveryPhase(goneSeconds, isOnline) {
  if (goneSeconds >= GRACE_SECONDS) return 'reconnecting-late';
  return isOnline ? 'reconnecting' : 'reconnecting-offline';
}

/** A shorter wait is none: the words would only flicker. */
const SHORTEST_WAIT_SECONDS = 1;

/** The wait before the next try, as it goes by. Times are of the page's clock. */
export class RetryWait {
  #fromMs = 0;
  #untilMs = 0;

  /** @param {number | null} secondsLeft   null: a try is being made @param {number} nowMs */
  set(secondsLeft, nowMs) {
    const isWait = secondsLeft !== null && secondsLeft >= SHORTEST_WAIT_SECONDS;
    this.#fromMs = nowMs;
    this.#untilMs = nowMs + (isWait ? secondsLeft * 1000 : 0);
  }

  /** @param {number} nowMs @returns {{secondsLeft: number, share: number}}   share: 0 to 1, still to come */
  at(nowMs) {
    const leftMs = Math.max(0, this.#untilMs - nowMs);
    const share = leftMs > 0 ? leftMs / (this.#untilMs - this.#fromMs) : 0;
    return { secondsLeft: leftMs / 1000, share };
  }
}

/** @param {(isDue: boolean) => void} onDue   whether a panel has something to say, now and at each change */
function createReconnecting(onDue) {
  let lostAtMs = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;

  return {
    get phase() {
      return recoveryPhase((performance.now() - lostAtMs) / 1000, navigator.onLine !== false);
    },
    /** @param {import('./ui-types.js').CallState} state */
    showState(state) {
      const isLost = state === 'reconnecting';
      if (isLost === (waiting !== undefined)) return;
      clearTimeout(waiting);
      waiting = undefined;
      if (!isLost) return onDue(false);
      lostAtMs = performance.now();
      waiting = setTimeout(() => onDue(true), PATIENCE_MS);
    },
  };
}
