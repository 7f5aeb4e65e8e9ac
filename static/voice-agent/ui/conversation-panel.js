// The conversation's region: what was said, as it is heard; what the agent's tools do; how long answers take; copies.

import { createAnswerPause } from './answer-pause.js';
import { createCaptions } from './captions.js';
import { createCopyMenu } from './copy-menu.js';
import { createTranscript } from './transcript-view.js';

/** @typedef {Pick<import('../index.js').Agent, 'on'>} Agent */

/**
 * @param {Parameters<typeof createTranscript>[0] & {copy: Parameters<typeof createCopyMenu>[0]}} elements
 * @param {import('./ui-types.js').Texts} texts
 * @param {() => string} agentTitle
 * @param {AbortSignal} [signal]   the region is gone
 */
export function createConversation(elements, texts, agentTitle, signal) {
  const transcript = createTranscript(elements, texts, agentTitle);
  const captions = createCaptions(transcript.show);
  const pause = createAnswerPause(transcript.showPause);
  const copyMenu = createCopyMenu(elements.copy, texts, transcript.items, signal);

  return {
    ...transcript,
    /** The user has sent typed words. */
    asked: pause.typed,
    /** @param {Agent} agent */
    follow(agent) {
      agent.on('transcript', captions.take);
      agent.on('playback', (playback) => {
        pause.heard(playback);
        captions.heard(playback);
      });
      agent.on('speaking', (speaking) => {
        pause.speaking(speaking);
        captions.sound(speaking.agent);
      });
      agent.on('tool', transcript.showTool);
      agent.on('state', ({ state }) => {
        if (state === 'live') void copyMenu.prepare();
        if (state !== 'ended' && state !== 'failed') return;
        pause.reset();
        captions.finish();
      });
    },
  };
}
