// The stub upstream, a process of its own: pages, token route and WebSocket on one loopback port. It does
// what its parent tells it over the IPC channel, and ends when that channel closes.

import { createServer } from 'node:http';
import { WebSocketServer } from '../dependencies.js';
import { Conversation } from './conversation.js';
import { sendFile } from './files.js';
import { sendReply } from './reply.js';

/**
 * @typedef {object} Delays
 * @property {number} tokenMs of the token route
 * @property {number} upgradeMs of the WebSocket's handshake
 * @property {number} readyMs from the first message to session.ready
 */

/**
 * @typedef {object} Settings
 * @property {Delays} delays
 * @property {import('./reply.js').ReplyOptions | null} greeting said as soon as a session is ready
 * @property {number | null} relayPort what tokens name as the service's port, in place of the stub's own
 */

/** @type {Settings} */
let settings = {
  delays: { tokenMs: 0, upgradeMs: 0, readyMs: 0 },
  greeting: null,
  relayPort: null,
};
/** @type {Conversation[]} */
let conversations = [];
/** @type {number[]} */
let readyMoments = [];
/** @type {number[]} when each token was asked for */
let tokensMs = [];
/** @type {number[]} when each WebSocket was asked for */
let upgradesMs = [];
let replies = 0;
let port = 0;

/** @type {{prefix: string, folder: string}[]} */
const roots = JSON.parse(process.argv[2]);
/** @type {Set<import('node:net').Socket>} */
const connections = new Set();

/** What the element asks of a gate. */
const AGENTS = {
  default: 'assistant',
  agents: [{ name: 'assistant', title: '', session: { system_prompt: 'Be brief.' }, editable: [] }],
};

/** @type {import('node:http').RequestListener} */
const answer = async ({ url = '' }, response) => {
  const { pathname } = new URL(url, 'http://stub');
  response.setHeader('Access-Control-Allow-Origin', '*');
  if (pathname === '/api/agents') return void response.end(JSON.stringify(AGENTS));
  if (pathname !== '/api/voice-token') return sendFile(roots, pathname, response);
  tokensMs.push(Date.now());
  await pause(settings.delays.tokenMs);
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(newToken()));
};

const server = createServer(answer);
/** An origin of its own, for pages that take the client from the other. */
const otherSite = createServer(answer);

const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });

server.on('connection', (socket) => {
  connections.add(socket);
  socket.on('error', () => {});
  socket.on('close', () => connections.delete(socket));
});

server.on('upgrade', async (request, socket, head) => {
  upgradesMs.push(Date.now());
  await pause(settings.delays.upgradeMs);
  webSockets.handleUpgrade(request, socket, head, (webSocket) => {
    const conversation = new Conversation(webSocket, settings.delays.readyMs, ready);
    conversations.push(conversation);
  });
});

function newToken() {
  return {
    token: `token_${tokensMs.length}`,
    ws_url: `ws://127.0.0.1:${settings.relayPort ?? port}/v1/ws`,
    expires_in_seconds: 60,
    max_session_duration_seconds: 3_600,
  };
}

/**
 * @param {number} atMs
 * @param {Conversation} conversation
 */
async function ready(atMs, conversation) {
  readyMoments.push(atMs);
  if (settings.greeting) await say(settings.greeting, conversation);
}

/**
 * @param {import('./reply.js').ReplyOptions} options
 * @param {Conversation} conversation
 */
async function say(options, conversation) {
  replies += 1;
  return sendReply(conversation.socket, `resp_${replies}`, options);
}

/** What the parent may ask for; each answers with plain data. */
const commands = {
  /** @param {Settings} next */
  configure(next) {
    settings = next;
    conversations = [];
    readyMoments = [];
    tokensMs = [];
    upgradesMs = [];
  },
  /** @param {{count: number, limitMs: number}} sought which session since `configure`, and how long to wait */
  async ready({ count, limitMs }) {
    const endMs = Date.now() + limitMs;
    while (readyMoments.length < count && Date.now() < endMs) await pause(5);
    return readyMoments[count - 1] ?? null;
  },
  /** @param {import('./reply.js').ReplyOptions & {isOpen?: boolean}} options isOpen: reply.done is not sent */
  async reply({ isOpen = false, ...options }) {
    const conversation = latest();
    const sent = await say(options, conversation);
    if (!isOpen) {
      conversation.send({ type: 'reply.done', reply_id: sent.id, status: 'completed' });
    }
    return sent;
  },
  /** @param {string} id */
  interrupt(id) {
    const conversation = latest();
    const atMs = Date.now();
    conversation.send({ type: 'input.speech.started' });
    conversation.send({ type: 'reply.done', reply_id: id, status: 'interrupted' });
    return atMs;
  },
  /** Cut every connection by a TCP reset. */
  drop() {
    const atMs = Date.now();
    for (const socket of connections) socket.resetAndDestroy();
    return atMs;
  },
  /** @param {number} forMs nothing listens meanwhile */
  async outage(forMs) {
    server.close();
    const atMs = commands.drop();
    setTimeout(() => server.listen(port, '127.0.0.1'), forMs);
    return atMs;
  },
  log() {
    const sockets = conversations.map((conversation) => conversation.log());
    return { sockets, tokensMs, upgradesMs };
  },
};

/** @typedef {typeof commands} Commands */

function latest() {
  const open = conversations.filter(({ socket }) => socket.readyState === socket.OPEN);
  const conversation = open.at(-1);
  if (!conversation) throw new Error('no WebSocket is open');
  return conversation;
}

/** @param {number} ms */
function pause(ms) {
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : undefined;
}

process.on('message', async (/** @type {any} */ { call, name, argument }) => {
  try {
    const result = await commands[/** @type {keyof Commands} */ (name)](
      /** @type {never} */ (argument),
    );
    process.send?.({ call, result });
  } catch (error) {
    process.send?.({ call, error: String(error) });
  }
});
process.on('disconnect', () => process.exit());

/** @param {import('node:http').Server} one */
const portOf = (one) => /** @type {import('node:net').AddressInfo} */ (one.address()).port;

server.listen(0, '127.0.0.1', () => {
  port = portOf(server);
  otherSite.listen(0, '127.0.0.1', () =>
    process.send?.({ ports: { own: port, other: portOf(otherSite) } }),
  );
});
