// What people see of a call: the shared parts, each owner of one region, told what changed. The state stands as
// attributes on the root, for the style sheets.

import { isConversation } from '../../call-facts.js';
import { watchMicrophonePermission } from '../../index.js';
import { VoiceAgentError } from '../../errors.js';
import { createPermissionPrompt } from '../browser-hints.js';
import { createCallButton } from '../call-button.js';
import { createErrorPanel } from '../error-panel.js';
import { tellDeveloper } from './developer-hints.js';
import { createTalk } from './talk-view.js';
import { createStatus, whoSpeaks } from '../status.js';
import { importAgain } from '../import-again.js';
import { createMediaSession } from '../media-session.js';
import { createTrouble } from '../trouble.js';
import { createWakeLock } from '../wake-lock.js';

/** @typedef {import('./element-call.js').AgentEvents} AgentEvents */

/**
 * @param {HTMLElement} root
 * @param {import('./element-markup.js').Parts} elements
 * @param {object} context
 * @param {import('./element-language.js').AllTexts} context.texts
 * @param {import('./element-call.js').Call} context.call
 * @param {import('./access-question.js').AccessContext} context.access
 * @param {() => boolean} context.isElsewhere   whether another element of this page is in a call
 * @param {boolean} context.isTextOnly   whether its calls are in writing
 * @param {AbortSignal} context.signal   the view is gone
 */
