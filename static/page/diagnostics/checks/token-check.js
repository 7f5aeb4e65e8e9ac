// Asks the token route as a call would: the smallest session there is, for half a minute. No session is opened.

import { judgeToken } from '../judge-line.js';

/** @type {import('../diagnostics-types.js').Check} */
export const token = {
  id: 'token',
  needs: [],
  limitMs: 15_000,
  async run({ passes, signal }) {
    return judgeToken(await passes.mint(signal));
  },
};
