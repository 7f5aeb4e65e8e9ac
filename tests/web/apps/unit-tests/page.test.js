// Tests of a page with the client, as its authors write them, for jest and vitest alike. Run by ../unit-tests.sh.

import { act, createElement, StrictMode } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { createVoiceAgent, listMicrophones } from 'voicegate-client';
import { useVoiceAgent, VoiceAgent } from 'voicegate-client/react';

globalThis.IS_REACT_ACT_ENVIRONMENT = true;

const GATE = 'https://gate.example';
const AGENTS = {
  default: 'reception',
  agents: [{ name: 'reception', title: 'Reception', session: {}, editable: ['greeting'] }],
};
const SETTINGS = { agents: AGENTS, session: { greeting: 'Hello' }, muted: true };

/** No test waits for a network: a gate whose agents the page does not know yet has not answered. */
globalThis.fetch = () => new Promise(() => {});

/** What the console is told, jsdom's complaints of what it has not included, and what nobody caught. */
const complaints = [];
for (const name of ['warn', 'error'])
  console[name] = (...words) =>
    complaints.push(words.map((word) => word?.message ?? word).join(' '));
addEventListener('error', ({ message }) => complaints.push(message));
process.on('unhandledRejection', (error) => complaints.push(String(error)));

afterEach(async () => {
  document.body.replaceChildren();
  await later();
  expect(complaints).toEqual([]);
});

/** An element that is out of the page for a task is gone. */
const later = () => new Promise((resolve) => setTimeout(resolve, 20));

const isShown = ({ shadowRoot }) => shadowRoot.textContent.includes('Start talking');
const settingsOf = ({ agents, session, muted }) => ({ agents, session, muted });

test('an agent is made, and a call that is started says what is missing', async () => {
  const agent = createVoiceAgent({ gate: GATE });
  agent.prepare({ isPressed: true });
  expect(await listMicrophones()).toEqual([]);
  await expect(agent.start()).rejects.toMatchObject({ code: 'unsupported-browser' });
  await agent.dispose();
});

test('an element that is there before it is defined is upgraded, with what was set', async () => {
  document.body.innerHTML = `<voice-agent gate="${GATE}"></voice-agent>`;
  const [element] = document.body.children;
  Object.assign(element, SETTINGS);
  await import('voicegate-client/element');
  await later();
  expect(isShown(element)).toBe(true);
  expect(settingsOf(element)).toEqual(SETTINGS);
});

test('an element is shown, pressed and heard', async () => {
  const element = document.createElement('voice-agent');
  Object.assign(element, SETTINGS, { gate: GATE, pushToTalk: true, floating: false });
  document.body.append(element);
  await later();
  expect(isShown(element)).toBe(true);
  expect(settingsOf(element)).toEqual(SETTINGS);
  expect(element.outerHTML).toBe(`<voice-agent gate="${GATE}" push-to-talk=""></voice-agent>`);
  const states = [];
  document.addEventListener('voice-agent-state', ({ detail }) => states.push(detail.state));
  const buttons = [...element.shadowRoot.querySelectorAll('button')];
  buttons.find(({ textContent }) => textContent.includes('Start talking')).click();
  await later();
  expect(states).toEqual(['connecting', 'failed']);
  expect(element.shadowRoot.textContent).toContain('This browser cannot make the call');
});

for (const variant of ['full', 'page', 'compact', 'floating'])
  test(`an element (${variant}) is moved, taken out and put back`, async () => {
    const element = document.createElement('voice-agent');
    Object.assign(element, SETTINGS, { gate: GATE, variant, floating: variant === 'floating' });
    document.body.append(element);
    await later();
    const [button] = element.shadowRoot.querySelectorAll('button');
    document.body.append(element);
    await later();
    expect(element.shadowRoot.contains(button)).toBe(true);
    element.remove();
    await later();
    expect(element.shadowRoot.childNodes.length).toBe(0);
    document.body.append(element);
    await later();
    expect(isShown(element)).toBe(true);
  });

function Page({ heard }) {
  const { state } = useVoiceAgent({ gate: GATE });
  const element = createElement(VoiceAgent, { gate: GATE, ...SETTINGS, onState: heard });
  return createElement('main', null, state, element);
}

for (const way of ['rendered', 'hydrated'])
  test(`React's component is ${way} in StrictMode`, async () => {
    const states = [];
    const heard = ({ state }) => states.push(state);
    const page = createElement(StrictMode, null, createElement(Page, { heard }));
    const host = document.body.appendChild(document.createElement('div'));
    if (way === 'hydrated') host.innerHTML = renderToString(page);
    const root = await act(() => {
      if (way === 'hydrated') return hydrateRoot(host, page);
      const made = createRoot(host);
      made.render(page);
      return made;
    });
    const element = host.querySelector('voice-agent');
    expect(settingsOf(element)).toEqual(SETTINGS);
    element.muted = false; // by the visitor
    await act(() => element.start().catch(() => {}));
    expect(states).toEqual(['connecting', 'failed']);
    await act(() => root.render(createElement(StrictMode, null, createElement(Page, { heard }))));
    expect(element.muted).toBe(false);
    await act(() => root.unmount());
  });
