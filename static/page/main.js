// Composes the page: one voice agent, and one owner for each region, told what changed.
// The state of the call stands as attributes on the body, for the style sheets and the tests.

import {
  createVoiceAgent,
  listMicrophones,
  listSpeakers,
  watchMicrophonePermission,
} from '../voice-agent/index.js';
import { createAccess } from '../voice-agent/ui/access.js';
import { createAccessDialog } from '../voice-agent/ui/access-dialog.js';
import { createCallDesk } from '../voice-agent/ui/call-desk.js';
import { createComposer } from '../voice-agent/ui/composer.js';
import { createConversation } from '../voice-agent/ui/conversation-panel.js';
import { createDetailsSheet } from './details-sheet.js';
import { rememberedDevice } from './device-picker.js';
import { createDisplaySettings } from './display-settings.js';
import { configuration, elements } from './elements.js';
import { createLeftCall } from './left-call.js';
import { createMuteButton } from '../voice-agent/ui/mute-button.js';
import { createPermissionPrompt } from '../voice-agent/ui/permission-prompt.js';
import { KEPT_SPEECH_SECONDS } from '../voice-agent/ui/reconnecting.js';
import { createPushToTalk } from './push-to-talk.js';
import { createSettings } from './settings.js';
import { createSoundSettings } from './sound-settings.js';
import { createStatus, whoSpeaks } from '../voice-agent/ui/status.js';
import { readTexts } from './texts.js';
import { createVisualiser } from '../voice-agent/ui/visualiser.js';
import { rememberedVolume } from './volume.js';
import { createWakeLock } from '../voice-agent/ui/wake-lock.js';

const root = document.body;

const texts = /** @type {import('./page-types.js').Texts} */ (readTexts());
const settings = createSettings(elements.settings, texts, {
  opened: () => sound.refresh(),
  closed: () => desk.dismissIf('agent-refused'),
  update: (session) => agent.update(session),
});
const tokenUrl = new URL(configuration('token-url') ?? '/api/voice-token', document.baseURI);
const agent = createVoiceAgent({
  tokenUrl,
  session: settings.session(),
  microphone: rememberedDevice('microphone'),
  speaker: rememberedDevice('speaker'),
  volume: rememberedVolume(),
  keepSpeechSeconds: KEPT_SPEECH_SECONDS,
});

const access = createAccess(new URL('access', tokenUrl));
const accessDialog = createAccessDialog(elements.access, texts, access.enter);
void access.ask();
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && access.needsCode) void access.ask(); // another tab may have been given it
});

/** Whom the present call is with; the settings may already name another for the next one. */
let agentTitle = settings.agentTitle();
const status = createStatus(elements, texts, {
  agentTitle: () => agentTitle,
  secondsLeft: () => agent.secondsLeft,
});
const transcript = createConversation(elements, texts, () => agentTitle);
const visualiser = createVisualiser(elements);
const composer = createComposer(elements.composer, (text) => {
  transcript.asked();
  agent.say(text);
});
const desk = createCallDesk(root, elements, texts, {
  call: agent,
  status,
  accessMode: () => access.mode,
  watchPermission: watchMicrophonePermission,
  isHeld: () => elements.mute.dataset.mode === 'hold',
  mayFocus: () => true,
  on: {
    intend: () => !access.isDenied && agent.prepare(),
    start,
    stop: () => agent.stop(),
    extend: () => agent.extend(),
    wake: () => void agent.wake(),
    unmute: () => mute(false),
    settings: settings.open,
  },
});
const wakeLock = createWakeLock(navigator.wakeLock);
const prompt = createPermissionPrompt(elements.pointer, (isAsking) => {
  root.dataset.asking = String(isAsking);
  status.showAsking(isAsking);
});

const muteButton = createMuteButton(elements, texts.muteButton, mute, createPushToTalk);
createDetailsSheet(elements.details, agent, texts);
createLeftCall(agent, {
  offer: desk.offerResume,
  show: (turns) => {
    for (const turn of turns) transcript.show(turn);
    transcript.note(texts.transcript.left);
    root.dataset.conversation = 'shown';
  },
});

/** Whether the present call goes on with one that was left. */
let isResuming = false;

/** @type {import('./page-types.js').Speaking} */
let speaking = { user: false, agent: false };

const sound = createSoundSettings(elements.sound, texts, {
  listMicrophones,
  listSpeakers,
  setMicrophone: (deviceId) => agent.setMicrophone(deviceId),
  setSpeaker: (deviceId) => agent.setSpeaker(deviceId),
  setVolume: (volume) => agent.setVolume(volume),
  usePushToTalk: muteButton.usePushToTalk,
  chosen: () => desk.dismissIf('microphone'),
  refused: desk.showError,
});
const display = createDisplaySettings(elements.display, {
  root: new URL('..', tokenUrl).pathname,
  atStake: () => {
    if (agent.isActive) return 'call';
    return transcript.isEmpty() ? 'nothing' : 'conversation';
  },
});

agent.on('state', showState);
agent.on('level', (levels) => {
  visualiser.show(levels);
  sound.showLevel(levels.microphone);
});
agent.on('speaking', (now) => {
  speaking = now;
  showSpeaking();
});
agent.on('transcript', () => (root.dataset.conversation = 'shown'));
transcript.follow(agent);

agent.on('permission', ({ asking }) => prompt.showAsking(asking));

/** @param {import('./page-types.js').StartOptions} [how] */
function start(how) {
  if (access.needsCode) return accessDialog.open(() => start(how));
  isResuming = how?.resume === true;
  agent.start({ session: settings.session(), ...how }).catch(alreadyShown);
}

/** @param {boolean} muted */
function mute(muted) {
  if (muted) agent.mute();
  else agent.unmute();
  showSpeaking();
}

/** @param {import('./page-types.js').StateChange} change */
function showState(change) {
  const { state, previous, recovery, error } = change;
  root.dataset.state = state;
  if (state === 'connecting') {
    agentTitle = settings.agentTitle();
    root.dataset.conversation = 'shown'; // now, so that no button moves when the call begins
    if (!isResuming) transcript.startCall();
  }
  wakeLock.showState(state);
  if (state !== 'connecting') prompt.showAsking(false);
  for (const part of [desk, muteButton, composer, settings, sound, display]) {
    part.showState(state);
  }
  status.showState(change);
  if (state === 'live') showLive(previous, recovery);
  else if (state !== 'reconnecting' && state !== 'connecting') showQuiet();
  if (state !== 'failed' || !error) return;
  desk.showError(error);
  if (error.problem?.code === 'unauthenticated') void showAccess(error);
}

/**
 * @param {import('./page-types.js').CallState} previous
 * @param {import('./page-types.js').StateChange['recovery']} recovery
 */
function showLive(previous, recovery) {
  showSpeaking();
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
  status.showSpeaking(speaking, agent.muted && (muteButton.isHeldToTalk() ? 'hold' : 'muted'));
}

/**
 * The service wants to know who calls. Where a code is enough, it is asked for at once.
 *
 * @param {import('./page-types.js').CallError} error
 */
async function showAccess(error) {
  await access.ask();
  if (agent.state !== 'failed') return; // the visitor was quicker
  desk.showError(error);
  if (access.needsCode) accessDialog.open(start);
}

/** A refused start brings the error that the state has brought already. */
function alreadyShown() {}
