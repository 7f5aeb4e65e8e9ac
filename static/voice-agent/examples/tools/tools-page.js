// The page around the tools: shows what the agent asks for, and asks the person where it must.

import { createVoiceAgent } from 'https://gate.example/static/voice-agent/index.js';
import { createTools } from './tools.js';

const button = document.querySelector('#talk');
const status = document.querySelector('#status');
const conversation = document.querySelector('#conversation');
const search = document.querySelector('#search');
const progress = document.querySelector('#progress');
const stop = document.querySelector('#stop');
const approval = document.querySelector('#approval');
const question = document.querySelector('#question');

/**
 * A search has begun.
 * @returns {{show: (share: number) => void, end: () => void, stopped: AbortSignal}}
 */
function showSearch() {
  const stopping = new AbortController();
  stop.onclick = () => stopping.abort(new Error('The person stopped the search.'));
  progress.value = 0;
  search.hidden = false;
  return {
    show: (share) => (progress.value = share),
    end: () => (search.hidden = true),
    stopped: stopping.signal,
  };
}

/**
 * @param {string} text
 * @param {AbortSignal} signal aborts when nobody waits for the answer any more
 * @returns {Promise<boolean>}
 */
function ask(text, signal) {
  question.textContent = text;
  approval.returnValue = '';
  approval.showModal();
  signal.addEventListener('abort', () => approval.close());
  return new Promise((resolve) => {
    approval.addEventListener('close', () => resolve(approval.returnValue === 'yes'), {
      once: true,
    });
  });
}

const agent = createVoiceAgent({
  tokenUrl: 'https://gate.example/api/voice-token',
  session: {
    system_prompt: 'You sell train tickets. Find a train first, then offer to book it.',
    greeting: 'Hello! Where would you like to go?',
  },
  tools: createTools(showSearch, ask),
});

button.addEventListener('click', () => {
  if (agent.isActive) agent.stop();
  else agent.start().catch(() => {});
});

agent.on('state', ({ state, error }) => {
  button.textContent = agent.isActive ? 'Hang up' : 'Start talking';
  status.textContent = error ? error.message : state;
});

/** What each status of a tool is called here. */
const STATUSES = {
  waiting: 'waits for you',
  running: 'is under way',
  done: 'is done',
  failed: 'did not work',
  refused: 'was not allowed',
  cancelled: 'was cancelled',
};

agent.on('tool', ({ callId, name, args, status: callStatus, error = '' }) => {
  const item = itemFor(callId);
  item.dataset.status = callStatus;
  item.textContent = `${name}(${JSON.stringify(args)}) ${STATUSES[callStatus]} ${error}`;
});

agent.on('transcript', ({ id, role, text }) => {
  const item = itemFor(id);
  item.dataset.role = role;
  item.textContent = text;
});

const items = new Map();

/** @param {string} id */
function itemFor(id) {
  const item = items.get(id) ?? document.createElement('li');
  if (!items.has(id)) conversation.append(item);
  items.set(id, item);
  return item;
}
