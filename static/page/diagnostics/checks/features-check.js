// Whether this browser has what a live call is made of.

import { judgeFeatures } from '../judge-browser.js';

/** @type {import('../diagnostics-types.js').Check} */
export const features = {
  id: 'features',
  needs: ['secureContext'],
  limitMs: 1_000,
  async run({ platform }) {
    return judgeFeatures(platform.features());
  },
};