export function createView(
  root,
  elements,
  { texts, call, access, isElsewhere, isTextOnly, signal },
) {
  const isPage = root.dataset.variant === 'page';
  const words = wordsOf(texts, isPage ? null : isElsewhere, isTextOnly);
  /** @type {AgentEvents['speaking']} */
  let speaking = { user: false, agent: false };
  let isDisabled = false;
  /** Whether the present call goes on with one that was left. */
  let isResuming = false;
  /** Whether the call, or the last one, began without a microphone. */
  let isTyped = isTextOnly;
  /** @type {ReturnType<typeof import('./access-question.js').createAccessQuestion> | null} */
  let question = null;
  /** Whether typed words wait for their answer. */
  let isAsked = false;
  const agentTitle = () => call.title || texts.element.agent;

  const status = createStatus(elements, words, {
    agentTitle,
    secondsLeft: () => call.secondsLeft,
  });
  const talk =
    elements.talk &&
    createTalk(elements.talk, words, {
      ...{ call, root, agentTitle, isTextOnly, signal },
      mute: (muted) => void setMuted(muted),
      hold: toggleHold,
      mayFocus: () => mayFocus(),
      asked: () => ((isAsked = true), showSpeaking()),
      type: {
        intend: () => intend({ isPressed: true, microphone: false }),
        start: () => start({ microphone: false }),
      },
    });
  const isPushToTalk = () => talk?.isPushToTalk() ?? false;
  /** The microphone was asked for by the panel's button, which goes with it. */
  let isAllowPressed = false;
  const panel = createErrorPanel(elements.problem, words, {
    ...(isPage && { settings: () => call.openSettings() }),
    allow(answer) {
      isAllowPressed = answer === 'asked';
      if (answer === 'allowed') start();
    },
    takeOver: () => start({ takeOver: true }),
    extend: () => (trouble.dismiss(), call.agent.extend()),
    wake: () => void call.agent.wake(),
    unmute: () => void setMuted(false),
    stillHere: () => call.stillHere(),
    dismiss,
    focusElsewhere: () => elements.call.focus(),
  });
  const trouble = createTrouble(root, panel, words, { call, isPushToTalk, signal });
  const button = createCallButton(elements, words.callButton, {
    intend: (intent) => intend({ ...intent, ...modeOf({}) }),
    start,
    stop: () => void call.stop(),
    waiting(secondsLeft) {
      panel.showWait(secondsLeft);
      if (secondsLeft === 0) status.showDetail(words.problem.ready);
    },
  });
  void watchMicrophonePermission((permission) => {
    root.dataset.permission = permission;
    if (permission === 'granted' && isAllowPressed) start();
    else if (permission !== 'denied') settled('microphone-denied', words.problem.allowed);
  }, signal);
  window.addEventListener('online', () => settled('offline', words.problem.online), { signal });
  const wakeLock = createWakeLock(navigator.wakeLock, signal);
  const media = createMediaSession({
    hold: () => call.agent.hold(),
    unhold: () => call.agent.unhold(),
    stop: () => void call.stop(),
    toggleMicrophone: () => void setMuted(!call.muted),
  });
  const pointer = elements.pointer ?? document.createElement('p'); // elsewhere it belongs to the page around
  const prompt = createPermissionPrompt(pointer, (isAsking) => {
    root.dataset.asking = String(isAsking);
    status.showAsking(isAsking);
  });

  const left = createLeftCall(call, button.offerResume, signal);

  call.on('state', showState, { signal });
  // Not at `keydown`: what it was pressed on would be gone before its click, which would then fall on what came instead.
  for (const sign of ['input', 'click'])
    root.addEventListener(sign, () => call.stillHere(), { signal });
  // A view that is gone hears no end of the call: its timers and the wake lock end with it.
  const over = { state: 'idle', previous: 'idle', error: null, recovery: null, reason: null };
  const end = () => showState(/** @type {AgentEvents['state']} */ (over));
  signal.addEventListener('abort', end, { once: true });
  call.on('permission', ({ asking }) => prompt.showAsking(asking), { signal });
  call.on('device', ({ reason }) => reason === 'opened' && status.showMicrophone(), { signal });
  call.on('mute', showSpeaking, { signal });
  call.on('hold', showOnHold, { signal });
  call.on('speaking', (now) => ((speaking = now), showSpeaking()), { signal });
  call.on('transcript', ({ role }) => role === 'agent' && ((isAsked = false), showSpeaking()), {
    signal,
  });
  if (isPage) beWholePage();

  /** What a page that is about the call alone can say at once: how the gate decides, and that a call was left. */
  function beWholePage() {
    if (!call.isOpenToAll) void askGate();
    const lookAgain = () => !document.hidden && question?.needsCode && void askGate(); // given in another tab
    document.addEventListener('visibilitychange', lookAgain, { signal });
    if (call.resumable) talk?.showLeft(call.resumable.turns);
    left.look();
  }

  /** A press seems to be coming, or has begun. @param {Parameters<typeof call.prepare>[0]} how */
  function intend(how) {
    if (isOff()) return;
    void talk?.load();
    if (!question?.isDenied) call.prepare(how);
  }

  function mayFocus() {
    return isPage || root.matches(':focus-within');
  }

  /** A call that is tried again, or gone on with, begins as the one before did. @param {import('../ui-types.js').StartOptions} how */
  function modeOf({ microphone, resume = false }) {
    if (isTextOnly) return { textOnly: true };
    const isAgain = resume || call.state === 'failed';
    return { microphone: microphone ?? !(isAgain && isTyped) };
  }

  /** @param {boolean} muted */
  async function setMuted(muted) {
    try {
      await call.setMuted(muted);
      if (!muted) dismissIf('microphone'); // it was opened
    } catch (error) {
      if (call.isActive)
        showError(/** @type {import('../../errors.js').VoiceAgentError} */ (error));
    }
  }

  function toggleHold() {
    if (call.held) call.agent.unhold();
    else call.agent.hold();
  }

  function showOnHold() {
    talk?.showOnHold(call.held);
    showSpeaking();
    status.showDetail(call.held ? words.holdButton.detail : '');
  }

  /** @param {import('../ui-types.js').StartOptions} [how] */
  function start(how = {}) {
    if (isOff()) return;
    if (question?.needsCode) return question.open(() => start(how));
    // What could not be gone on with is tried again, where it is there still.
    const isAgain = call.state === 'failed' && isResuming && call.resumable !== null;
    const { resume = isAgain } = how;
    const mode = modeOf({ ...how, resume });
    isResuming = resume;
    isTyped = isTextOnly || !mode.microphone;
    call.start({ ...how, ...mode, resume }).catch((error) => {
      if (error?.name === 'VoiceAgentError') return; // told with the state
      tellDeveloper(String(error)); // a mistake of the page's
      showError(new VoiceAgentError('internal-error', { cause: error }));
    });
  }

  /** @param {AgentEvents['state']} change */
  function showState(change) {
    const { state, previous, recovery, error } = change;
    root.dataset.state = state;
    if (state === 'connecting') {
      isAllowPressed = false;
      offerCall();
    }
    trouble.showState(state);
    button.showState(state);
    wakeLock.showState(state);
    isAsked = false;
    talk?.showState(state, isResuming);
    if (state !== 'connecting') prompt.showAsking(false);
    status.showState(change);
    if (!call.hasMicrophone) status.showMicrophone(); // none is opened
    if (state === 'ended') left.look();
    if (state === 'live' && previous === 'reconnecting' && recovery)
      talk?.note(words.transcript[recovery]);
    if (!call.isActive) speaking = { user: false, agent: false };
    showSpeaking();
    showDisabled(isDisabled);
    if (state !== 'failed' || !error) return;
    showError(error);
    if (error.problem?.code === 'unauthenticated') void askForCode(error);
  }

  function showSpeaking() {
    root.dataset.speaking = whoSpeaks(speaking);
    root.dataset.muted = String(call.muted);
    root.dataset.held = String(call.held);
    // An element that was taken out is done with its call before that has ended.
    const isCall = !signal.aborted && isConversation(call.state);
    media.show({ isCall, title: agentTitle(), isOnHold: call.held, isMuted: call.muted });
    talk?.showMuted(call.muted, call.hasMicrophone);
    const mute = !call.hasMicrophone ? 'typed' : isPushToTalk() ? 'hold' : 'muted';
    const silence = isAsked ? 'answering' : call.muted && mute;
    status.showSpeaking(speaking, call.held ? 'held' : silence);
  }

  /** Why there is no call, or what was refused in one. @param {import('../../errors.js').VoiceAgentError} error */
  function showError(error) {
    const isOver = call.state === 'failed';
    const { mayRetry, waitSeconds } = trouble.tell(
      { ...error.toJSON(), cause: error.cause },
      { access: question?.mode ?? null, isOver, canType: Boolean(elements.talk) && !isTextOnly },
    );
    if (!isOver) return;
    elements.call.hidden = !mayRetry;
    if (!mayRetry && mayFocus()) panel.focusAction();
    if (waitSeconds) button.waitFor(waitSeconds);
  }

  function offerCall() {
    elements.call.hidden = false;
    button.offerStart();
    left.look();
  }

  function dismiss() {
    offerCall();
    trouble.dismiss();
  }

  /** The user changed what may have caused the trouble. @param {string} cause   a code or how it begins */
  function dismissIf(cause) {
    if (trouble.isTelling(cause)) dismiss();
  }

  /** What kept a call from starting is over. @param {string} cause @param {string} detail */
  function settled(cause, detail) {
    if (call.state !== 'failed' || !trouble.isTelling(cause)) return;
    dismiss();
    status.showDetail(detail);
  }

  /** @param {import('../../errors.js').VoiceAgentError} error */
  async function askForCode(error) {
    await askGate();
    if (signal.aborted || call.state !== 'failed') return; // the visitor was quicker
    showError(error);
    if (question?.needsCode) question.open(() => start());
  }

  /** Who may call; without an answer all stays as it was, and the next call asks again. */
  async function askGate() {
    if (!access.isOurs()) return;
    const loaded = await importAgain(
      () => import('./access-question.js'),
      new URL('./access-question.js', import.meta.url),
    ).catch(() => null);
    question ??= loaded && loaded.createAccessQuestion(elements.access, words, access);
    await question?.ask();
  }

  /** @param {boolean} isWanted */
  function showDisabled(isWanted) {
    isDisabled = isWanted;
    for (const button of [elements.call, elements.talk?.type])
      if (button) button.disabled = isOff();
  }

  /** Whether no call can be started. */
  function isOff() {
    return isDisabled && !call.isActive;
  }

  return {
    showDisabled,
    /** @param {boolean} isWanted */
    usePushToTalk: (isWanted) => talk?.usePushToTalk(isWanted),
    showError,
    dismissIf,
    /** Another view showed the call so far. @param {AgentEvents['state'] | null} change */
    goOn(change) {
      talk?.goOn();
      if (change) showState(change);
    },
  };
}

