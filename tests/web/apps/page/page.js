// An app with the element, and with a button of its own around the client. Its address says where the gate is.

import { createVoiceAgent } from 'voicegate-client';
import 'voicegate-client/element';

const query = new URLSearchParams(location.search);
const gate = query.get('gate');

const element = document.createElement('voice-agent');
element.setAttribute('gate', gate);
document.querySelector('main').append(element);

const agent = createVoiceAgent({ gate, workletsUrl: query.get('worklets') ?? undefined });
agent.on('state', ({ state, error }) => {
  document.querySelector('output').value = `${error?.message ?? state} (${agent.thread})`;
});
document.querySelector('#talk').onclick = () =>
  agent.isActive ? agent.stop() : agent.start().catch(() => {});
