// What the full element has besides the button: orb, conversation, typed words, mute.

import { createConversation } from '../conversation-panel.js';
import { createHoldButton } from '../hold-button.js';
import { createMuteButton } from '../mute-button.js';
import { createVisualiser } from '../visualiser.js';

/**
 * @param {NonNullable<import('./element-markup.js').Parts['talk']>} elements
 * @param {import('../ui-types.js').Texts} texts
 * @param {object} context
 * @param {import('./element-call.js').Call} context.call
 * @param {HTMLElement} context.root
 * @param {() => string} context.agentTitle
 * @param {boolean} context.isTextOnly
 * @param {(muted: boolean) => void} context.mute
 * @param {() => void} context.hold   or go on
 * @param {() => boolean} context.mayFocus   whether the focus may go to the field once a typed call begins
 * @param {() => void} context.asked   typed words were sent
 * @param {{intend: () => void, start: () => void}} context.type   a call without a microphone
 * @param {AbortSignal} context.signal
 */
export function createTalk(
  elements,
  texts,
  { call, root, agentTitle, isTextOnly, hold, mute, mayFocus, asked, type, signal },
) {
  const transcript = createConversation(elements, texts, agentTitle, signal, isTextOnly);
  const visualiser = createVisualiser(elements, { themed: root, signal });
  const muteButton = createMuteButton(elements, texts.muteButton, mute, signal);
  const composer = createComposer(elements.composer, texts.textOnly.placeholder, (text) => {
    transcript.asked();
    asked();
    call.agent.say(text);
  });
  const holdButton = createHoldButton(elements, texts.holdButton, hold);
  elements.type.addEventListener('pointerdown', type.intend);
  elements.type.addEventListener('click', type.start);
  const after = createAfterCall(elements.after, texts, call, () => transcript.take('text'));
  const showConversation = () => (root.dataset.conversation = 'shown');

  // The parts listen for good; a view that is gone shows nothing, and goes with its call's listeners.
  transcript.follow({ on: (type, listener) => call.on(type, listener, { signal }) });
  call.on('level', visualiser.show, { signal });
  call.on('transcript', showConversation, { signal });

  /** What was said before, where it is shown no more. @param {readonly import('../ui-types.js').Turn[]} turns */
  function show(turns) {
    for (const turn of turns) transcript.show(turn);
    if (turns.length > 0) showConversation();
  }

  return {
    /** @param {import('../ui-types.js').CallState} state @param {boolean} isResuming a call that was left */
    showState(state, isResuming) {
      const isTyped = !call.hasMicrophone;
      composer.showState(state, isTyped);
      muteButton.showState(state);
      holdButton.showState(state);
      after.showState(state);
      if (state === 'connecting') {
        showConversation(); // now, so that no button moves when the call begins
        if (!isResuming) transcript.startCall();
        if (isTyped && mayFocus()) composer.focus(); // what was pressed is gone
      } else if (state !== 'live' && state !== 'reconnecting') {
        visualiser.clear();
        if (transcript.isEmpty()) root.dataset.conversation = 'empty';
      }
    },
    /** @param {boolean} muted @param {boolean} hasMicrophone */
    showMuted(muted, hasMicrophone) {
      muteButton.showMuted(muted, hasMicrophone);
    },
    /** @param {boolean} isHeld   the call is on hold */
    showHeld(isHeld) {
      holdButton.showHeld(isHeld);
      composer.showHeld(isHeld);
      if (isHeld) visualiser.clear();
    },
    isHeldToTalk: muteButton.isHeldToTalk,
    usePushToTalk: muteButton.usePushToTalk,
    note: transcript.note,
    show,
    /** @param {readonly import('../ui-types.js').Turn[]} turns */
    showLeft(turns) {
      show(turns);
      transcript.note(texts.transcript.left);
      showConversation();
    },
  };
}

// What stands below the conversation once the call is over; fetched as it begins, since its line may be gone then.

/**
 * @param {HTMLElement} place
 * @param {import('../ui-types.js').Texts} texts
 * @param {import('./element-call.js').Call} call
 * @param {() => void} download
 */
function createAfterCall(place, texts, call, download) {
  let liveAtMs = 0;
  /** @type {Promise<typeof import('../after-call.js') | null> | null} */
  let part = null;

  return {
    /** @param {import('../ui-types.js').CallState} state */
    async showState(state) {
      if (state === 'connecting') place.replaceChildren();
      if (state === 'live') {
        liveAtMs ||= performance.now();
        part ??= import('../after-call.js').catch(() => (part = null));
      }
      if (state !== 'ended' && state !== 'failed') return;
      const seconds = (performance.now() - liveAtMs) / 1000;
      const wasLive = liveAtMs > 0;
      liveAtMs = 0;
      if (state === 'failed' || !wasLive) return;
      const loaded = await part;
      if (call.state === 'ended')
        loaded?.showAfterCall(place, texts, { seconds, download, ...call.afterwards(seconds) });
    },
  };
}

// Typed words beside the voice; only while the agent can take them.

/**
 * @param {HTMLFormElement} form   with one text field and one submit button
 * @param {string} placeholder   where there is no other way to say something
 * @param {(text: string) => void} onSay
 */
function createComposer(form, placeholder, onSay) {
  const field = /** @type {HTMLInputElement} */ (form.elements.namedItem('text'));
  const send = /** @type {HTMLButtonElement} */ (form.querySelector('button'));
  const usual = field.placeholder;

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text || send.disabled) return;
    onSay(text);
    field.value = '';
    field.focus();
  });

  return {
    focus: () => field.focus(),
    /** What is typed on hold stays in the field. @param {boolean} isHeld */
    showHeld: (isHeld) => (send.disabled = isHeld || field.disabled),
    /** @param {import('../ui-types.js').CallState} state @param {boolean} isTyped   there is no microphone */
    showState(state, isTyped) {
      // What was typed stays in the field while the connection is away, or not there yet.
      const isOpening = isTyped && state === 'connecting';
      field.disabled = !isOpening && state !== 'live' && state !== 'reconnecting';
      send.disabled = state !== 'live';
      field.placeholder = isTyped ? placeholder : usual;
    },
  };
}
