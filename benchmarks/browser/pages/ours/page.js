// The smallest page around the client: a button, the state, what was said. The pointer coming near prepares the
// call: the audio system, and with `?prefetch=always` a token too, of which one is then kept in reserve.

import { createVoiceAgent } from '../../../../static/voice-agent/index.js';

const isPrefetching = new URLSearchParams(location.search).get('prefetch') === 'always';
const agent = createVoiceAgent({
  tokenUrl: '/api/voice-token',
  session: { system_prompt: 'Be brief.' },
  tokenPrefetch: isPrefetching ? 'always' : 'never',
});

const button = element('start');
const turns = element('turns');
/** @type {Map<string, HTMLElement>} */
const rows = new Map();

button.addEventListener('click', () => agent.start().catch(() => {}));
button.addEventListener('pointerenter', () => agent.prepare());
agent.on('state', ({ state }) => (element('state').textContent = state));
agent.on('transcript', ({ id, text }) => {
  const row = rows.get(id) ?? turns.appendChild(document.createElement('li'));
  rows.set(id, row);
  row.textContent = text;
});

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
