// What the full element has besides the button: orb, conversation, typed words, mute.

import { createComposer } from '../composer.js';
import { createConversation } from '../conversation-panel.js';
import { createMuteButton } from '../mute-button.js';
import { createVisualiser } from '../visualiser.js';

/**
 * @param {NonNullable<ReturnType<typeof import('./element-markup.js').buildMarkup>['talk']>} elements
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
  const muteButton = createMuteButton(elements, texts.muteButton, (muted) => call.setMuted(muted));
  const composer = createComposer(elements.composer, (text) => {
    transcript.asked();
    call.agent.say(text);
  });

  // The parts listen for good; a view that is gone shows nothing, and goes with its call's listeners.
  transcript.follow({ on: (type, listener) => call.on(type, listener, { signal }) });
  call.on('level', visualiser.show, { signal });
  call.on('transcript', () => (root.dataset.conversation = 'shown'), { signal });

  return {
    /** @param {import('../ui-types.js').CallState} state */
    showState(state) {
      composer.showState(state);
      muteButton.showState(state);
      if (state === 'connecting') {
        root.dataset.conversation = 'shown'; // now, so that no button moves when the call begins
        transcript.startCall();
      } else if (state !== 'live' && state !== 'reconnecting') {
        visualiser.clear();
        if (transcript.isEmpty()) root.dataset.conversation = 'empty';
      }
    },
    showMuted: muteButton.showMuted,
    /** @param {'resumed' | 'continued'} recovery */
    tellRecovery: (recovery) => transcript.note(texts.transcript[recovery]),
    /** @param {readonly import('../ui-types.js').Turn[]} turns   shown elsewhere so far */
    goOn(turns) {
      for (const turn of turns) transcript.show(turn);
      if (turns.length > 0) root.dataset.conversation = 'shown';
    },
  };
}
