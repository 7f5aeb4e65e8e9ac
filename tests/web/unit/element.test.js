// What the element decides without a page.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { VoiceAgentError } from '../../../static/voice-agent/errors.js';
import { gateUrl, loadAgent } from '../../../static/voice-agent/main-thread/gate.js';
import { AGENT_EVENTS, sessionFor } from '../../../static/voice-agent/ui/element/element-call.js';
import { ICONS } from '../../../static/voice-agent/ui/draw-icon.js';
import markup from '../../../static/voice-agent/ui/markup.json' with { type: 'json' };
import { setUpHint } from '../../../static/voice-agent/ui/element/developer-hints.js';
import { LANGUAGES, textsIn } from './page-texts.js';

/** @type {Record<string, any>} */
const MARKUP = markup;
const GATE = new URL('https://gate.example/');

test('the module can be loaded where there is no browser', async () => {
  const { VoiceAgentElement } = await import('../../../static/voice-agent/element.js');
  assert.equal(typeof VoiceAgentElement, 'function');
});

for (const [attribute, module, expected] of [
  ['https://gate.example', 'https://cdn.example/element.js', 'https://gate.example/'],
  [' https://gate.example/voice ', 'https://cdn.example/element.js', 'https://gate.example/voice/'],
  ['/voice', 'https://cdn.example/element.js', 'https://shop.example/voice/'],
  [null, 'https://gate.example/static/voice-agent/element/x.js', 'https://gate.example/'],
  ['', 'https://gate.example/a/static/voice-agent/element-ABCDEFGH.js', 'https://gate.example/a/'],
  [null, 'https://shop.example/assets/bundle.js', 'https://shop.example/'],
]) {
  test(`the gate by attribute ${attribute} and module ${module} is ${expected}`, () => {
    const page = 'https://shop.example/products/1';
    assert.equal(gateUrl(attribute, String(module), page).href, expected);
  });
}

test('what the page sets counts as far as the gate lets it, and its object stays as it was', () => {
  const agent = {
    session: { system_prompt: 'Be kind.', greeting: 'Hi.', output: { voice: 'alba', volume: 1 } },
    editable: ['greeting', 'voice'],
  };
  const before = structuredClone(agent);
  const own = { greeting: '', voice: 'other', system_prompt: 'Be rude.', tools: [] };

  const { session, refused } = sessionFor(agent, own);

  assert.deepEqual(session, { system_prompt: 'Be kind.', output: { voice: 'other', volume: 1 } });
  assert.deepEqual(refused, ['system_prompt', 'tools']);
  assert.deepEqual(agent, before);
});

const AGENTS = {
  default: 'one',
  agents: [
    { name: 'one', title: 'One' },
    { name: 'two', title: 'Two' },
  ],
};

/**
 * @param {import('node:test').TestContext} context
 * @param {(path: string) => Response} answer   throws as a refused request does
 */
function answerWith(context, answer) {
  context.mock.method(globalThis, 'fetch', async (/** @type {URL} */ url) => answer(url.pathname));
}

test('an agent is found by its name, or it is the one that the gate begins with', async (context) => {
  answerWith(context, () => Response.json(AGENTS));
  assert.equal((await loadAgent(GATE, 'two')).title, 'Two');
  assert.equal((await loadAgent(GATE, null)).title, 'One');
  await assert.rejects(loadAgent(GATE, 'three'), {
    code: 'agent-refused',
    message: /it has: one, two/,
  });
});

test('a gate that answers only with its files does not take this page', async (context) => {
  answerWith(context, (path) => {
    if (path.startsWith('/api/')) throw new TypeError('Failed to fetch');
    return new Response();
  });
  await assert.rejects(loadAgent(GATE, null), ({ code, problem }) => {
    assert.deepEqual([code, problem.code], ['token-refused', 'origin_not_allowed']);
    return true;
  });
});

test('a gate that does not answer at all cannot be reached', async (context) => {
  answerWith(context, () => {
    throw new TypeError('Failed to fetch');
  });
  await assert.rejects(loadAgent(GATE, null), { code: 'token-unavailable', problem: null });
});

test("a gate's own refusal is passed on", async (context) => {
  answerWith(context, () => Response.json({ code: 'overloaded' }, { status: 503 }));
  await assert.rejects(loadAgent(GATE, null), ({ code, problem }) => {
    assert.deepEqual([code, problem.code], ['token-unavailable', 'overloaded']);
    return true;
  });
});

test('only what the maker of the page can put right is said to them', () => {
  const where = { gate: 'https://gate.example', origin: 'https://shop.example' };
  /** @param {ConstructorParameters<typeof VoiceAgentError>} error */
  const hint = (...error) => setUpHint(new VoiceAgentError(...error), where);

  const refused = hint('token-refused', { problem: { code: 'origin_not_allowed' } });
  assert.match(String(refused), /VOICEGATE_ALLOWED_ORIGINS=https:\/\/shop\.example$/);
  assert.match(String(hint('insecure-context')), /https/);
  assert.match(String(hint('microphone-blocked-by-policy')), /allow="microphone"/);
  assert.match(String(hint('token-unavailable')), /connect-src/);
  assert.equal(
    hint('agent-refused', { message: 'No such agent.', param: 'agent' }),
    'No such agent.',
  );
  for (const code of /** @type {const} */ (['microphone-denied', 'token-limited', 'offline']))
    assert.equal(hint(code), null);
  assert.equal(hint('token-unavailable', { problem: { code: 'overloaded' } }), null);
  const own = { gate: where.gate, origin: where.gate };
  assert.equal(setUpHint(new VoiceAgentError('token-unavailable'), own), null, 'it sent this page');
});

test('the manifest names what the element has', async () => {
  const file = new URL('../../../static/voice-agent/custom-elements.json', import.meta.url);
  const [{ declarations }] = JSON.parse(readFileSync(file, 'utf8')).modules;
  const { attributes, members, events } = declarations[0];
  const names = (/** @type {{name: string}[]} */ of) => of.map(({ name }) => name).sort();
  const { VoiceAgentElement } = await import('../../../static/voice-agent/element.js');
  assert.deepEqual(names(attributes), VoiceAgentElement.observedAttributes);
  for (const { name, kind, readonly } of members) {
    const own = Object.getOwnPropertyDescriptor(VoiceAgentElement.prototype, name);
    assert.equal(typeof (kind === 'method' ? own?.value : own?.get), 'function', name);
    if (kind === 'field') assert.equal(own?.set === undefined, readonly === true, name);
  }
  const told = [...AGENT_EVENTS, 'settings'].map((type) => `voice-agent-${type}`).sort();
  assert.deepEqual(names(events), told);
});

for (const language of LANGUAGES)
  test(`all that the markup names is there, in ${language}`, () => {
    /** @param {any} piece */
    const check = (piece) => {
      if (Array.isArray(piece) && piece[0] === 'icon') return assert.ok(ICONS[piece[1]], piece[1]);
      if (piece === true) return;
      if (typeof piece === 'object') return Object.values(piece).forEach(check);
      if (piece[0] === '@') assert.ok(MARKUP[piece.slice(1)], piece);
      const path = piece[0] === '$' ? piece.slice(1).split('.') : [];
      const text = path.reduce(
        (/** @type {any} */ all, /** @type {string} */ key) => all?.[key],
        textsIn(language),
      );
      if (path.length > 0) assert.equal(typeof text, 'string', piece);
    };
    check(MARKUP);
  });