/**
 * The texts of the parts, where an element has some of its own: what is in the way may be on the same page.
 *
 * @param {import('./element-language.js').AllTexts} texts
 * @param {(() => boolean) | null} isElsewhere   null: the element is the page
 * @param {boolean} isTextOnly
 */
function wordsOf({ call: spoken, element }, isElsewhere, isTextOnly) {
  const call = isTextOnly
    ? { ...spoken, callButton: { ...spoken.callButton, ...spoken.textOnly } }
    : spoken;
  if (!isElsewhere) return call;
  const otherTab = call.errors['other-tab'];
  return {
    ...call,
    endings: { ...call.endings, 'taken-over': element.takenOver },
    errors: {
      ...call.errors,
      get 'other-tab'() {
        return isElsewhere() ? element.otherHere : otherTab;
      },
    },
  };
}

// A call that can be gone on with: this tab left it a moment ago, the service ended it, or nobody was there. It is
// offered while the client remembers it.

/** How often to look whether the client still remembers it. */
const LOOK_AGAIN_MS = 1_000;

/**
 * @param {{resumable: {turns: readonly import('../ui-types.js').Turn[]} | null}} call
 * @param {(isLeft: boolean) => void} offer
 * @param {AbortSignal} signal   whoever offers it is gone
 */
function createLeftCall(call, offer, signal) {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let looking;

  function look() {
    clearInterval(looking);
    if (!call.resumable) return;
    offer(true);
    looking = setInterval(() => {
      if (call.resumable) return;
      clearInterval(looking);
      offer(false);
    }, LOOK_AGAIN_MS);
  }

  // Out of the back/forward cache the page comes as it was, with the conversation still on it.
  window.addEventListener('pageshow', ({ persisted }) => persisted && look(), { signal });
  signal.addEventListener('abort', () => clearInterval(looking), { once: true });
  return { look };
}
