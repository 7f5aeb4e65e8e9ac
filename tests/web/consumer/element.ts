// A TypeScript page with the element: its name and its events are known to the page's own types.

import { VoiceAgentElement } from 'voicegate-client/element';

const element = document.createElement('voice-agent');
element.setAttribute('gate', 'https://gate.example');
element.tools = { get_time: { description: 'The time of day.', run: () => ({ time: 'noon' }) } };
element.session = { greeting: 'Hello!' };
element.addEventListener('voice-agent-transcript', ({ detail }) => console.log(detail.text));
element.addEventListener('voice-agent-state', ({ detail: { state, error } }) => {
  if (state === 'failed') console.error(error?.code);
});
element.addEventListener('voice-agent-mute', ({ detail }) => console.log(detail.muted));
document.addEventListener('voice-agent-transcript', ({ detail }) => console.log(detail.text));
window.addEventListener('voice-agent-settings', ({ detail }) => console.log(detail));

// @ts-expect-error no such member of the event's value
document.addEventListener('voice-agent-level', ({ detail }) => console.log(detail.speaker));
// @ts-expect-error the event log is the client's alone: no such event
element.addEventListener('voice-agent-debug', ({ detail }) => console.log(detail.entries));
// @ts-expect-error no such member of the event's value
element.addEventListener('voice-agent-level', ({ detail }) => console.log(detail.speaker));
// @ts-expect-error no such state
if (element.state === 'connected') void element.stop();
element.muted = true;
// @ts-expect-error it cannot be set
element.isActive = true;

export const isElement = (node: Node) => node instanceof VoiceAgentElement && node.turns.length;
