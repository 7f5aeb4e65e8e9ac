// Browsers share the microphone only with pages that nobody on the way could have changed.

import { judgeAddress } from '../judge-browser.js';

/** @type {import('../diagnostics-types.js').Check} */
export const secureContext = {
  id: 'secureContext',
  needs: [],
  limitMs: 1_000,
  async run({ platform }) {
    return judgeAddress(platform.isSecure());
  },
};
