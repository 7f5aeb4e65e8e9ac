// What the full element has besides the button: mute, hold and typed words, and what is seen of a call.

import { isConversation } from '../../call-facts.js';
import { createHoldButton } from '../hold-button.js';
import { importAgain } from '../import-again.js';
import { createMuteButton } from '../mute-button.js';

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
export function createTalk(elements, texts, context) {
  const { call, root, signal } = context;
  const muteButton = createMuteButton(elements, texts.muteButton, context.mute, signal);
  const composer = createComposer(elements.composer, texts.textOnly.placeholder, (text) => {
    seen?.conversation.asked();
    context.asked();
    call.agent.say(text);
  });
  const holdButton = createHoldButton(elements, texts.holdButton, context.hold);
  elements.type.addEventListener('pointerdown', context.type.intend);
  elements.type.addEventListener('click', context.type.start);
  const showConversation = () => (root.dataset.conversation = 'shown');
  /** @type {ReturnType<typeof see> | null} */
  let seen = null;
  /** @type {Promise<void> | null} */
  let loading = null;
  let liveAtMs = 0;
  /** The conversation that the page left, shown before all else. @type {Left | null} */
  let left = null;
  /** When the call began, in epoch milliseconds, that does not go on with it. @type {number | null} */
  let begunAt = null;

  call.on(
    'transcript',
    ({ final }) => {
      showConversation();
      if (final) void load();
    },
    { signal },
  );

  /** Of one that cannot be had the next sign of a call asks again; what was said until then is shown with it. */
  function load() {
    loading ??= importAgain(
      () => import('../in-call.js'),
      new URL('../in-call.js', import.meta.url),
    ).then(
      (parts) => {
        if (signal.aborted) return;
        muteButton.learnToHold(parts.createPushToTalk);
        seen = see(parts, elements, texts, { ...context, left, begunAt });
      },
      () => void (loading = null),
    );
    return loading;
  }

  async function showAfterCall() {
    const seconds = (performance.now() - liveAtMs) / 1000;
    await load();
    if (!seen) await load(); // one that was under way as the call ended may have failed: nothing else asks again
    if (call.state === 'ended') seen?.showAfterCall(seconds);
  }

  return {
    /** A call seems to be coming: fetch what is seen of it. */
    load,
    /** @param {import('../ui-types.js').CallState} state @param {boolean} isResuming a call that was left */
    showState(state, isResuming) {
      const isTyped = !call.hasMicrophone;
      composer.showState(state, isTyped);
      muteButton.showState(state);
      holdButton.showState(state);
      if (state === 'live') liveAtMs ||= performance.now();
      if (call.isActive) void load();
      if (state === 'connecting') {
        elements.after.replaceChildren();
        showConversation(); // now, so that no button moves when the call begins
        begunAt = isResuming ? null : Date.now();
        if (begunAt) seen?.conversation.startCall(begunAt);
        if (isTyped && context.mayFocus()) composer.focus(); // what was pressed is gone
      } else if (!call.isActive) {
        seen?.visualiser.clear();
        const isEmpty = seen ? seen.conversation.isEmpty() : call.turns.length === 0;
        if (isEmpty) root.dataset.conversation = 'empty';
        if (state === 'ended' && liveAtMs > 0) void showAfterCall();
        liveAtMs = 0;
      }
    },
    /** @param {boolean} muted @param {boolean} hasMicrophone */
    showMuted(muted, hasMicrophone) {
      muteButton.showMuted(muted, hasMicrophone);
    },
    /** @param {boolean} isOnHold   the call is on hold */
    showOnHold(isOnHold) {
      holdButton.showOnHold(isOnHold);
      composer.showOnHold(isOnHold);
      if (isOnHold) seen?.visualiser.clear();
    },
    isPushToTalk: muteButton.isPushToTalk,
    usePushToTalk: muteButton.usePushToTalk,
    /** @param {string} text */
    note: (text) => seen?.conversation.note(text),
    /** Another view showed the call so far. */
    goOn() {
      if (call.turns.length === 0) return;
      showConversation();
      void load();
    },
    /** @param {readonly import('../ui-types.js').Turn[]} turns */
    showLeft(turns) {
      left = { turns, at: Date.now() };
      showConversation();
      void load();
    },
  };
}

/** @typedef {{turns: readonly import('../ui-types.js').Turn[], at: number}} Left   `at`: when that was seen, epoch */

/**
 * What is seen of a call, from now on and until the view is gone, and what was said in it before.
 * @param {typeof import('../in-call.js')} parts
 * @param {Parameters<typeof createTalk>[0]} elements
 * @param {Parameters<typeof createTalk>[1]} texts
 * @param {Parameters<typeof createTalk>[2] & {left: Left | null, begunAt: number | null}} context
 */
function see(parts, elements, texts, context) {
  const { call, root, agentTitle, isTextOnly, signal, left, begunAt } = context;
  const { createConversation, createVisualiser, showAfterCall } = parts;
  const conversation = createConversation(elements, texts, agentTitle, signal, isTextOnly);
  const visualiser = createVisualiser(elements, { themed: root, signal });
  left?.turns.forEach(conversation.show);
  if (left) conversation.note(texts.transcript.left, left.at);
  if (begunAt) conversation.startCall(begunAt);
  // The parts listen for good; a view that is gone shows nothing, and goes with its call's listeners.
  const { isActive, turns } = call;
  conversation.follow({
    ...{ isActive, turns },
    on: (type, listener) => call.on(type, listener, { signal }),
  });
  call.on('level', visualiser.show, { signal });
  const download = () => conversation.take('text');
  return {
    conversation,
    visualiser,
    /** @param {number} seconds   how long the call was */
    showAfterCall: (seconds) =>
      showAfterCall(elements.after, texts, { seconds, download, ...call.afterwards(seconds) }),
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
    /** What is typed on hold stays in the field. @param {boolean} isOnHold */
    showOnHold: (isOnHold) => (send.disabled = isOnHold || field.disabled),
    /** @param {import('../ui-types.js').CallState} state @param {boolean} isTyped   there is no microphone */
    showState(state, isTyped) {
      // What was typed stays in the field while the connection is away, or not there yet.
      const isOpening = isTyped && state === 'connecting';
      field.disabled = !isOpening && !isConversation(state);
      send.disabled = state !== 'live';
      field.placeholder = isTyped ? placeholder : usual;
    },
  };
}
