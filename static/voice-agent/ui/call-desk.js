// The call's button and what is told of trouble with a call: each brings the other into another state, and page and
// element have both.

import { createCallButton } from './call-button.js';
import { createErrorPanel } from './error-panel.js';
import { createTrouble } from './trouble.js';

/**
 * @typedef {object} DeskActions
 * @property {(intent: {isPressed: boolean}) => void} intend   a press on the button seems to be coming, or has begun
 * @property {(how: import('./ui-types.js').StartOptions) => void} start
 * @property {() => void} stop
 * @property {() => void} extend
 * @property {() => void} wake   let the sound be heard
 * @property {() => void} unmute
 * @property {() => void} stillHere
 * @property {() => void} [settings]   open them, where there are any
 */

/**
 * @typedef {object} DeskContext
 * @property {Pick<import('../index.js').Agent, 'on'> & {state: string, secondsLeft: number | null}} call
 * @property {{showDetail: (text: string) => void}} status
 * @property {() => string | null} accessMode   how the service decides who may call, as far as that is known
 * @property {typeof import('../index.js').watchMicrophonePermission} watchPermission
 * @property {() => boolean} isHeld   whether a button is held to be heard
 * @property {boolean} canType   whether a call can do without a microphone here
 * @property {() => boolean} mayFocus   whether the focus may go to what helps, once there is no button any more
 * @property {DeskActions} on
 * @property {AbortSignal} [signal]   all this is gone
 */

/**
 * @param {HTMLElement} root   carries the code of what is told
 * @param {Parameters<typeof createCallButton>[0] & {problem: HTMLElement}} elements
 * @param {import('./ui-types.js').Texts} texts
 * @param {DeskContext} context
 */
export function createCallDesk(root, elements, texts, context) {
  const { call, status, on, signal } = context;
  /** The microphone was asked for by the button of the panel, which goes with it. */
  let isAsked = false;
  const panel = createErrorPanel(elements.problem, texts, {
    ...on,
    allow(answer) {
      isAsked = answer === 'asked';
      if (answer === 'allowed') on.start({});
    },
    takeOver: () => on.start({ takeOver: true }),
    extend: () => {
      trouble.dismiss();
      on.extend();
    },
    dismiss,
    focusElsewhere: () => elements.call.focus(),
  });
  const trouble = createTrouble(root, panel, texts, call);
  const button = createCallButton(elements, texts.callButton, {
    ...on,
    waiting: (secondsLeft) => {
      panel.showWait(secondsLeft);
      if (secondsLeft === 0) status.showDetail(texts.problem.ready);
    },
  });

  call.on('reconnect', ({ secondsLeft }) => trouble.showRetry(secondsLeft), { signal });
  listenForTrouble(call, (...news) => !signal?.aborted && trouble.warn(...news), context);
  void context.watchPermission((permission) => {
    root.dataset.permission = permission;
    if (permission === 'granted' && isAsked) on.start({});
    else if (permission !== 'denied') settled('microphone-denied', texts.problem.allowed);
  }, signal);
  window.addEventListener('online', () => settled('offline', texts.problem.online), { signal });

  function offerCall() {
    elements.call.hidden = false;
    button.offerStart();
  }

  function dismiss() {
    offerCall();
    trouble.dismiss();
  }

  /** What kept a call from starting is over. @param {string} cause @param {string} detail */
  function settled(cause, detail) {
    if (call.state !== 'failed' || !trouble.isTelling(cause)) return;
    dismiss();
    status.showDetail(detail);
  }

  return {
    /** @param {import('./ui-types.js').CallState} state */
    showState(state) {
      if (state === 'connecting') {
        isAsked = false;
        offerCall();
      }
      trouble.showState(state);
      button.showState(state);
    },
    /** Why there is no call, or what was refused in one. @param {import('./ui-types.js').CallError} error */
    showError(error) {
      const isOver = call.state === 'failed';
      const { accessMode, canType } = context;
      const told = trouble.tell(error, { access: accessMode(), isOver, canType });
      if (!isOver) return;
      elements.call.hidden = !told.mayRetry;
      if (!told.mayRetry && context.mayFocus()) panel.focusAction();
      if (told.waitSeconds) button.waitFor(told.waitSeconds);
    },
    /** The user changed what may have caused the trouble. @param {string} cause   a code or how it begins */
    dismissIf(cause) {
      if (trouble.isTelling(cause)) dismiss();
    },
    offerResume: button.offerResume,
  };
}

// What the client tells of trouble in a call that goes on, as warnings that come and go.

/** @typedef {import('./warning-list.js').Cause} Cause */

/**
 * What an event of the microphone's device begins; every other one ends it.
 * @type {{[reason: string]: Cause}}
 */
const DEVICE_CAUSES = {
  'muted-by-system': 'microphone-muted',
  'lost': 'microphone-lost',
  'permission-lost': 'microphone-permission-lost',
};

/**
 * @param {Pick<import('../index.js').Agent, 'on'>} agent
 * @param {(cause: Cause, isOn: boolean, secondsLeft?: number | null) => void} warn
 * @param {{isHeld: () => boolean}} page   `isHeld`: a button is held to be heard
 */
function listenForTrouble(agent, warn, { isHeld }) {
  agent.on('microphone', ({ silent }) => warn('microphone-silent', silent));
  agent.on('sound', ({ blocked }) => warn('sound-blocked', blocked));
  agent.on('device', ({ reason }) => {
    for (const [of, cause] of Object.entries(DEVICE_CAUSES)) warn(cause, of === reason);
  });
  agent.on('echo', ({ halfDuplex }) => warn('echo', halfDuplex));
  agent.on('unheard', ({ speaking }) => {
    warn('unheard', speaking && !isHeld());
    warn('unheard-hold', speaking && isHeld());
  });
  agent.on('limit', ({ secondsLeft, refused = false }) => {
    warn('limit-near', secondsLeft !== null && !refused);
    warn('extension-failed', refused);
  });
  agent.on('idle', ({ secondsLeft }) => warn('idle', secondsLeft !== null, secondsLeft));
}
