// A page of any origin that talks to an agent. Put your Voicegate's address in place of https://gate.example, here and
// in the page's policy, and this page's origin on its list (VOICEGATE_ALLOWED_ORIGINS).

import { createVoiceAgent } from 'https://gate.example/static/voice-agent/index.js';

const button = document.querySelector('#talk');
const status = document.querySelector('#status');
const conversation = document.querySelector('#conversation');

const agent = createVoiceAgent({
  tokenUrl: 'https://gate.example/api/voice-token',
  session: {
    system_prompt: 'You work at the reception of a small hotel. Be brief and friendly.',
    greeting: 'Hello! What can I do for you?',
  },
});

button.addEventListener('click', () => {
  if (agent.isActive) return agent.stop();
  conversation.replaceChildren();
  agent.start().catch(() => {}); // the `error` event says it
});
button.addEventListener('pointerenter', () => agent.prepare()); // the call begins sooner
button.addEventListener('pointerdown', () => agent.prepare({ isPressed: true })); // and sooner still

agent.on('state', ({ state, error }) => {
  button.textContent = agent.isActive ? 'Hang up' : 'Start talking';
  status.textContent = error ? error.message : state;
});

agent.on('error', (error) => console.error(`${error.code}: ${error.message}`));

// A turn is told anew whenever more of it is known: the same `id` replaces.
const items = new Map();
agent.on('transcript', ({ id, role, text }) => {
  const item = items.get(id) ?? document.createElement('li');
  items.set(id, item);
  item.dataset.role = role;
  item.textContent = text;
  conversation.append(item);
});
