// What the full element has besides the button: orb, conversation, typed words, mute.

import { createConversation } from '../conversation-panel.js';
import { createMuteButton } from '../mute-button.js';
import { createVisualiser } from '../visualiser.js';

/**
 * @param {NonNullable<import('./element-markup.js').Parts['talk']>} elements
 * @param {import('../ui-types.js').Texts} texts
 * @param {object} context
 * @param {import('./element-call.js').Call} context.call
 * @param {HTMLElement} context.root
 * @param {() => string} context.agentTitle
 * @param {AbortSignal} context.signal
 */
export function createTalk(elements, texts, { call, root, agentTitle, signal }) {
  const transcript = createConversation(elements, texts, agentTitle, signal);
  const visualiser = createVisualiser(elements, { themed: root, signal });
  const mute = (/** @type {boolean} */ muted) => call.setMuted(muted);
  const muteButton = createMuteButton(elements, texts.muteButton, mute, signal);
  const composer = createComposer(elements.composer, (text) => {
    transcript.asked();
    call.agent.say(text);
  });
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
      composer.showState(state);
      muteButton.showState(state);
      if (state === 'connecting') {
        showConversation(); // now, so that no button moves when the call begins
        if (!isResuming) transcript.startCall();
      } else if (state !== 'live' && state !== 'reconnecting') {
        visualiser.clear();
        if (transcript.isEmpty()) root.dataset.conversation = 'empty';
      }
    },
    showMuted: muteButton.showMuted,
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

// Typed words beside the voice; only while the agent can take them.

/**
 * @param {HTMLFormElement} form   with one text field and one submit button
 * @param {(text: string) => void} onSay
 */
function createComposer(form, onSay) {
  const field = /** @type {HTMLInputElement} */ (form.elements.namedItem('text'));
  const send = /** @type {HTMLButtonElement} */ (form.querySelector('button'));

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text || send.disabled) return;
    onSay(text);
    field.value = '';
    field.focus();
  });

  return {
    /** @param {import('../ui-types.js').CallState} state */
    showState(state) {
      // What was typed stays in the field while the connection is away.
      field.disabled = state !== 'live' && state !== 'reconnecting';
      send.disabled = state !== 'live';
    },
  };
}
