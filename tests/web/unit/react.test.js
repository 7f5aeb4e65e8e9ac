// The hook for React, with as much of React as it takes.

import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { test } from 'node:test';

const REACT = `
  let slots = [], at = 0;
  const slot = (make) => (slots[at] ??= make(), slots[at++]);
  export const useRef = (current) => slot(() => ({ current }));
  export const useState = (first) => {
    const state = slot(() => ({ value: first }));
    return [state.value, (next) => (state.value = typeof next === 'function' ? next(state.value) : next)];
  };
  export const useEffect = (run) => void slot(() => ({ end: run() }));
  export const createElement = () => null;
  export const render = (component) => ((at = 0), component());
  export const unmount = () => slots.splice(0).forEach(({ end }) => end?.());
`;
const ADDRESS = `data:text/javascript,${encodeURIComponent(REACT)}`;
registerHooks({
  resolve: (name, context, next) =>
    name === 'react' ? { url: ADDRESS, shortCircuit: true } : next(name, context),
});

const { render, unmount } = await import(ADDRESS);
const ours = new URL('../../../static/voice-agent/react.js', import.meta.url);
const { useVoiceAgent } = await import(ours.href);

test('what keeps a call from beginning at all is an error of the hook, too', async (context) => {
  globalThis.document = /** @type {any} */ ({
    baseURI: 'https://shop.example/',
    addEventListener() {},
  });
  context.after(() => Reflect.deleteProperty(globalThis, 'document'));
  context.after(unmount);
  const show = () => render(() => useVoiceAgent({ tokenUrl: '/token' }));
  show(); // its effect makes the agent
  const { start, error } = show();
  assert.equal(error, null);
  await start({ session: 'Be brief.' });
  assert.equal(show().error.code, 'invalid-session');
  await show().agent.dispose();
  await start();
  assert.equal(show().error.cause.name, 'InvalidStateError');
});
