// Composes the page: one voice agent, and one owner for each region, told what changed.
// The state of the call stands as attributes on the body, for the style sheets and the tests.

import { createVoiceAgent, listMicrophones } from '../voice-agent/index.js';
import { createAccess } from './access.js';
import { createAccessDialog } from './access-dialog.js';
import { createCallButton } from './call-button.js';
import { createComposer } from './composer.js';
import { configuration, elements } from './elements.js';
import { createErrorPanel } from './error-panel.js';
import { explain, warn } from './explain.js';
import { duration } from './format.js';
import { createLeftCall } from './left-call.js';
import { createMicrophonePicker, rememberedMicrophone } from './microphone-picker.js';
import { createMuteButton } from './mute-button.js';
import { createSettings } from './settings.js';
import { createStatus, whoSpeaks } from './status.js';
import { createTranscript } from './transcript.js';
import { readTexts } from './texts.js';
import { createVisualiser } from './visualiser.js';

const root = document.body;
const texts = /** @type {import('./types.js').Texts} */ (readTexts());
const settings = createSettings(elements.settings, () => dismissIf('agent-refused'));
const tokenUrl = new URL(configuration('token-url') ?? '/api/voice-token', document.baseURI);
const agent = createVoiceAgent({
  tokenUrl,
  session: settings.session(),
  microphone: rememberedMicrophone(),
});

const access = createAccess(new URL('access', tokenUrl));
const accessDialog = createAccessDialog(elements.access, texts, access.enter);
void access.ask();
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && access.needsCode) void access.ask(); // another tab may have been given it
});

/** Whom the present call is with; the settings may already name another for the next one. */
let agentTitle = settings.agentTitle();
const status = createStatus(elements, texts, () => agentTitle);
const transcript = createTranscript(elements, texts.transcript, () => agentTitle);
const visualiser = createVisualiser(elements);
const composer = createComposer(elements.composer, (text) => agent.say(text));
const panel = createErrorPanel(elements.problem, texts, {
  settings: settings.open,
  takeOver: () => start({ takeOver: true }),
  extend: () => {
    agent.extend();
    dismissIf('limit-near');
  },
  wake: () => void agent.wake(),
  dismiss: dismissError,
});
const muteButton = createMuteButton(elements, texts.muteButton, (muted) => {
  if (muted) agent.mute();
  else agent.unmute();
  showSpeaking();
});
const callButton = createCallButton(elements, texts.callButton, {
  intend: () => !access.isDenied && agent.prepare(),
  start,
  stop: () => agent.stop(),
  waiting: (secondsLeft) => {
    panel.showWait(secondsLeft);
    if (secondsLeft === 0) status.showDetail(texts.problem.ready);
  },
});
const microphones = createMicrophonePicker(elements.microphone, texts.microphone, listMicrophones, {
  choose: (deviceId) => agent.setMicrophone(deviceId),
  chosen: () => dismissIf('microphone'),
  refused: showError,
});

createLeftCall(agent, {
  offer: callButton.offerResume,
  show: (turns) => {
    for (const turn of turns) transcript.show(turn);
    transcript.note(texts.transcript.left);
    root.dataset.conversation = 'shown';
  },
});

/** Whether the present call goes on with one that was left. */
let isResuming = false;

/** @type {import('./types.js').Speaking} */
let speaking = { user: false, agent: false };

agent.on('state', showState);
agent.on('level', visualiser.show);
agent.on('speaking', (now) => {
  speaking = now;
  showSpeaking();
});
agent.on('transcript', (turn) => {
  transcript.show(turn);
  root.dataset.conversation = 'shown';
});

agent.on('microphone', ({ silent }) => showWarning('microphone-silent', silent));
agent.on('sound', ({ blocked }) => showWarning('sound-blocked', blocked));
agent.on('limit', ({ secondsLeft }) =>
  showWarning('limit-near', secondsLeft !== null, {
    duration: duration(secondsLeft ?? 0, texts.language),
  }),
);

/** @param {import('./types.js').StartOptions} [how] */
function start(how) {
  if (access.needsCode) return accessDialog.open(() => start(how));
  isResuming = how?.resume === true;
  agent.start({ session: settings.session(), ...how }).catch(alreadyShown);
}

/** @param {import('./types.js').StateChange} change */
function showState(change) {
  const { state, previous, recovery, error } = change;
  root.dataset.state = state;
  if (state === 'connecting') {
    agentTitle = settings.agentTitle();
    dismissError();
    if (!isResuming) transcript.startCall();
  }
  for (const part of [callButton, muteButton, composer]) part.showState(state);
  status.showState(change);
  if (state === 'live') showLive(previous, recovery);
  else if (state !== 'reconnecting') showQuiet();
  if (state !== 'failed' || !error) return;
  showError(error);
  if (error.problem?.code === 'unauthenticated') void showAccess(error);
}

/**
 * @param {import('./types.js').CallState} previous
 * @param {import('./types.js').StateChange['recovery']} recovery
 */
function showLive(previous, recovery) {
  root.dataset.conversation = 'shown';
  showSpeaking();
  if (previous === 'connecting') void microphones.refresh(); // with the permission come the names
  if (previous === 'reconnecting' && recovery) transcript.note(texts.transcript[recovery]);
}

function showQuiet() {
  speaking = { user: false, agent: false };
  showSpeaking();
  visualiser.clear();
  if (transcript.isEmpty()) root.dataset.conversation = 'empty';
}

function showSpeaking() {
  root.dataset.speaking = whoSpeaks(speaking);
  root.dataset.muted = String(agent.muted);
  muteButton.showMuted(agent.muted);
  status.showSpeaking(speaking, agent.muted);
}

/** @param {import('./types.js').CallError} error */
function showError(error) {
  const explanation = explain(error, texts, access.mode);
  const isOver = agent.state === 'failed';
  root.dataset.error = error.code;
  panel.show(explanation, { canDismiss: !isOver });
  if (!isOver) return;
  elements.call.hidden = !explanation.mayRetry;
  if (!explanation.mayRetry) panel.focusAction();
  if (explanation.waitSeconds) callButton.waitFor(explanation.waitSeconds);
}

/**
 * The service wants to know who calls. Where a code is enough, it is asked for at once.
 *
 * @param {import('./types.js').CallError} error
 */
async function showAccess(error) {
  await access.ask();
  if (agent.state !== 'failed') return; // the visitor was quicker
  showError(error);
  if (access.needsCode) accessDialog.open(start);
}

/**
 * Something that needs the user's hand in a call that goes on.
 * @param {keyof import('./types.js').Texts['warnings']} cause
 * @param {boolean} isOn
 * @param {{[name: string]: string}} [values]
 */
function showWarning(cause, isOn, values) {
  if (!isOn) return dismissIf(cause);
  root.dataset.error = cause;
  panel.show(warn(cause, texts, values), { canDismiss: true });
}

function dismissError() {
  delete root.dataset.error;
  panel.clear();
  elements.call.hidden = false;
  callButton.offerStart();
}

/** The visitor changed what may have caused the trouble. @param {string} cause  a code or how it begins */
function dismissIf(cause) {
  if (root.dataset.error?.startsWith(cause)) dismissError();
}

/** A refused start brings the error that the state has brought already. */
function alreadyShown() {}
