// The conversation's region: what was said, as it is heard; what the agent's tools do; how long answers take; copies.

import { createCaptions } from './captions.js';
import { createCopyMenu } from './copy-menu.js';
import { fill } from './format.js';
import { createTranscript } from './transcript-view.js';

/** @typedef {Pick<import('../index.js').Agent, 'on'>} Agent */

/**
 * @param {Parameters<typeof createTranscript>[0] & {copy: Parameters<typeof createCopyMenu>[0]}} elements
 * @param {import('./ui-types.js').Texts} texts
 * @param {() => string} agentTitle
 * @param {AbortSignal} [signal]   the region is gone
 * @param {boolean} [isTextOnly]   nothing is heard, so that no word has to wait for its sound
 */
export function createConversation(elements, texts, agentTitle, signal, isTextOnly = false) {
  const transcript = createTranscript(elements, texts, agentTitle);
  const showWritten = createWriting(transcript.show);
  const captions = createCaptions(transcript.show);
  const pause = createAnswerPause(transcript.showPause);
  const take = createCopyMenu(elements.copy, texts, transcript.items, signal);

  return {
    ...transcript,
    /** The user has sent typed words. */
    asked: pause.typed,
    take,
    /** @param {Agent & {isActive: boolean, turns: readonly import('./ui-types.js').Turn[]}} agent */
    follow(agent) {
      const showTold = isTextOnly ? showWritten : captions.take;
      agent.turns.forEach(agent.isActive ? showTold : transcript.show);
      agent.on('transcript', showTold);
      agent.on('playback', (playback) => {
        pause.heard(playback);
        captions.heard(playback);
      });
      agent.on('speaking', (speaking) => {
        pause.speaking(speaking);
        captions.sound(speaking.agent);
      });
      agent.on('hold', ({ held }) => captions.hold(held));
      agent.on('tool', transcript.showTool);
      agent.on('voice', (change) => transcript.note(voiceText(change, texts)));
      agent.on('state', ({ state }) => {
        if (state !== 'ended' && state !== 'failed') return;
        pause.reset();
        captions.finish();
      });
    },
  };
}

/**
 * @param {import('./ui-types.js').AgentEvents['voice']} change
 * @param {import('./ui-types.js').Texts} texts
 */
function voiceText({ asked, used, language }, texts) {
  if (language === null) return fill(texts.transcript.voice, { asked, used });
  const names = new Intl.DisplayNames(texts.language, { type: 'language' });
  return fill(texts.transcript.voiceAlike, { asked, used, language: names.of(language) ?? '' });
}

// Words of the agent that nobody hears. They come in a burst, while the service goes on speaking them for seconds: a turn
// is whole, and announced, once no more of them come.

/** All words of a reply were seen to arrive within 31 ms. */
const BURST_MS = 500;

/** @param {(turn: import('./ui-types.js').Turn) => void} show */
function createWriting(show) {
  /** Turns that are whole and not final yet, by id. @type {Set<string>} */
  const whole = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  return (/** @type {import('./ui-types.js').Turn} */ turn) => {
    const isWhole = turn.final || whole.has(turn.id);
    show({ ...turn, final: isWhole });
    if (turn.final) whole.delete(turn.id);
    if (turn.role === 'user') return;
    clearTimeout(timer);
    if (isWhole) return;
    timer = setTimeout(() => {
      whole.add(turn.id);
      show({ ...turn, final: true });
    }, BURST_MS);
  };
}

// How long the agent took to answer: from the end of the user's speech, or the sending of typed words, to the first
// sound. By the page's own clock.

/** Longer than this it was no answer to what was said. */
const MAX_PAUSE_MS = 60_000;

/**
 * @param {(turnId: string, pauseMs: number) => void} onPause
 * @param {() => number} [nowMs]
 */
export function createAnswerPause(onPause, nowMs = () => performance.now()) {
  /** @type {number | null} */
  let askedAtMs = null;
  /** A pause whose reply is not known yet. @type {number | null} */
  let pauseMs = null;
  /** The reply on its way to the ear. @type {string | null} */
  let replyId = null;
  /** @type {import('./ui-types.js').Speaking} */
  let speaking = { user: false, agent: false };

  function tell() {
    if (pauseMs === null || replyId === null) return;
    onPause(`agent-${replyId}`, pauseMs);
    pauseMs = null;
  }

  return {
    /** @param {import('./ui-types.js').Speaking} now */
    speaking(now) {
      if (now.user) askedAtMs = null;
      else if (speaking.user) askedAtMs = nowMs();
      if (now.agent && !speaking.agent && askedAtMs !== null) {
        const passedMs = nowMs() - askedAtMs;
        askedAtMs = null;
        if (passedMs <= MAX_PAUSE_MS) pauseMs = passedMs;
        tell();
      }
      speaking = now;
    },
    typed() {
      askedAtMs = nowMs();
    },
    /** @param {import('./ui-types.js').Playback} playback */
    heard(playback) {
      if (!playback.done) replyId = playback.replyId;
      else if (playback.replyId === replyId) replyId = null;
      tell();
    },
    /** The call is over. */
    reset() {
      askedAtMs = pauseMs = replyId = null;
      speaking = { user: false, agent: false };
    },
  };
}
