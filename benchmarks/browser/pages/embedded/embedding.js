// A page of another origin that holds the element. Its address says where the gate is.

const gate = new URLSearchParams(location.search).get('gate') ?? '';
await import(`${gate}/static/voice-agent/element.js`);
const element = document.createElement('voice-agent');
element.setAttribute('gate', gate);
document.body.append(element);
