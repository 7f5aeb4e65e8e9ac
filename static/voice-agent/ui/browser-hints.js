// How a refused microphone is allowed again in this browser: which of the texts in `unblock` says it. Pure.

/** @typedef {keyof import('./ui-types.js').Texts['unblock']} Hint */

/**
 * What the browser tells of itself, and what it said when it refused.
 *
 * @typedef {object} Refusal
 * @property {string} userAgent
 * @property {string} [platform]         of navigator.userAgentData, where there is one
 * @property {number} [maxTouchPoints]
 * @property {string} [said]             the error of getUserMedia as text
 * @property {boolean} [hasButton]       whether it has a button of its own for a microphone
 */

/** An iPad says that it is a Mac; no Mac has a screen to touch. */
const TOUCH_SCREEN = 2;

/**
 * In order: the first that fits counts. Browsers claim to be others, so the more special ones come first.
 *
 * @type {[Hint, (refusal: Required<Refusal>) => boolean][]}
 */
const HINTS = [
  ['system', ({ said }) => /denied by system/i.test(said)],
  ['dismissed', ({ said }) => /dismissed/i.test(said)],
  ['iosOther', (it) => isApple(it) && /(CriOS|FxiOS|EdgiOS|OPT|OPiOS)\//.test(it.userAgent)],
  ['iosSafari', isApple],
  ['button', ({ hasButton }) => hasButton],
  ['firefoxAndroid', ({ userAgent }) => /Android.*Firefox\//.test(userAgent)],
  ['android', ({ userAgent, platform }) => /Android/.test(`${platform} ${userAgent}`)],
  ['firefox', ({ userAgent }) => /Firefox\//.test(userAgent)],
  ['chromium', ({ userAgent }) => /(Chrome|Chromium|Edg|OPR)\//.test(userAgent)],
  ['safari', ({ userAgent }) => /Macintosh.*Version\/.*Safari\//.test(userAgent)],
];

/** @param {Refusal} refusal @returns {Hint} */
export function unblockHint(refusal) {
  const whole = { platform: '', maxTouchPoints: 0, said: '', hasButton: false, ...refusal };
  return HINTS.find(([, fits]) => fits(whole))?.[0] ?? 'other';
}

/**
 * Whether this browser asks for the microphone at the left of the page's top edge, so that a finger can point there.
 *
 * @param {Refusal} browser
 */
export function asksAtTopLeft(browser) {
  return ['chromium', 'firefox'].includes(unblockHint({ ...browser, said: '', hasButton: false }));
}

/** @param {unknown} [said] @returns {Refusal} of the browser that this page runs in */
export function thisBrowser(said) {
  const { userAgent, maxTouchPoints } = navigator;
  const data = /** @type {{userAgentData?: {platform?: string}}} */ (navigator).userAgentData;
  // In a frame it would be disabled, as another page could lie about what it is for.
  const hasButton = 'HTMLMicrophoneElement' in window && top === window;
  return {
    userAgent,
    maxTouchPoints,
    platform: data?.platform,
    said: String(said ?? ''),
    hasButton,
  };
}

/** @param {Required<Refusal>} refusal */
function isApple({ userAgent, maxTouchPoints }) {
  const isPad = /Macintosh/.test(userAgent) && maxTouchPoints >= TOUCH_SCREEN;
  return isPad || /iPhone|iPad|iPod/.test(userAgent);
}

// While the browser asks for the microphone: says so, and points to where it asks.

/** Some browsers ask nobody and answer within this time. */
const PATIENCE_MS = 300;

/**
 * @param {HTMLElement} pointer   decorative: the same is said in words elsewhere
 * @param {(isAsking: boolean) => void} onAsking
 */
export function createPermissionPrompt(pointer, onAsking) {
  const isAtTopLeft = asksAtTopLeft(thisBrowser());
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  let isShown = false;

  /** @param {boolean} isAsking */
  function show(isAsking) {
    if (isAsking === isShown) return;
    isShown = isAsking;
    pointer.hidden = !(isAsking && isAtTopLeft);
    onAsking(isAsking);
  }

  return {
    /** @param {boolean} isAsking */
    showAsking(isAsking) {
      clearTimeout(waiting);
      if (isAsking) waiting = setTimeout(() => show(true), PATIENCE_MS);
      else show(false);
    },
  };
}
