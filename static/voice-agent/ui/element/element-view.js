// What people see of a call: the shared parts, each owner of one region, told what changed. The state stands as
// attributes on the root, for the style sheets.

import { watchMicrophonePermission } from '../../index.js';
import { createCallDesk } from '../call-desk.js';
import { createPermissionPrompt } from '../permission-prompt.js';
import { createStatus, whoSpeaks } from '../status.js';
import { createWakeLock } from '../wake-lock.js';
import { createAccessQuestion } from './access-question.js';
import { createTalk } from './talk-view.js';
import { wordsOf } from './element-words.js';

/** @typedef {import('./element-call.js').AgentEvents} AgentEvents */

/**
 * @param {HTMLElement} root
 * @param {ReturnType<typeof import('./element-markup.js').buildMarkup>} elements
 * @param {object} context
 * @param {import('./element-language.js').AllTexts} context.texts
 * @param {import('./element-call.js').Call} context.call
 * @param {import('./access-question.js').AccessContext} context.access
 * @param {() => boolean} context.isElsewhere   whether another element of this page is in a call
 * @param {AbortSignal} context.signal   the view is gone
 */
export function createView(root, elements, { texts, call, access, isElsewhere, signal }) {
  const words = wordsOf(texts, isElsewhere);
  /** @type {AgentEvents['speaking']} */
  let speaking = { user: false, agent: false };
  let isDisabled = false;
  const agentTitle = () => call.title || texts.element.agent;

  const status = createStatus(elements, words, {
    agentTitle,
    secondsLeft: () => call.secondsLeft,
  });
  const talk =
    elements.talk && createTalk(elements.talk, words, { call, root, agentTitle, signal });
  const question = createAccessQuestion(elements.access, words, access, () => start());
  const desk = createCallDesk(root, elements, words, {
    call,
    status,
    accessMode: () => question.mode,
    watchPermission: watchMicrophonePermission,
    isHeld: () => false,
    mayFocus: () => root.matches(':focus-within'),
    on: {
      intend: () => call.prepare(),
      start,
      stop: () => void call.stop(),
      extend: () => call.agent.extend(),
      wake: () => void call.agent.wake(),
      unmute: () => call.setMuted(false),
    },
    signal,
  });
  const wakeLock = createWakeLock(navigator.wakeLock, signal);
  // What points to the browser's question belongs to the page around.
  const prompt = createPermissionPrompt(document.createElement('p'), (isAsking) => {
    root.dataset.asking = String(isAsking);
    status.showAsking(isAsking);
  });

  call.on('state', showState, { signal });
  // A view that is gone hears no end of the call: its timers and the wake lock end with it.
  const over = { state: 'idle', previous: 'idle', error: null, recovery: null, reason: null };
  const end = () => showState(/** @type {AgentEvents['state']} */ (over));
  signal.addEventListener('abort', end, { once: true });
  call.on('permission', ({ asking }) => prompt.showAsking(asking), { signal });
  call.on('mute', showSpeaking, { signal });
  call.on('speaking', (now) => ((speaking = now), showSpeaking()), { signal });

  /** @param {{takeOver?: boolean}} [how] */
  function start(how) {
    call.start(how).catch((error) => {
      if (error?.name !== 'VoiceAgentError') throw error; // a mistake of the page's
    });
  }

  /** @param {AgentEvents['state']} change */
  function showState(change) {
    const { state, previous, recovery, error } = change;
    root.dataset.state = state;
    desk.showState(state);
    wakeLock.showState(state);
    talk?.showState(state);
    if (state !== 'connecting') prompt.showAsking(false);
    status.showState(change);
    if (state === 'live' && previous === 'reconnecting' && recovery) talk?.tellRecovery(recovery);
    if (!call.isActive || state === 'ending') speaking = { user: false, agent: false };
    showSpeaking();
    showDisabled(isDisabled);
    if (state !== 'failed' || !error) return;
    showError(error);
    if (error.problem?.code === 'unauthenticated') void askForCode(error);
  }

  function showSpeaking() {
    root.dataset.speaking = whoSpeaks(speaking);
    root.dataset.muted = String(call.muted);
    talk?.showMuted(call.muted);
    status.showSpeaking(speaking, call.muted && 'muted');
  }

  /** @param {import('../../errors.js').VoiceAgentError} error */
  function showError(error) {
    desk.showError({ ...error.toJSON(), cause: error.cause });
  }

  /** @param {import('../../errors.js').VoiceAgentError} error */
  async function askForCode(error) {
    const isNeeded = await question.isNeeded();
    if (signal.aborted || call.state !== 'failed') return; // the visitor was quicker
    showError(error);
    if (isNeeded) question.open();
  }

  /** @param {boolean} isWanted */
  function showDisabled(isWanted) {
    isDisabled = isWanted;
    elements.call.disabled = isWanted && !call.isActive;
  }

  return {
    showDisabled,
    /** Another view showed the call so far. @param {AgentEvents['state'] | null} change @param {readonly any[]} turns */
    goOn(change, turns) {
      talk?.goOn(turns);
      if (change) showState(change);
    },
  };
}
