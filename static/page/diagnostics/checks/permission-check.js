// What the visitor has decided before, and what a page around this one allows. Asks nothing yet.

import { judgePermission } from '../judge-browser.js';

/** @type {import('../diagnostics-types.js').Check} */
export const permission = {
  id: 'permission',
  needs: ['secureContext'],
  limitMs: 5_000,
  async run({ platform }) {
    return judgePermission(await platform.permission());
  },
};
