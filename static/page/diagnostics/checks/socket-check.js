// Opens the socket to the voice service and says nothing on it: without a first message there is no session.

import { judgeSocket } from '../judge-line.js';

/** @type {import('../diagnostics-types.js').Check} */
export const socket = {
  id: 'socket',
  needs: ['token'],
  limitMs: 30_000,
  async run({ platform, passes, signal }) {
    const { opening, wsUrl } = await passes.open(signal);
    if (opening.outcome === 'open' || opening.error) return judgeSocket(opening, null);
    return judgeSocket(opening, await platform.isHostReached(wsUrl, signal));
  },
};
