// Whether the visitor wants to be heard only while holding the button; kept from visit to visit.

import { lasting } from './preferences.js';

const MEMORY = 'push-to-talk';

export function isPushToTalkWanted() {
  return lasting.readOneOf(MEMORY, ['off', 'on']) === 'on';
}

/** @param {boolean} isWanted */
export function rememberPushToTalk(isWanted) {
  lasting.write(MEMORY, isWanted ? 'on' : null);
}
